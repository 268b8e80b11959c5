package gate_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// named answers with its name, and what cookies it was shown.
func named(t *testing.T, name string) string {
	t.Helper()
	return upstream(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "of", Value: name})
		_, _ = io.WriteString(w, name+" "+strings.Join(r.Header["Cookie"], "|"))
	})
}

func several(t *testing.T, urls ...string) func(*gate.Options) {
	t.Helper()
	return func(o *gate.Options) {
		up := &o.Services[0].Upstream
		*up = gatetest.To(t, urls...)
		o.StickyKey = make([]byte, 32)
	}
}

func staying(t *testing.T, urls ...string) func(*gate.Options) {
	t.Helper()
	return func(o *gate.Options) {
		several(t, urls...)(o)
		o.Services[0].Upstream.Balance = "sticky"
	}
}

func TestAClientStaysAtItsUpstreamAndNoUpstreamSeesHow(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", staying(t, named(t, "a"), named(t, "b"), named(t, "c")))
	res, first := do(t, s, "GET", "https://notes.test/", nil)
	var own, theirs *http.Cookie
	for _, c := range res.Cookies() {
		if c.Name == "__Host-tenward-upstream-notes" {
			own = c
		} else {
			theirs = c
		}
	}
	if own == nil || theirs == nil || theirs.Name != "of" || len(res.Cookies()) != 2 {
		t.Fatalf("the answer sets %v", res.Header["Set-Cookie"])
	}
	if !own.HttpOnly || !own.Secure || own.SameSite != http.SameSiteLaxMode || own.Path != "/" || own.Domain != "" {
		t.Errorf("the cookie is %s", own)
	}
	for range 6 {
		res, text := do(t, s, "GET", "https://notes.test/", nil, "Cookie", "mine=1; "+own.Name+"="+own.Value)
		if text != first[:1]+" mine=1" || len(res.Cookies()) != 1 {
			t.Fatalf("answered %q and told to keep %v, want %q", text, res.Header["Set-Cookie"], first[:1])
		}
	}
}

func TestNoCookieIsSetWhereNobodyStays(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", several(t, named(t, "a"), named(t, "b")))
	if res, _ := do(t, s, "GET", "https://notes.test/", nil); len(res.Cookies()) != 1 {
		t.Errorf("the answer sets %v", res.Header["Set-Cookie"])
	}
}

func TestOneDeadUpstreamIsNotNoticed(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	s := gatetest.Start(t, "http://unused.test", several(t, gone.URL, named(t, "b")))
	for range 10 {
		if res, text := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusOK || text[:1] != "b" {
			t.Fatalf("answered %s %s", res.Status, text)
		}
		if e := s.Record.Next(t); e.Verdict != event.Passed {
			t.Fatalf("recorded %s", e.Verdict)
		}
	}
	m := s.Gate.Measures()["notes"]
	if up := m.Upstreams; up[0].Condition != "out" || up[0].Failed != 3 || up[1].Condition != "up" || up[1].Sent != 10 || m.Retried != 3 || up[0].InFlight+up[1].InFlight != 0 {
		t.Errorf("measured %+v, sent again %d", up, m.Retried)
	}
}

func TestAnUpstreamThatCannotProveItselfIsNotSpokenTo(t *testing.T) {
	var reached atomic.Bool
	stranger := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(stranger.Close)
	s := gatetest.Start(t, stranger.URL, nil)
	res, text := do(t, s, "GET", "https://notes.test/", nil)
	e := s.Record.Next(t)
	if res.StatusCode != http.StatusBadGateway || reached.Load() || !strings.Contains(text, "prove") || s.Gate.Measures()["notes"].Upstream.Failure != "gate.upstream.untrusted" || e.Verdict != event.Errored {
		t.Errorf("answered %s %s, reached: %v", res.Status, text, reached.Load())
	}
}

func TestOnlyWhoSpeaksHTTP1OrTLSIsAskedToUpgrade(t *testing.T) {
	dial := func(s *gatetest.Started) error {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		c, _, err := websocket.Dial(ctx, "wss://notes.test/", &websocket.DialOptions{HTTPClient: client(t, s, 1)})
		if err != nil {
			return err
		}
		defer c.CloseNow() //nolint:errcheck // it is over
		if err := c.Write(ctx, websocket.MessageText, []byte("a")); err != nil {
			return err
		}
		_, _, err = c.Read(ctx)
		return err
	}
	talk := func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // of origins: the gate is under test, not this
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // it is over
		if kind, text, err := c.Read(r.Context()); err == nil {
			_ = c.Write(r.Context(), kind, text) // the client will say
		}
	}
	for name, use := range spoken(t, talk) {
		s := gatetest.Start(t, "http://unused.test", use)
		if err := dial(s); (err == nil) != (name != "h2c") {
			t.Errorf("over %s: %v", name, err)
		}
	}
}

func TestUpstreamsAreAskedHowTheyAreForAsLongAsTheGateWatches(t *testing.T) {
	asked := make(chan string)
	app := upstream(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.Host + r.URL.Path })
	s := gatetest.Start(t, app, func(o *gate.Options) {
		h := &o.Services[0].Upstream
		h.Host = "notes.test"
		h.Health.Path, h.Health.Interval, h.Health.Timeout, h.Health.Status, h.Health.Rise, h.Health.Fall = "/healthz", time.Second, time.Second, []int{200}, 1, 1
		o.Services = append(o.Services, &gate.Service{Name: "own", Hosts: []string{"own.test"}, Path: "/", Handler: http.NotFoundHandler()})
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Gate.Watch(ctx) }()
	for range 2 {
		if got := <-asked; got != "notes.test/healthz" {
			t.Errorf("asked %s", got)
		}
	}
	stop()
	<-ended
	if s.Record.Len() != 0 {
		t.Error("what the gate asks itself is on the record")
	}
}

func TestTheApplicationsOwnProblemIsNotTheGates(t *testing.T) {
	full := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	s := gatetest.Start(t, "http://unused.test", several(t, upstream(t, full), upstream(t, full)))
	for range 8 {
		if res, _ := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusServiceUnavailable {
			t.Fatalf("answered %s", res.Status)
		}
	}
	if m := s.Gate.Measures()["notes"]; m.Retried != 0 || m.Upstreams[0].Failed+m.Upstreams[1].Failed != 0 || m.Upstreams[0].Sent != 4 {
		t.Errorf("measured %+v", m.Upstreams)
	}
}
