package upstream

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// counted is an application that counts what reaches it.
func counted(t *testing.T, h http.HandlerFunc) (u string, n *atomic.Int64) {
	t.Helper()
	n = new(atomic.Int64)
	return serving(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		h(w, r)
	}), n
}

func says(parts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, p := range parts {
			_, _ = io.WriteString(c, p) // who hangs up early is told by what comes back
		}
	}
}

// resets breaks the connection as a crashed machine does.
func resets(said string) func(net.Conn) {
	return func(c net.Conn) {
		says(said)(c)
		_ = c.(*net.TCPConn).SetLinger(0)
	}
}

func TestWhatIsSentAgainAndWhatIsNot(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name         string
		first        func(*testing.T) string
		method, body string
		again        bool
	}{
		{"a GET that finds nobody", func(t *testing.T) string { return dead(t) }, "GET", "", true},
		{"a HEAD", func(t *testing.T) string { return dead(t) }, "HEAD", "", true},
		{"an OPTIONS", func(t *testing.T) string { return dead(t) }, "OPTIONS", "", true},
		{"a PUT without a body", func(t *testing.T) string { return dead(t) }, "PUT", "", true},
		{"a DELETE without a body", func(t *testing.T) string { return dead(t) }, "DELETE", "", true},
		{"a PUT with one", func(t *testing.T) string { return dead(t) }, "PUT", "x", false},
		{"a DELETE with one", func(t *testing.T) string { return dead(t) }, "DELETE", "x", false},
		{"a GET with one", func(t *testing.T) string { return dead(t) }, "GET", "x", false},
		{"a POST", func(t *testing.T) string { return dead(t) }, "POST", "", false},
		{"a PATCH", func(t *testing.T) string { return dead(t) }, "PATCH", "", false},
		{"a connection that ends before an answer", func(t *testing.T) string { return scripted(t, says("")) }, "GET", "", true},
		{"a connection that is reset before an answer", func(t *testing.T) string { return scripted(t, resets("")) }, "GET", "", true},
		{"an answer that ends in its first line", func(t *testing.T) string { return scripted(t, says("HTTP/1.1 2")) }, "GET", "", false},
		{"an answer that is reset in its head", func(t *testing.T) string { return scripted(t, resets(head+"X-A: b")) }, "GET", "", false},
		{"an answer that is none", func(t *testing.T) string { return scripted(t, says("SSH-2.0-x\r\n\r\n")) }, "GET", "", false},
		{"an answer that breaks off in its body", func(t *testing.T) string { return scripted(t, resets(head+"Content-Length: 9\r\n\r\nhalf")) }, "GET", "", false},
		{"a server's own error", func(t *testing.T) string {
			return scripted(t, says("HTTP/1.1 503 No\r\nContent-Length: 2\r\n\r\nno"))
		}, "GET", "", false},
		{"a certificate that nobody trusts", func(t *testing.T) string {
			t.Helper()
			return secured(t, "stranger", nil).URL
		}, "GET", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			second, n := counted(t, func(http.ResponseWriter, *http.Request) {})
			p := to(t, newClock(), nil, second, tt.first(t)) // the first turn is the second's
			_, err := p.askOnce(t.Context(), new(Call), tt.method, tt.body)
			if again := n.Load() == 1; again != tt.again || again != (p.Retried() == 1) {
				t.Errorf("sent again: %v, counted %d; it ended with %v", again, p.Retried(), err)
			}
			if states := p.States(); states[1].Sent != 1 || states[0].InFlight+states[1].InFlight != 0 {
				t.Errorf("counted %+v", states)
			}
		})
	}
}

func TestASlowUpstreamIsNotAskedTwiceNorAnotherInItsPlace(t *testing.T) {
	release := make(chan struct{})
	slow, n := counted(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	other, m := counted(t, func(http.ResponseWriter, *http.Request) {})
	p := to(t, newClock(), func(o *Options) { o.Timeouts.Answer = 100 * time.Millisecond }, other, slow)
	if _, err := p.get(t); err == nil {
		t.Error("somebody answered")
	}
	if n.Load() != 1 || m.Load() != 0 {
		t.Errorf("the slow one was asked %d times, the other %d", n.Load(), m.Load())
	}
}

func TestAClientThatLeavesIsNobodysFault(t *testing.T) {
	came, release := make(chan struct{}), make(chan struct{})
	waits := serving(t, func(http.ResponseWriter, *http.Request) { close(came); <-release })
	defer close(release)
	other, n := counted(t, func(http.ResponseWriter, *http.Request) {})
	p := to(t, newClock(), nil, other, waits)
	ctx, leave := context.WithCancel(t.Context())
	go func() { <-came; leave() }()
	c := new(Call)
	if _, err := p.Send(c, request(ctx, http.MethodGet, nil), p.now()); err == nil {
		t.Error("somebody answered")
	}
	c.End()
	if s := p.States()[1]; n.Load() != 0 || s.Failed != 0 || s.InFlight != 0 {
		t.Errorf("another was asked %d times; %+v", n.Load(), s)
	}
}

func TestNobodyIsAskedMoreThanThreeTimes(t *testing.T) {
	p := to(t, newClock(), nil, dead(t), dead(t), dead(t), dead(t), dead(t))
	if _, err := p.get(t); err == nil {
		t.Error("somebody answered")
	}
	var sent uint64
	for _, s := range p.States() {
		sent += s.Sent
	}
	if sent != 3 || p.Retried() != 2 {
		t.Errorf("%d were asked, %d counted as further ones", sent, p.Retried())
	}
}

func TestOneUpstreamAloneIsAskedOnce(t *testing.T) {
	p := to(t, newClock(), nil, dead(t))
	if _, err := p.get(t); err == nil || p.States()[0].Sent != 1 || p.Retried() != 0 {
		t.Errorf("%v, %+v", err, p.States())
	}
}

// When all upstreams are ill, what comes at them stays within the budget: a storm cannot feed itself.
func TestRetriesKeepToTheirBudget(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, dead(t), dead(t), dead(t))
	ask := func() {
		if _, err := p.get(t); err == nil {
			t.Fatal("somebody answered")
		}
		for _, m := range p.members {
			m.row.Store(0) // else they are out soon, and nobody is left to send again to
		}
	}
	const requests = 500
	for range requests {
		ask()
	}
	if got, want := p.Retried(), uint64(requests/5+10); got > want || got < want-5 {
		t.Errorf("%d of %d were sent again, want %d", got, requests, want)
	}
	c.forward(span)
	for range 20 {
		ask()
	}
	if got, want := p.Retried(), uint64(requests/5+10+14); got > want || got < want-1 {
		t.Errorf("a quiet while later %d, want %d: the floor", got, want)
	}
}

func TestTheBudgetCountsWhatCannotBeRepeatedToo(t *testing.T) {
	p := to(t, newClock(), nil, application(t, "a"), application(t, "b"))
	for range 50 {
		if _, err := p.askOnce(t.Context(), new(Call), http.MethodPost, "x"); err != nil {
			t.Fatal(err)
		}
	}
	spent := 0
	for p.budget.spend() {
		spent++
	}
	if spent != 20 {
		t.Errorf("%d after 50 requests, want 20", spent)
	}
}
