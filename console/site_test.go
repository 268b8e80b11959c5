package console_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// noon is when most tests happen.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// clock stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	c.at = c.at.Add(d)
	c.mu.Unlock()
}

// record is a record in memory, the newest event last.
type record struct {
	mu     sync.Mutex
	events []*event.Event
	reads  int // how often more than one event was read
	index  *index.Index
	broken bool
}

var errBroken = errors.New("the disk is gone: /secret/path")

func (r *record) add(events ...*event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range events {
		e.Node, e.Seq = "a", uint64(len(r.events)+1)
		r.events = append(r.events, e)
	}
	if err := r.index.Feed(context.Background(), events); err != nil {
		panic(err)
	}
}

// newRecord is an empty one.
func newRecord(t *testing.T) *record {
	t.Helper()
	x, err := index.Open(t.TempDir(), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return &record{index: x}
}

func (r *record) Find(_ context.Context, id event.ID) (*event.Event, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.UID == id {
			return e, []byte(`{"metadata":{"uid":"` + id.String() + `"},"src_endpoint":{"ip":"sealed"}}`), nil
		}
	}
	return nil, nil, event.ErrNoEvent
}

func (r *record) Recent(_ context.Context, n int) ([]*event.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken {
		return nil, errBroken
	}
	if n > 1 {
		r.reads++
	}
	newest := slices.Clone(r.events[max(0, len(r.events)-n):])
	slices.Reverse(newest)
	return newest, nil
}

func (r *record) breaks(b bool) {
	r.mu.Lock()
	r.broken = b
	r.mu.Unlock()
}

// site is a console that answers over TLS, and a browser.
type site struct {
	*http.Client
	console *console.Console
	clock   *clock
	record  *record // unless it is a real one
	origin  string
	session *identity.Session // whose the browser's is; nil for a stranger
	role    string            // what they hold
	holds   holds
	views   *saved.Views
	changes *outboxtest.Record // what was done to the views
}

// holds are the live pages that are kept to the session.
type holds struct {
	mu    sync.Mutex
	stops map[int]func()
	next  int
	ended bool
}

func (h *holds) hold(_ *identity.Session, stop func()) (release func(), ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil, false
	}
	if h.stops == nil {
		h.stops = map[int]func(){}
	}
	id := h.next
	h.next++
	h.stops[id] = stop
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.stops, id)
	}, true
}

// end ends the session.
func (h *holds) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for id, stop := range h.stops {
		stop()
		delete(h.stops, id)
	}
}

// ada is somebody who has signed in until half past noon.
func ada() *identity.Session {
	return &identity.Session{ID: "s1", Person: &identity.Person{ID: "p1", Account: "ada", Name: "Ada Lovelace"}, Ends: noon.Add(30 * time.Minute)}
}

// options are those of a console whose visitor the site says.
func (s *site) options() console.Options {
	return console.Options{
		File: "/etc/tenward/tenward.yaml", Settings: setting(), URL: s.origin, Portal: "https://login.localhost:8443", Services: services(), Now: s.clock.now, Log: quiet(),
		Session: func(*http.Request) *identity.Session { return s.session },
		May: func(_ context.Context, _ *identity.Session, role string) (bool, error) {
			return s.role == practice.RoleAdmin || s.role == practice.RoleAuditor && role == practice.RoleReader || s.role == role, nil
		},
		Hold: s.holds.hold, Evidence: &proofs{}, Views: s.views, Loaded: func() *console.Loaded { return nil },
	}
}

// measures are what the gate has measured.
func measures() map[string]gate.Measure {
	return map[string]gate.Measure{
		"": {Counts: gate.Counts{Refused: 2}, Statuses: [6]uint64{0, 0, 0, 0, 2, 0}},
		"notes": {
			Counts:   gate.Counts{Passed: 1284, Refused: 96, Observed: 3, Errored: 1},
			Statuses: [6]uint64{1, 0, 1200, 86, 96, 1},
			Upstream: gate.Upstream{AnsweredAt: noon.Add(-3 * time.Second), Status: 200, FailedAt: noon.Add(-time.Hour), Failure: "gate.upstream.slow"},
		},
	}
}

// setting is a configuration.
func setting() []config.Line {
	return []config.Line{
		{Text: "node: a", Path: "node", Origin: "default"},
		{Text: "services:", Path: "services", Origin: "tenward.yaml:11", Given: true},
		{Text: "  notes:", Path: "services.notes", Origin: "tenward.yaml:12", Given: true},
	}
}

func services() []console.ServiceInfo {
	return []console.ServiceInfo{{Name: "notes", Hosts: []string{"notes.example.com", "www.notes.example.com"}, Path: "/", Upstream: "http://127.0.0.1:8080", Public: []string{"/assets/**"}, Mode: "block", Source: "tenward.yaml:12"}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newSite starts a console. Nobody has signed in.
func newSite(t *testing.T, events ...*event.Event) *site {
	t.Helper()
	r := newRecord(t)
	r.add(events...)
	s := newSiteOn(t, r, r.index)
	s.record = r
	return s
}

// newSiteWith starts a console that can do something.
func newSiteWith(t *testing.T, actions []practice.Action, permissions []practice.Permission) *site {
	t.Helper()
	return startSite(t, newRecord(t), func(o *console.Options) { o.Actions, o.Permissions = actions, permissions })
}

// newSiteOn starts a console that shows this record.
func newSiteOn(t *testing.T, events console.Events, x *index.Index) *site {
	t.Helper()
	return startSite(t, &record{index: x}, func(o *console.Options) { o.Events = events })
}

func startSite(t *testing.T, r *record, with func(*console.Options)) *site {
	t.Helper()
	s := &site{clock: &clock{at: noon}}
	s.openViews(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.console.Handler().ServeHTTP(w, r) }))
	server.EnableHTTP2 = true
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s.origin = "https://console.localhost:" + port
	o := s.options()
	o.Events, o.Index = r, r.index
	with(&o)
	if o.Meter == nil {
		o.Meter = console.NewMeter(measures, o.Now)
	}
	s.console, err = console.New(o)
	if err != nil {
		t.Fatal(err)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(s.console.Close) // before the server, which waits for live pages
	s.Client = browser(t, server)
	return s
}

// openViews makes a database without a view.
func (s *site) openViews(t *testing.T) {
	t.Helper()
	db := storetest.Memory(t)
	s.changes = new(outboxtest.Record)
	box, err := outbox.New(t.Context(), db, s.changes, "a", s.clock.now, quiet())
	if err != nil {
		t.Fatal(err)
	}
	s.views = saved.New(db, box)
}

// browser keeps cookies, follows no redirect and finds the server under every name.
func browser(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS13},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// enter signs an auditor in.
func (s *site) enter() { s.session, s.role = ada(), "auditor" }

// reply is an answer that has been read.
type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) get(t *testing.T, path string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.origin+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, r)
}

// post sends a form as a page of the console does.
func (s *site) post(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "null") // so browsers have it under Referrer-Policy: no-referrer
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(t, r)
}

func (s *site) send(t *testing.T, r *http.Request) reply {
	t.Helper()
	answer, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header, string(body)}
}

// golden compares with a file, or rewrites it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (rewrite it with -update and look at it); got:\n%s", name, got)
	}
}
