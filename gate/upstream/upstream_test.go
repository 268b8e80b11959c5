package upstream

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that only a test moves.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.at.Store(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time            { return time.Unix(0, c.at.Load()) }
func (c *clock) forward(d time.Duration)   { c.at.Add(int64(d)) }
func weighted(u string, weight int) Target { return Target{URL: parsed(u), Weight: weight} }

func parsed(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

// to is a pool of the upstreams at these addresses.
func to(t testing.TB, c *clock, change func(*Options), urls ...string) *Pool {
	t.Helper()
	o := Options{
		Service: "notes", Timeouts: Timeouts{Dial: 5 * time.Second, Answer: 5 * time.Second}, Key: make([]byte, 32),
		Log: slog.New(slog.DiscardHandler), Now: c.now,
	}
	for _, u := range urls {
		o.Spec.Targets = append(o.Spec.Targets, weighted(u, 1))
	}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// application answers each request with its name.
func application(t testing.TB, name string) string {
	t.Helper()
	return serving(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
}

func serving(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// scripted does with each connection, once a request's head has come, what answer says.
func scripted(t testing.TB, answer func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// dead is an address that nobody listens at.
func dead(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

func request(ctx context.Context, method string, body io.Reader) *http.Request {
	r, err := http.NewRequestWithContext(ctx, method, "/a", body)
	if err != nil {
		panic(err)
	}
	r.Host = "notes.test"
	return r
}

// ask sends a request as the gate does, and says what came of it.
func (p *Pool) askOnce(ctx context.Context, c *Call, method, body string) (string, error) {
	defer c.End()
	var from io.Reader
	if body != "" {
		from = strings.NewReader(body)
	}
	res, err := p.Send(c, request(ctx, method, from), p.now())
	if err != nil {
		c.Fail(p.now())
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fail(p.now())
	}
	return string(text), err
}

func (p *Pool) get(t testing.TB) (string, error) {
	t.Helper()
	return p.askOnce(t.Context(), new(Call), http.MethodGet, "")
}

func conditions(p *Pool) string {
	var words []string
	for _, s := range p.States() {
		words = append(words, string(s.Condition))
	}
	return strings.Join(words, " ")
}

func TestAPoolThatCannotBeIsNotMade(t *testing.T) {
	many := make([]Target, MaxTargets+1)
	for i := range many {
		many[i] = weighted("http://127.0.0.1:1", 1)
	}
	for _, tt := range []struct {
		name string
		spec Spec
		key  []byte
	}{
		{"nobody", Spec{}, nil},
		{"more than a word of memory has room for", Spec{Targets: many}, nil},
		{"a protocol that nobody speaks", One(parsed("ftp://127.0.0.1:1")), nil},
		{"cookies without a key", Spec{Targets: many[:1], Balance: Sticky}, make([]byte, 31)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if p, err := New(Options{Service: "notes", Spec: tt.spec, Key: tt.key, Now: time.Now}); err == nil {
				t.Errorf("it was made: %v", p.States())
			}
		})
	}
}

func TestARequestIsAimedAtItsUpstream(t *testing.T) {
	for _, tt := range []struct{ upstream, path, raw, want string }{
		{"http://127.0.0.1:3000", "/a b", "", "http://127.0.0.1:3000/a%20b?q"},
		{"http://127.0.0.1:3000/", "/a", "", "http://127.0.0.1:3000/a?q"},
		{"http://127.0.0.1:3000/base/", "/a;b", "/a%3Bb", "http://127.0.0.1:3000/base/a%3Bb?q"},
		{"h2c://127.0.0.1:3000/base", "/", "", "http://127.0.0.1:3000/base/?q"},
		{"https://app.test", "/a", "", "https://app.test/a?q"},
	} {
		u := &url.URL{Path: tt.path, RawPath: tt.raw, RawQuery: "q"}
		newMember(Target{URL: parsed(tt.upstream)}, 1, nil).aim(u)
		if u.String() != tt.want {
			t.Errorf("%s of %s became %s, want %s", tt.path, tt.upstream, u, tt.want)
		}
	}
}
