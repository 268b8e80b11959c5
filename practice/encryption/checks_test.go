package encryption_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// house is a node's data folder and its one listener, each of which a test may spoil.
type house struct {
	*testing.T
	now     time.Time
	service *encryption.Service
	conf    *tls.Config // with which the listener answers
	outside encryption.Outside
}

const host = "notes.test"

// in is a world that begins like this.
func in(arrange func(h *house)) practicetest.World {
	return func(t *testing.T) practice.Practice {
		t.Helper()
		h := &house{T: t, now: begin}
		var err error
		h.service, err = encryption.New(t.Context(), storetest.Memory(t).Secrets(store.NewMasterKey()), []string{host}, func() time.Time { return h.now })
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(t.TempDir(), "data")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		h.conf = h.service.TLSConfig()
		h.outside = encryption.Outside{
			Folder: folder, Authority: filepath.Join(folder, "ca.pem"),
			Resolve: func(context.Context, string) ([]string, error) { return []string{"127.0.0.1", "::1"}, nil },
		}
		h.write("ca.pem", string(h.service.AuthorityPEM()), 0o644)
		arrange(h)
		if h.outside.Listeners == nil {
			h.listen()
		}
		h.service.LookAt(h.outside)
		return h.service.Practice()
	}
}

// write puts a file into the data folder.
func (h *house) write(name, text string, mode os.FileMode) {
	h.Helper()
	file := filepath.Join(h.outside.Folder, name)
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		h.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil {
		h.Fatal(err)
	}
}

// answers has the listener be this one.
func (h *house) answers(l net.Listener, serve func(net.Conn)) {
	h.Helper()
	h.Cleanup(func() { _ = l.Close() })
	h.outside.Listeners = []encryption.Listener{{Name: "gate", Address: l.Addr().String(), Hosts: []string{host}}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close() //nolint:errcheck // its client has what it wanted
				serve(c)
			}()
		}
	}()
}

func (h *house) tcp() net.Listener {
	h.Helper()
	l, err := new(net.ListenConfig).Listen(h.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	return l
}

// listen answers with TLS, as the gate does.
func (h *house) listen() {
	h.Helper()
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	l := h.tcp()
	h.outside.Listeners = []encryption.Listener{{Name: "gate", Address: l.Addr().String(), Hosts: []string{host}}}
	server.TLSConfig = h.conf
	server.ErrorLog = log.New(io.Discard, "", 0) // what clients get wrong is what is tested
	go func() { _ = server.ServeTLS(l, "", "") }()
	h.Cleanup(func() { _ = server.Close() })
}

// spoiled is a world whose listener answers otherwise.
func spoiled(change func(c *tls.Config)) practicetest.World {
	return in(func(h *house) { change(h.conf) })
}

// leads is a world with one application, which is there.
func leads(upstream string, addresses ...string) practicetest.World {
	return in(func(h *house) {
		h.outside.Upstreams = []encryption.Upstream{{Service: "notes", URL: upstream}}
		h.outside.Resolve = func(context.Context, string) ([]string, error) {
			if addresses == nil {
				return nil, errors.New("no such host")
			}
			return addresses, nil
		}
	})
}

// worlds are those of each check.
func worlds() practicetest.Checks {
	sound := in(func(*house) {})
	closed := in(func(h *house) {
		l := h.tcp()
		h.outside.Listeners = []encryption.Listener{{Name: "gate", Address: l.Addr().String(), Hosts: []string{host}}}
		_ = l.Close()
	})
	hangsUp := in(func(h *house) { h.answers(h.tcp(), func(net.Conn) {}) })
	return practicetest.Checks{
		"encryption/old-versions-refused": practicetest.Gives(sound, spoiled(func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }), hangsUp),
		"encryption/hybrid-key-exchange":  practicetest.Gives(sound, spoiled(func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} }), closed),
		"encryption/certificates-verify":  practicetest.Gives(sound, in(func(h *house) { h.now = begin.Add(8 * 24 * time.Hour); stale(h) }), closed),
		"encryption/certificates-last":    practicetest.Gives(sound, in(func(h *house) { stale(h); h.now = begin.Add(6 * 24 * time.Hour) }), closed),
		"encryption/other-names-refused":  practicetest.Gives(sound, in(func(h *house) { stale(h) }), closed),
		"encryption/plain-refused": practicetest.Gives(sound, in(func(h *house) {
			h.answers(h.tcp(), func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") })
		}), closed),
		"encryption/keys-private":      practicetest.Gives(sound, in(func(h *house) { h.write("tenward.db", "sealed", 0o644) }), in(func(h *house) { h.outside.Folder += "/gone" })),
		"encryption/upstreams-private": practicetest.Gives(leads("http://app.test:3000", "127.0.0.1"), leads("http://app.test:3000", "127.0.0.1", "192.0.2.7"), leads("http://app.test:3000")),
	}
}

// stale has the listener show today's certificate for ever, and to everybody.
func stale(h *house) {
	now := h.now
	h.now = begin
	c, err := h.service.TLSConfig().GetCertificate(&tls.ClientHelloInfo{ServerName: host})
	if err != nil {
		h.Fatal(err)
	}
	h.conf.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c, nil }
	h.now = now
}

func TestContract(t *testing.T) {
	practicetest.Run(t, in(func(*house) {})(t), worlds())
}

// ask gives the answers of one check in a world: "status subject".
func ask(t *testing.T, world practicetest.World, check string) []practice.Finding {
	t.Helper()
	for _, c := range world(t).Checks {
		if c.ID == check {
			findings, err := c.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return findings
		}
	}
	t.Fatalf("there is no check %s", check)
	return nil
}

func TestWhatTurnsTheChecksRed(t *testing.T) {
	application := httptest.NewUnstartedServer(http.NotFoundHandler())
	application.Config.ErrorLog = log.New(io.Discard, "", 0) // that its certificate is refused is what is tested
	application.StartTLS()
	t.Cleanup(application.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(application.Certificate())
	for _, tt := range []struct {
		name, check string
		world       practicetest.World
		want        practice.Status
		subject     string
	}{
		{"a listener that answers TLS 1.0 too", "encryption/old-versions-refused", spoiled(func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }), practice.Fail, "gate"},
		{"a listener that takes TLS 1.1 at most", "encryption/old-versions-refused", spoiled(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 }), practice.Fail, "gate"},
		{"a listener with the old key exchanges alone", "encryption/hybrid-key-exchange", spoiled(func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP256} }), practice.Fail, "gate"},
		{"a listener that refuses clients of today", "encryption/hybrid-key-exchange", spoiled(func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.CurveP521} }), practice.Fail, "gate"},
		{"another authority than clients have", "encryption/certificates-verify", in(func(h *house) {
			other, err := encryption.New(h.Context(), storetest.Memory(h).Secrets(store.NewMasterKey()), []string{host}, func() time.Time { return begin })
			if err != nil {
				h.Fatal(err)
			}
			h.write("ca.pem", string(other.AuthorityPEM()), 0o644)
		}), practice.Fail, host},
		{"a file of the authority that is none", "encryption/certificates-verify", in(func(h *house) { h.write("ca.pem", "ca", 0o644) }), practice.Fail, "authority"},
		{"a host that gets no certificate", "encryption/certificates-verify", spoiled(func(c *tls.Config) {
			c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }
		}), practice.Fail, host},
		{"a certificate that has ended", "encryption/certificates-last", in(func(h *house) { stale(h); h.now = begin.Add(7*24*time.Hour + time.Minute) }), practice.Fail, host},
		{"an authority that ends within two months", "encryption/certificates-last", in(func(h *house) { h.now = begin.Add(10*365*24*time.Hour - 30*24*time.Hour) }), practice.Warn, host},
		{"a redirect in the clear", "encryption/plain-refused", in(func(h *house) {
			h.answers(h.tcp(), func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n") })
		}), practice.Fail, "gate"},
		{"a folder that others may enter", "encryption/keys-private", in(func(h *house) {
			if err := os.Chmod(h.outside.Folder, 0o750); err != nil {
				h.Fatal(err)
			}
		}), practice.Fail, "data"},
		{"a key that is not sealed", "encryption/keys-private", in(func(h *house) { h.write("tenward.db", "-----BEGIN EC PRIVATE KEY-----", 0o600) }), practice.Fail, "tenward.db"},
		{"a key across the end of what is read at once", "encryption/keys-private", in(func(h *house) {
			h.write("tenward.db", string(make([]byte, 1<<20-7))+"-----BEGIN PRIVATE KEY-----", 0o600)
		}), practice.Fail, "tenward.db"},
		{"a copy of the master key", "encryption/keys-private", in(func(h *house) { h.write("master.key.bak", "tenward-master-key-v1:AAAA", 0o600) }), practice.Fail, "master.key.bak"},
		{"the master key beside what it protects", "encryption/keys-private", in(func(h *house) {
			h.write("master.key", "tenward-master-key-v1:AAAA", 0o600)
			h.outside.MasterKey = filepath.Join(h.outside.Folder, "master.key")
		}), practice.Warn, "master.key"},
		{"a master key elsewhere that others may read", "encryption/keys-private", in(func(h *house) {
			h.outside.MasterKey = filepath.Join(h.TempDir(), "key")
			if err := os.WriteFile(h.outside.MasterKey, nil, 0o640); err != nil {
				h.Fatal(err)
			}
		}), practice.Fail, "key"},
		{"an application with a certificate of its own making", "encryption/upstreams-private", leads(application.URL), practice.Fail, "notes"},
		{"an application with a good certificate", "encryption/upstreams-private", in(func(h *house) {
			h.outside.Upstreams, h.outside.Trusted = []encryption.Upstream{{Service: "notes", URL: application.URL}}, trusted
		}), practice.Pass, "notes"},
		{"an application with a certificate of the service's own authority", "encryption/upstreams-private", in(func(h *house) {
			h.outside.Upstreams = []encryption.Upstream{{Service: "notes", URL: application.URL, TLS: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}}
		}), practice.Pass, "notes"},
		{"an application that is not who the service says", "encryption/upstreams-private", in(func(h *house) {
			h.outside.Upstreams = []encryption.Upstream{{Service: "notes", URL: application.URL, TLS: &tls.Config{RootCAs: trusted, ServerName: "other.test", MinVersion: tls.VersionTLS12}}}
		}), practice.Fail, "notes"},
		{"HTTP/2 without TLS is in the clear", "encryption/upstreams-private", leads("h2c://app.test:3000", "192.0.2.7"), practice.Fail, "notes"},
		{"an application that is not there", "encryption/upstreams-private", leads("https://127.0.0.1:1"), practice.Unknown, "notes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			findings := ask(t, tt.world, tt.check)
			if len(findings) != 1 || findings[0].Status != tt.want || findings[0].Subject != tt.subject {
				t.Errorf("it answers %+v, want %s about %s", findings, tt.want, tt.subject)
			}
		})
	}
}
