package upstream

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
)

// file is a configuration of what this package reads.
type file struct {
	Upstreams []TargetConfig `yaml:"upstreams"`
	Health    *HealthConfig  `yaml:"health"`
	TLS       *TLSConfig     `yaml:"tls"`
}

// certified is a folder with ca.pem, another authority in more.pem, and cert.pem with its key.pem.
func certified(t *testing.T) (folder string, of *authority) {
	t.Helper()
	folder, of = t.TempDir(), newAuthority(t)
	cert := of.issue(t, "gate")
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	in := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	ca := in("CERTIFICATE", of.cert.Raw)
	for name, text := range map[string]string{
		"ca.pem": "for the applications\n" + ca, "two.pem": ca + in("CERTIFICATE", newAuthority(t).cert.Raw), "cert.pem": in("CERTIFICATE", cert.Certificate[0]), "key.pem": in("PRIVATE KEY", key),
		"both.pem": ca + in("PRIVATE KEY", key), "text.pem": "no certificate", "broken.pem": in("CERTIFICATE", []byte("x")),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder, of
}

func TestWhatCannotHoldIsSaidWithItsPlace(t *testing.T) {
	dir, _ := certified(t)
	for _, tt := range []struct{ name, text, want string }{
		{"one without an address", "upstreams: [{weight: 2}]", "1:13: upstreams[0].url: an upstream needs its address"},
		{"an address that is none", "upstreams: [{url: ftp://a}]", `1:19: upstreams[0].url: "ftp://a" begins with neither http:// nor https:// nor h2c://`},
		{"a weight of nothing", "upstreams: [{url: http://a, weight: 0}]", "1:37: upstreams[0].weight: must be from 1 to 100"},
		{"too much weight", "upstreams: [{url: http://a, weight: 101}]", "1:37: upstreams[0].weight: must be from 1 to 100"},
		{"a weight that is none", "upstreams: [{url: http://a, weight: -x}]", `1:37: upstreams[0].weight: "-x" is no whole number`},
		{"a health check without a path", "health: {interval: 5s, rise: 1}", "1:1: health.path: nobody is asked without a path"},
		{"a path that is none", "health: {path: healthz}", `1:16: health.path: "healthz" is no path`},
		{"a path with a query", "health: {path: /a?b}", `1:16: health.path: "/a?b" is no path`},
		{"an interval of nothing", "health: {path: /, interval: 999ms, timeout: 1ms}", "1:29: health.interval: must be at least 1s"},
		{"a timeout longer than the interval", "health: {path: /, interval: 1s}", "1:1: health.timeout: must be more than nothing, and no more than the interval"},
		{"no timeout", "health: {path: /, timeout: 0s}", "1:28: health.timeout: must be more than nothing, and no more than the interval"},
		{"no status", "health: {path: /, status: []}", "1:27: health.status: no answer would be a good one"},
		{"a status before the answer", "health: {path: /, status: [200, 199]}", "1:27: health.status: a status is from 200 to 599"},
		{"a status beyond all", "health: {path: /, status: [600]}", "1:27: health.status: a status is from 200 to 599"},
		{"no rise", "health: {path: /, rise: 0}", "1:25: health.rise: must be from 1 to 100"},
		{"too much of a fall", "health: {path: /, fall: 101}", "1:25: health.fall: must be from 1 to 100"},
		{"no verification", "tls: {insecure: true}", "1:7: tls.insecure: there is no such key here"},
		{"an authority that is not there", "tls: {ca: none.pem}", "1:11: tls.ca: the file " + dir + "/none.pem cannot be read: no such file or directory"},
		{"an authority that is none", "tls: {ca: text.pem}", "1:11: tls.ca: the file text.pem holds no certificates, or something else too"},
		{"an authority that is broken", "tls: {ca: broken.pem}", "1:11: tls.ca: the file broken.pem holds no certificates, or something else too"},
		{"an authority's file with a key", "tls: {ca: both.pem}", "1:11: tls.ca: the file both.pem holds no certificates, or something else too"},
		{"a certificate without its key", "tls: {cert: cert.pem}", "1:6: tls: a certificate and its key belong together"},
		{"a key without its certificate", "tls: {key: \"${file:key.pem}\"}", "1:6: tls: a certificate and its key belong together"},
		{"a key that is another's", "tls: {cert: ca.pem, key: \"${file:key.pem}\"}", "1:13: tls.cert: certificate and key do not fit together"},
		{"a key written out", "tls: {cert: cert.pem, key: abc}", "1:28: tls.key: a secret stands here itself"},
		{"a name that is none", "tls: {name: \"a b\"}", `1:13: tls.name: "a b" is no host name`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte(tt.text), new(file), config.Options{})
			if err == nil || !strings.Contains(err.Error(), "t.yaml:"+tt.want) || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("it says %v, want %s and no more", err, tt.want)
			}
		})
	}
}

func TestWhatIsSaidHolds(t *testing.T) {
	dir, of := certified(t)
	read := func(text string, o config.Options) file {
		t.Helper()
		var f file
		if _, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte(text), &f, o); err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := read("upstreams: [{url: http://a, weight: 100}, {url: h2c://b/base}]\nhealth: {path: /, interval: 1s, timeout: 1s, status: [200, 599], rise: 100, fall: 1}", config.Options{})
	if f.Upstreams[0].Weight != 100 || f.Upstreams[1].Weight != 1 || f.Upstreams[1].URL.Path != "/base" {
		t.Errorf("upstreams are %+v", f.Upstreams)
	}
	if h := f.Health.Health(); h.Path != "/" || h.Interval != time.Second || h.Timeout != time.Second || len(h.Status) != 2 || h.Rise != 100 || h.Fall != 1 {
		t.Errorf("health is %+v", h)
	}
	if h := read("health: {path: /a}", config.Options{}).Health.Health(); h.Interval != 10*time.Second || h.Timeout != 2*time.Second || h.Status[0] != 200 || h.Rise != 2 || h.Fall != 3 {
		t.Errorf("left to its defaults health is %+v", h)
	}
	const all = "tls: {ca: two.pem, name: app.test, cert: cert.pem, key: \"${file:key.pem}\"}"
	conf := read(all, config.Options{}).TLS.TLS()
	if conf.ServerName != "app.test" || conf.RootCAs == nil || len(conf.Certificates) != 1 || conf.InsecureSkipVerify || conf.MinVersion != tls.VersionTLS12 {
		t.Errorf("TLS is %+v", conf)
	}
	if _, err := of.cert.Verify(x509.VerifyOptions{Roots: conf.RootCAs}); err != nil {
		t.Errorf("the authority is not trusted: %v", err)
	}
	for text, set := range map[string]bool{"tls: {}": false, "tls: {ca: ca.pem}": true, "tls: {name: a.test}": true} {
		if got := read(text, config.Options{}).TLS; got.Set() != set || (got.TLS() != nil) != set {
			t.Errorf("%s is taken for something: %v", text, got.Set())
		}
	}
	if conf := read("tls: {name: a.test}", config.Options{}).TLS.TLS(); conf.RootCAs != nil || conf.Certificates != nil {
		t.Errorf("a name alone makes %+v", conf)
	}
	// Without what the file names, its words can still be looked at; nobody is trusted then.
	f = read(all, config.Options{KeepReferences: true})
	if conf := f.TLS.TLS(); conf.RootCAs == nil || !conf.RootCAs.Equal(x509.NewCertPool()) {
		t.Error("without its file an authority is everybody")
	}
}
