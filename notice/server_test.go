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
	refuses map[string]error // by what is said to it: MAIL, RCPT, DATA
	took    func()           // called when it has a letter, before it says so
	hangsUp bool             // once it has said so
	user    string           // who has signed in
}

type session struct {
	of   *server
	conn *smtp.Conn
}

func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) { return session{s, c}, nil }

func (session) Logout() error            { return nil }
func (session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Reset ends a letter's transaction.
func (s session) Reset() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if s.of.hangsUp && len(s.of.letters) > 0 {
		_ = s.conn.Conn().Close() // rudely
	}
}

func (s session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.of.mu.Lock()
		defer s.of.mu.Unlock()
		s.of.user = user + ":" + password
		return nil
	}), nil
}

func (s session) Mail(string, *smtp.MailOptions) error { return s.of.answer("MAIL") }
func (s session) Rcpt(string, *smtp.RcptOptions) error { return s.of.answer("RCPT") }

func (s *server) answer(command string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refuses[command]
}

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.of.answer("DATA"); err != nil {
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

// says has one command answered with an error, or all of them well again.
func (s *server) says(command string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses = nil
	if code != 0 {
		s.refuses = map[string]error{command: &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: "not for ada@example.com"}}
	}
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
