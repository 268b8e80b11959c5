package gate_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/identity"
)

// echo answers each message with itself, and keeps the last request's head.
func echo(t *testing.T, heads chan<- http.Header) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads <- r.Header.Clone()
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // the gate is under test, not this
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // it is over
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if err := c.Write(r.Context(), kind, message); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// client speaks one version of HTTP to the gate.
func client(t *testing.T, g *gatetest.Started, major int) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(major == 1)
	protocols.SetHTTP2(major == 2)
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: g.Roots, MinVersion: tls.VersionTLS13}, Protocols: protocols,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", g.Addr)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func dial(t *testing.T, g *gatetest.Started) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "wss://notes.test/chat", &websocket.DialOptions{
		HTTPClient: client(t, g, 1), HTTPHeader: http.Header{"X-Forwarded-For": {"203.0.113.9"}, "Cookie": {"__Host-Http-tenward=secret; theirs=1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() }) // most have been closed by the other side
	return c
}

func say(t *testing.T, c *websocket.Conn, message string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
		t.Fatal(err)
	}
	_, got, err := c.Read(ctx)
	if err != nil || string(got) != message {
		t.Fatalf("said %q, heard %q, %v", message, got, err)
	}
}

// over waits until the other side has ended the connection.
func over(t *testing.T, c *websocket.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, _, err := c.Read(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("the connection goes on: %v", err)
	}
}

func TestAWebSocketPassesBothWaysWithItsFieldsCleaned(t *testing.T) {
	heads := make(chan http.Header, 1)
	g := gatetest.Start(t, echo(t, heads), nil)
	c := dial(t, g)
	say(t, c, "hello")
	say(t, c, strings.Repeat("long ", 5000))
	h := <-heads
	if h.Get("X-Forwarded-For") != "127.0.0.1" || h.Get("Cookie") != "theirs=1" {
		t.Errorf("the upstream got %v", h)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	if e := g.Record.Next(t); e.HTTP.Status != http.StatusSwitchingProtocols || e.HTTP.Sent < 25_000 {
		t.Errorf("recorded %+v", e.HTTP)
	}
}

func TestAWebSocketEndsWithItsSession(t *testing.T) {
	stop := make(chan func(), 1)
	g := gatetest.Start(t, echo(t, make(chan http.Header, 1)), func(o *gate.Options) {
		o.Stages = []gate.Stage{inSession}
		o.Hold = func(_ *identity.Session, end func()) (func(), bool) { stop <- end; return func() {}, true }
	})
	c := dial(t, g)
	say(t, c, "hello")
	(<-stop)()
	over(t, c)
}

func TestAStreamEndsWithItsSession(t *testing.T) {
	gone := make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: first\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	t.Cleanup(upstream.Close)
	stop := make(chan func(), 1)
	g := gatetest.Start(t, upstream.URL, func(o *gate.Options) {
		o.Stages = []gate.Stage{inSession}
		o.Hold = func(_ *identity.Session, end func()) (func(), bool) { stop <- end; return func() {}, true }
	})
	for _, major := range []int{1, 2} {
		gone = make(chan struct{})
		res, err := client(t, g, major).Get("https://notes.test/feed")
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, len("data: first\n\n"))
		if _, err := io.ReadFull(res.Body, first); err != nil {
			t.Fatal(err)
		}
		(<-stop)()
		if rest, err := io.ReadAll(res.Body); err == nil || len(rest) > 0 {
			t.Errorf("HTTP/%d: the stream ended as if it were whole: %q, %v", major, rest, err)
		}
		_ = res.Body.Close()
		<-gone
		if e := g.Record.Next(t); e.Detail("broken") != "session" || e.Detail(event.StreamDetail) == "" {
			t.Errorf("HTTP/%d: recorded %+v", major, e.Details)
		}
	}
}

func TestAStreamOfASessionThatHasEndedDoesNotBegin(t *testing.T) {
	g := gatetest.Start(t, echo(t, make(chan http.Header, 1)), func(o *gate.Options) {
		o.Stages = []gate.Stage{inSession}
		o.Hold = func(*identity.Session, func()) (func(), bool) { return nil, false }
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, _, err := websocket.Dial(ctx, "wss://notes.test/chat", &websocket.DialOptions{HTTPClient: client(t, g, 1)}); err == nil {
		t.Error("it began")
	} else if errors.Is(err, context.DeadlineExceeded) {
		t.Error("it hangs")
	}
}

func TestOnlyWebSocketsAreUpgraded(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Asked", r.Header.Get("Upgrade"))
	}))
	t.Cleanup(upstream.Close)
	g := gatetest.Start(t, upstream.URL, nil)
	for _, c := range []struct{ name, method, upgrade, connection string }{
		{"another protocol", "GET", "h2c", "Upgrade, HTTP2-Settings"},
		{"not named in Connection", "GET", "websocket", "keep-alive"},
		{"a POST", "POST", "websocket", "Upgrade"},
	} {
		r, err := http.NewRequest(c.method, "https://notes.test/", strings.NewReader(""))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Upgrade", c.upgrade)
		r.Header.Set("Connection", c.connection)
		res, err := client(t, g, 1).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("Asked") != "" {
			t.Errorf("%s: %d, the upstream was asked to upgrade to %q", c.name, res.StatusCode, res.Header.Get("Asked"))
		}
	}
}

func TestShutdownEndsWebSocketsAndRecordsThem(t *testing.T) {
	g := gatetest.Start(t, echo(t, make(chan http.Header, 1)), nil)
	c := dial(t, g)
	say(t, c, "hello")
	if err := g.Server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	over(t, c)
	if g.Record.Len() != 1 {
		t.Errorf("%d events were recorded by the end of the shutdown, want 1", g.Record.Len())
	}
}

// inSession says that every exchange belongs to a session.
var inSession = gate.Stage{Name: "test.session", Phase: gate.Headed, Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
	x.Session = new(identity.Session)
	return gate.Verdict{}, nil
}}
