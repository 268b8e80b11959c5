package nginx_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/convert"
	"github.com/tenward/tenward/convert/converttest"
	"github.com/tenward/tenward/convert/nginx"
	"github.com/tenward/tenward/problem"
)

func TestExamplesAreTranslated(t *testing.T) { converttest.Translates(t, "nginx.conf", nginx.Read) }

// The examples are what nginx itself takes: Debian's says so of each.
func TestNginxTakesTheExamples(t *testing.T) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Fatal("apt-get install --no-install-recommends nginx")
	}
	certificate, key := pair(t)
	named := regexp.MustCompile(`certs/\w+\.(?:pem|key)`)
	for _, file := range converttest.Examples(t, "nginx.conf") {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			folder := t.TempDir()
			if err := os.CopyFS(folder, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			for _, d := range []string{"certs", "run"} {
				if err := os.Mkdir(filepath.Join(folder, d), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				text, err := os.ReadFile(path)
				for _, name := range named.FindAllString(string(text), -1) {
					content := certificate
					if strings.HasSuffix(name, ".key") {
						content = key
					}
					if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
						return err
					}
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), program, "-t", "-p", folder+"/", "-c", filepath.Join(folder, "nginx.conf"), "-e", "stderr").CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// pair is a certificate and its key, which nginx wants to see.
func pair(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func TestWhatIsNoConfigurationIsSaidWithItsPlace(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no end of a line", "http {\n  gzip on\n}", "nginx.conf:2: gzip has no ; at its end"},
		{"no end of a block", "http {\n  server {\n  }\n", "nginx.conf:1: the block of http has no end"},
		{"a block that nobody began", "events {}\n}\n", "nginx.conf:2: a } stands here, and no block is open"},
		{"nothing before a mark", "http {\n ;\n}", "nginx.conf:2: a ; stands here without a name before it"},
		{"no end of a quote", "user \"x;\n", "nginx.conf:1: a quote has no end"},
		{"something behind a quote", "user \"x\"y;\n", "nginx.conf:1: something follows a quote without a space"},
		{"no end of a variable", "set $x ${y;\n", "nginx.conf:1: a variable has no end"},
		{"a program", "http {\n server { content_by_lua_block { if x then } } }", "nginx.conf:2: content_by_lua_block holds a program"},
		{"too deep", strings.Repeat("a {", 40), "blocks stand in blocks too deeply"},
		{"a file that includes itself", "include nginx.conf;", "blocks stand in blocks too deeply"},
		{"a zero byte", "user \x00;", "a zero byte stands here"},
		{"a file that is not there", "include nowhere.conf;", "nowhere.conf cannot be read"},
		{"a word without end", "user " + strings.Repeat("x", 10_000) + ";", "a word goes on for too long"},
		{"too many words", strings.Repeat("a b c;", 20_000), "goes on for too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "nginx.conf")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := nginx.Read(file, convert.Disk{})
			if p := problem.Of(err); err == nil || !strings.Contains(p.Sentence, tt.want) || p.Next == "" {
				t.Errorf("it says %v, want %s", err, tt.want)
			}
		})
	}
}
