package gate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
)

// file is a configuration of services alone.
type file struct {
	Services map[string]*gate.ServiceConfig `yaml:"services"`
}

// certified writes ca.pem and key.pem, which fit together, into a folder.
func certified(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"ca.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "text.pem"), []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSaidOfUpstreamsIsOneThingOrAnError(t *testing.T) {
	dir := t.TempDir()
	certified(t, dir)
	for _, tt := range []struct{ name, lines, want string }{
		{"neither", "", "2:3: services.notes.upstream: a service needs its upstream"},
		{"both", "upstream: http://a\nupstreams: [{url: http://b}]", "5:16: services.notes.upstreams: upstream stands here already"},
		{"an empty list", "upstreams: []", "2:3: services.notes.upstream: a service needs its upstream"},
		{"one without an address", "upstreams: [{weight: 2}]", "4:17: services.notes.upstreams[0].url: an upstream needs its address"},
		{"an address that is none", "upstreams: [{url: ftp://a}]", `4:23: services.notes.upstreams[0].url: "ftp://a" begins with neither http:// nor https:// nor h2c://`},
		{"a weight of nothing", "upstreams: [{url: http://a, weight: 0}]", "4:41: services.notes.upstreams[0].weight: must be from 1 to 100"},
		{"the same twice", "upstreams: [{url: http://a}, {url: http://a}]", "4:40: services.notes.upstreams[1].url: http://a stands here twice"},
		{"too many", "upstreams: [" + strings.Repeat("{url: http://a},", 65) + "]", "4:16: services.notes.upstreams: must be no more than 64"},
		{"a balance that is none", "upstream: http://a\nbalance: random", `5:14: services.notes.balance: "random" is none of the words that may stand here`},
		{"a health check without a path", "upstream: http://a\nhealth: {interval: 5s}", "5:5: services.notes.health.path: nobody is asked without a path"},
		{"a path that is none", "upstream: http://a\nhealth: {path: healthz}", `5:20: services.notes.health.path: "healthz" is no path`},
		{"an interval of nothing", "upstream: http://a\nhealth: {path: /, interval: 0s, timeout: 0s}", "5:33: services.notes.health.interval: must be at least 1s"},
		{"a timeout longer than the interval", "upstream: http://a\nhealth: {path: /, interval: 1s}", "5:5: services.notes.health.timeout: must be more than nothing, and no more than the interval"},
		{"no status", "upstream: http://a\nhealth: {path: /, status: []}", "5:31: services.notes.health.status: no answer would be a good one"},
		{"a status that is none", "upstream: http://a\nhealth: {path: /, status: [99]}", "5:31: services.notes.health.status: a status is from 200 to 599"},
		{"no fall", "upstream: http://a\nhealth: {path: /, fall: 0}", "5:29: services.notes.health.fall: must be from 1 to 100"},
		{"no verification", "upstream: https://a\ntls: {insecure: true}", "5:11: services.notes.tls.insecure: there is no such key here"},
		{"TLS for nobody", "upstream: http://a\ntls: {name: a.test}", "5:10: services.notes.tls: no upstream of this service is spoken to over TLS"},
		{"an authority that is not there", "upstream: https://a\ntls: {ca: none.pem}", "5:15: services.notes.tls.ca: the file " + dir + "/none.pem cannot be read: no such file or directory"},
		{"an authority that is none", "upstream: https://a\ntls: {ca: text.pem}", "5:15: services.notes.tls.ca: the file text.pem holds no certificates, or something else too"},
		{"an authority's file with a key", "upstream: https://a\ntls: {ca: key.pem}", "5:15: services.notes.tls.ca: the file key.pem holds no certificates, or something else too"},
		{"a certificate without its key", "upstream: https://a\ntls: {cert: ca.pem}", "5:10: services.notes.tls: a certificate and its key belong together"},
		{"a key that is another's", "upstream: https://a\ntls: {cert: ca.pem, key: \"${file:text.pem}\"}", "5:17: services.notes.tls.cert: certificate and key do not fit together"},
		{"a key written out", "upstream: https://a\ntls: {cert: ca.pem, key: abc}", "5:30: services.notes.tls.key: a secret stands here itself"},
		{"gRPC over HTTP/1.1", "upstream: http://a\ngrpc: true", "4:15: services.notes.upstream: HTTP/1.1 cannot carry gRPC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "services:\n  notes:\n    hosts: [notes.test]\n    " + strings.ReplaceAll(tt.lines, "\n", "\n    ") + "\n"
			_, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte(text), new(file), config.Options{})
			if err == nil || !strings.Contains(err.Error(), "t.yaml:"+tt.want) {
				t.Errorf("it says %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWhatIsSaidOfUpstreamsIsWhatHolds(t *testing.T) {
	dir := t.TempDir()
	certified(t, dir)
	const text = `services:
  notes:
    hosts: [notes.test, www.test]
    upstreams:
      - {url: "https://10.0.0.1:3000/base", weight: 2}
      - {url: "h2c://10.0.0.2:3000"}
    balance: least-connections
    health: {path: /healthz, interval: 5s}
    tls: {ca: ca.pem, name: app.test, cert: ca.pem, key: "${file:key.pem}"}
    grpc: true
  shop: {hosts: [shop.test], upstream: "http://127.0.0.1:3000"}
`
	var c file
	src, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte(text), &c, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	services := gate.Services(c.Services)
	notes, shop := services[0], services[1].Upstream
	up := notes.Upstream
	switch {
	case len(up.Targets) != 2, up.Targets[0].URL.String() != "https://10.0.0.1:3000/base", up.Targets[0].Weight != 2, up.Targets[1].Weight != 1, up.Host != "notes.test", !notes.GRPC:
		t.Errorf("notes is %+v", up)
	case up.Balance != "least-connections", up.Health.Path != "/healthz", up.Health.Interval != 5*time.Second, up.Health.Timeout != 2*time.Second, up.Health.Rise != 2, up.Health.Fall != 3, up.Health.Status[0] != 200:
		t.Errorf("notes is %+v", up)
	case up.TLS == nil, up.TLS.ServerName != "app.test", up.TLS.RootCAs == nil, len(up.TLS.Certificates) != 1, up.TLS.InsecureSkipVerify:
		t.Errorf("its TLS is %+v", up.TLS)
	case len(shop.Targets) != 1, shop.Balance != "round-robin", shop.Health.Path != "", shop.TLS != nil:
		t.Errorf("shop is %+v", shop)
	}
	var shown bytes.Buffer
	if err := config.Show(&shown, src, &c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`key: "${file:key.pem}"`, "ca: ca.pem", "weight: 2", "balance: least-connections"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("what is shown lacks %q:\n%s", want, &shown)
		}
	}
	if _, err := config.Parse(filepath.Join(dir, "shown.yaml"), shown.Bytes(), new(file), config.Options{}); err != nil {
		t.Errorf("what is shown is no configuration: %v", err)
	}
	// Who looks at the file from another machine, without what it names, still can.
	if _, err := config.Parse("elsewhere.yaml", []byte(text), new(file), config.Options{KeepReferences: true}); err != nil {
		t.Error(err)
	}
}
