package encryption_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var begin = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// trust is what a client has that trusts this authority.
func trust(s *encryption.Service) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.AuthorityPEM())
	return pool
}

func open(t *testing.T, secrets *store.Secrets, now *time.Time) *encryption.Service {
	t.Helper()
	s, err := encryption.New(t.Context(), secrets, []string{"notes.test", "console.test"}, func() time.Time { return *now })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shake does one handshake on a real connection and gives what the client saw.
func shake(t *testing.T, s *encryption.Service, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", s.TLSConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	c, err := tls.DialWithDialer(new(net.Dialer), "tcp", l.Addr().String(), client)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState(), nil
}

func TestOurHostsAnswerWithTLS13AndAHybridKeyExchange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := begin
		s := open(t, db.Secrets(store.NewMasterKey()), &now)
		clock := func() time.Time { return now }
		for _, host := range []string{"notes.test", "NOTES.test", "console.test"} {
			got, err := shake(t, s, &tls.Config{ServerName: host, RootCAs: trust(s), NextProtos: []string{"h2"}, Time: clock})
			if err != nil {
				t.Fatalf("%s: %v", host, err)
			}
			if got.Version != tls.VersionTLS13 || got.CurveID != tls.X25519MLKEM768 || got.NegotiatedProtocol != "h2" {
				t.Errorf("%s: version %x, curve %s, protocol %q", host, got.Version, got.CurveID, got.NegotiatedProtocol)
			}
			if names := got.PeerCertificates[0].DNSNames; len(names) != 1 {
				t.Errorf("%s: certificate for %v: a shared one lets a client use one connection for two hosts", host, names)
			}
		}
	})
}

func TestWhatGetsNoHandshake(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := begin
		s := open(t, db.Secrets(store.NewMasterKey()), &now)
		trusting := func(c *tls.Config) *tls.Config {
			c.RootCAs, c.Time = trust(s), func() time.Time { return now }
			return c
		}
		for name, client := range map[string]*tls.Config{
			"another host":                trusting(&tls.Config{ServerName: "other.test"}),
			"no host":                     {InsecureSkipVerify: true},
			"TLS 1.2":                     trusting(&tls.Config{ServerName: "notes.test", MaxVersion: tls.VersionTLS12}),
			"a client that trusts others": {ServerName: "notes.test", RootCAs: x509.NewCertPool()},
		} {
			_, err := shake(t, s, client)
			if err == nil {
				t.Errorf("%s: the handshake succeeded", name)
			}
			if strings.HasSuffix(name, "host") && !strings.Contains(err.Error(), "unrecognized name") {
				t.Errorf("%s: the client is told %v", name, err)
			}
		}
	})
}

func TestTheAuthorityStaysAndLeavesAreRenewed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := begin
		secrets := db.Secrets(store.NewMasterKey())
		first := open(t, secrets, &now)
		second := open(t, secrets, &now)
		if !bytes.Equal(first.AuthorityPEM(), second.AuthorityPEM()) || strings.Contains(string(first.AuthorityPEM()), "PRIVATE") {
			t.Fatal("a second start must find the same authority, and its file must not hold the key")
		}
		leaf := func(s *encryption.Service) *x509.Certificate {
			got, err := shake(t, s, &tls.Config{ServerName: "notes.test", RootCAs: trust(first), Time: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			return got.PeerCertificates[0]
		}
		young := leaf(second)
		if now = begin.Add(4 * 24 * time.Hour); leaf(second).SerialNumber.Cmp(young.SerialNumber) != 0 {
			t.Error("renewed long before it was due")
		}
		if now = begin.Add(5 * 24 * time.Hour); leaf(second).SerialNumber.Cmp(young.SerialNumber) == 0 {
			t.Error("not renewed with less than a third of its life left")
		}
	})
}

func TestAnAuthorityThatCannotBeUsedIsSaidSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		now := begin
		secrets := db.Secrets(store.NewMasterKey())
		open(t, secrets, &now)
		good, err := secrets.Get(t.Context(), "encryption.authority")
		if err != nil {
			t.Fatal(err)
		}
		cert, key, _ := bytes.Cut(good, []byte("-----BEGIN PRIVATE KEY-----"))
		for name, tt := range map[string]struct {
			secret []byte
			at     time.Time
		}{
			"empty":        {[]byte("nothing"), begin},
			"no key":       {cert, begin},
			"only a key":   {append([]byte("-----BEGIN PRIVATE KEY-----"), key...), begin},
			"broken key":   {append(cert, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")...), begin},
			"it has ended": {good, begin.Add(11 * 365 * 24 * time.Hour)},
		} {
			if err := secrets.Put(context.Background(), "encryption.authority", tt.secret); err != nil {
				t.Fatal(err)
			}
			_, err := encryption.New(t.Context(), secrets, []string{"notes.test"}, func() time.Time { return tt.at })
			var p *problem.Problem
			if !errors.As(err, &p) || p.Code != "encryption.authority.invalid" || p.Next == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
