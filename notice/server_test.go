package notice_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// certificate makes one that signs itself, for this host, and the file that makes it trusted.
func certificate(t *testing.T, host string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: []string{host}, IPAddresses: []net.IP{net.ParseIP(host)},
	}
	if template.IPAddresses[0] == nil {
		template.IPAddresses = nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// server is a mail server that keeps what it is given.
type server struct {
	address, ca string

	mu      sync.Mutex
	letters []string
	answer  error // what it says to a letter
	took    func()
	user    string // who has signed in
}

type session struct{ of *server }

func (s *server) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) AuthMechanisms() []string             { return []string{sasl.Plain} }
func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.of.mu.Lock()
		defer s.of.mu.Unlock()
		s.of.user = user + ":" + password
		return nil
	}), nil
}

func (s session) Rcpt(string, *smtp.RcptOptions) error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.of.answer
}

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.of.mu.Lock()
	s.of.letters = append(s.of.letters, string(text))
	took := s.of.took
	s.of.mu.Unlock()
	if took != nil {
		took()
	}
	return nil
}

func (s *server) says(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = err
}

func (s *server) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.letters...)
}

// start serves with STARTTLS under a certificate for this host. Without one it offers no TLS at all, as when somebody in
// between has taken the offer out.
func start(t *testing.T, host string, implicit bool) *server {
	t.Helper()
	s := &server{}
	backend := smtp.NewServer(s)
	backend.Domain, backend.AllowInsecureAuth = "127.0.0.1", true
	backend.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	if host != "" {
		var pair tls.Certificate
		pair, s.ca = certificate(t, host)
		conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		if implicit {
			l = tls.NewListener(l, conf)
		} else {
			backend.TLSConfig = conf
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = backend.Serve(l) // until it is closed
	}()
	t.Cleanup(func() {
		if err := backend.Close(); err != nil && !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
		<-done
	})
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
