package upstream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if of, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return &authority{of, key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// issue makes a certificate for a name and 127.0.0.1, good for both sides.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	of := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, of, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secured is an application that says which protocol it was asked in, for which name, by whom. Without a configuration its
// certificate is of its own making.
func secured(t *testing.T, name string, conf *tls.Config) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			who = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		_, _ = fmt.Fprintf(w, "%s to %s from %s", r.Proto, r.TLS.ServerName, who)
	}))
	s.TLS, s.EnableHTTP2 = conf, true
	if conf == nil {
		c := newAuthority(t).issue(t, name)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12}
	}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestUpstreamsAreSpokenToInTheirProtocol(t *testing.T) {
	a := newAuthority(t)
	conf := func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.issue(t, "app.test")}, MinVersion: tls.VersionTLS12}
	}
	old := secured(t, "app.test", conf())
	old.TLS.NextProtos = []string{"http/1.1"}
	plain := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, r.Proto) }))
	plain.Config.Protocols = new(http.Protocols)
	plain.Config.Protocols.SetHTTP1(true)
	plain.Config.Protocols.SetUnencryptedHTTP2(true)
	plain.Start()
	t.Cleanup(plain.Close)
	at := plain.Listener.Addr().String()
	trusting := &tls.Config{RootCAs: a.pool(), ServerName: "app.test", MinVersion: tls.VersionTLS12}
	client := trusting.Clone()
	client.Certificates = []tls.Certificate{a.issue(t, "gate")}
	closed := conf()
	closed.ClientCAs, closed.ClientAuth = a.pool(), tls.RequireAndVerifyClientCert
	for _, tt := range []struct {
		name, url string
		tls       *tls.Config
		want      string
	}{
		{"http", "http://" + at, nil, "HTTP/1.1"},
		{"h2c", "h2c://" + at, nil, "HTTP/2.0"},
		{"https", secured(t, "", conf()).URL, trusting, "HTTP/2.0 to app.test from nobody"},
		{"https without HTTP/2", old.URL, trusting, "HTTP/1.1 to app.test from nobody"},
		{"https that asks who we are", secured(t, "", closed).URL, client, "HTTP/2.0 to app.test from gate"},
		{"https that asks who we are, and we do not say", secured(t, "", closed).URL, trusting, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := to(t, newClock(), func(o *Options) { o.Spec.TLS = tt.tls }, tt.url)
			for range 2 {
				if got, err := p.get(t); got != tt.want || (err == nil) != (tt.want != "") {
					t.Errorf("it says %q, want %q: %v", got, tt.want, err)
				}
			}
		})
	}
}

func TestAStrangerGetsNothing(t *testing.T) {
	a := newAuthority(t)
	ours := func(name string) string {
		return secured(t, "", &tls.Config{Certificates: []tls.Certificate{a.issue(t, name)}, MinVersion: tls.VersionTLS12}).URL
	}
	for _, tt := range []struct {
		name, url string
		tls       *tls.Config
	}{
		{"a certificate of its own making", secured(t, "app.test", nil).URL, &tls.Config{RootCAs: a.pool(), ServerName: "app.test", MinVersion: tls.VersionTLS12}},
		{"one of an authority that the system does not know", ours("app.test"), nil},
		{"a good one of somebody else", ours("other.test"), &tls.Config{RootCAs: a.pool(), ServerName: "app.test", MinVersion: tls.VersionTLS12}},
		{"a name where the address is asked for", ours("app.test"), &tls.Config{RootCAs: a.pool(), MinVersion: tls.VersionTLS12}},
		{"a service that trusts nobody", ours("app.test"), &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "app.test", MinVersion: tls.VersionTLS12}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := to(t, newClock(), func(o *Options) { o.Spec.TLS = tt.tls }, tt.url)
			_, err := p.get(t)
			if _, wrong := errors.AsType[*tls.CertificateVerificationError](err); !wrong {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

func TestADeadMachineIsGivenUpAfterTheDialTime(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it takes connections and never shakes hands
	p := to(t, newClock(), func(o *Options) { o.Timeouts.Dial = 100 * time.Millisecond }, "https://"+l.Addr().String(), secured(t, "", nil).URL)
	if _, err := p.get(t); err == nil || p.Retried() != 1 {
		t.Errorf("it ended with %v after %d further tries", err, p.Retried())
	}
}

func TestOnlyHTTPCanUpgrade(t *testing.T) {
	for u, want := range map[string]bool{"http://a": true, "https://a": true, "h2c://a": false} {
		if p := to(t, newClock(), nil, u); p.Upgrades() != want {
			t.Errorf("%s: %v", u, p.Upgrades())
		}
	}
}
