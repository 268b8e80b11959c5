// Package gatetest builds exchanges for the tests of stages, and gates in front of real upstreams for the tests
// of everything else.
package gatetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
)

// Exchange is a request as a stage of phase Headed or Bodied sees it, for the service "notes". Headers are
// name and value in turn.
func Exchange(t testing.TB, method, target string, body io.Reader, headers ...string) *gate.Exchange {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, body)
	r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, ServerName: r.URL.Hostname()}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return &gate.Exchange{
		ID: event.NewID(time.Now()), Begun: time.Now(), Client: netip.MustParseAddrPort("192.0.2.7:4711"),
		Request: r, Host: r.URL.Hostname(), Path: r.URL.Path, Service: &gate.Service{Name: "notes", Path: "/"},
	}
}

// Record keeps what the gate offers.
type Record struct {
	mu     sync.Mutex
	events []event.Event
	came   chan struct{}
}

// NewRecord makes an empty record.
func NewRecord() *Record { return &Record{came: make(chan struct{}, 1<<16)} }

// Offer keeps a copy: the gate uses its memory again.
func (r *Record) Offer(e *event.Event) bool {
	c := *e
	if e.HTTP != nil {
		h := *e.HTTP
		c.HTTP = &h
	}
	c.Rules = append([]event.Rule(nil), e.Rules...)
	c.Details = append([]event.Detail(nil), e.Details...)
	r.mu.Lock()
	r.events = append(r.events, c)
	r.mu.Unlock()
	r.came <- struct{}{}
	return true
}

// Next waits for one more event and gives the newest. An event may come after its answer has arrived.
func (r *Record) Next(t testing.TB) event.Event {
	t.Helper()
	select {
	case <-r.came:
	case <-time.After(30 * time.Second):
		t.Fatal("no event was recorded")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[len(r.events)-1]
}

// Len is how many events came.
func (r *Record) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// Started is a gate that listens on a free port with TLS, in front of one service "notes" at notes.test.
type Started struct {
	Addr   string
	Gate   *gate.Gate
	Record *Record
	Client *http.Client // speaks TLS to it, whatever the host; follows no redirects
	Roots  *x509.CertPool
	Server *gate.Server
}

// To is a service that listens at these URLs.
func To(t testing.TB, urls ...string) upstream.Spec {
	t.Helper()
	var spec upstream.Spec
	for _, u := range urls {
		parsed, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		spec.Targets = append(spec.Targets, upstream.Target{URL: parsed})
	}
	return spec
}

// Start runs a gate until the test ends. change may set options before it is made.
func Start(t testing.TB, application string, change func(*gate.Options)) *Started {
	t.Helper()
	record := NewRecord()
	o := gate.Options{
		Services: []*gate.Service{{Name: "notes", Hosts: []string{"notes.test"}, Path: "/", Upstream: To(t, application)}},
		Limits:   gate.SafeLimits(), Record: record, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	if change != nil {
		change(&o)
	}
	g, err := gate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t)
	s := gate.NewServer(gate.NewFront(g), &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}}, o.Limits, o.Log)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	transport := &http.Transport{
		TLSClientConfig:    &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
		ForceAttemptHTTP2:  true,
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
		},
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return &Started{Addr: l.Addr().String(), Gate: g, Record: record, Roots: roots, Server: s, Client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// certificate signs itself for every host below .test that tests use.
func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"notes.test", "other.test", "unknown.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}
