package upstream

import (
	"context"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// steps hands out the times that health checks wait for: each goes by when the test says so.
type steps struct {
	waits chan time.Duration
	fires chan time.Time
}

func newSteps() *steps { return &steps{make(chan time.Duration), make(chan time.Time)} }

func (s *steps) after(d time.Duration) <-chan time.Time {
	s.waits <- d
	return s.fires
}

// check lets one check happen, and returns when the next is waited for.
func (s *steps) check() time.Duration {
	s.fires <- time.Time{}
	return <-s.waits
}

func watched(t *testing.T, h Health, u string) (*Pool, *steps, context.CancelFunc) {
	t.Helper()
	s := newSteps()
	p := to(t, newClock(), func(o *Options) { o.Spec.Health, o.Spec.Host, o.After = h, "notes.test", s.after }, u)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Watch(ctx) }()
	<-s.waits
	t.Cleanup(func() { stop(); <-done })
	return p, s, stop
}

func TestAFlappingUpstreamGoesAndComesByItsThresholds(t *testing.T) {
	var status atomic.Int64
	var asked atomic.Pointer[http.Request]
	app := serving(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		w.WriteHeader(int(status.Load()))
	})
	p, s, _ := watched(t, Health{Path: "/healthz", Interval: 10 * time.Second, Timeout: 5 * time.Second, Status: []int{200, 204}, Rise: 2, Fall: 3}, app+"/base")
	if got := conditions(p); got != "unknown" {
		t.Fatalf("before anybody asked it is %s", got)
	}
	for i, step := range []struct {
		status int64
		want   string
	}{
		{200, "up"}, {500, "up"}, {204, "up"}, {500, "up"}, {404, "up"}, {301, "down"}, {200, "down"}, {500, "down"}, {200, "down"}, {200, "up"}, {500, "up"},
	} {
		status.Store(step.status)
		if wait := s.check(); wait < 9500*time.Millisecond || wait > 10500*time.Millisecond {
			t.Errorf("the next question comes in %s, want ten seconds and a little", wait)
		}
		if got := conditions(p); got != step.want {
			t.Fatalf("check %d answered %d: it is %s, want %s", i+1, step.status, got, step.want)
		}
		if reason := p.States()[0].Reason; step.want == "down" && reason == "" {
			t.Errorf("check %d says no reason", i+1)
		}
	}
	if r := asked.Load(); r.URL.Path != "/base/healthz" || r.Host != "notes.test" || r.Method != http.MethodGet || r.UserAgent() != "Tenward health check" {
		t.Errorf("it was asked %s %s of %s by %q", r.Method, r.URL, r.Host, r.UserAgent())
	}
}

func TestWhyACheckFails(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for _, tt := range []struct{ name, upstream, want string }{
		{"nobody listens", dead(t), "dial: connect: connection refused"},
		{"no answer", serving(t, func(http.ResponseWriter, *http.Request) { <-release }), "no answer in time"},
		{"half an answer", scripted(t, says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")), "unexpected EOF"},
		{"another status", serving(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }), "status 503"},
		{"well", application(t, "a"), ""},
		{"a long answer is read in part", serving(t, func(w http.ResponseWriter, _ *http.Request) {
			for range 64 {
				_, _ = w.Write(make([]byte, 64<<10)) // nobody may read it
			}
		}), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := to(t, newClock(), func(o *Options) {
				o.Spec.Health = Health{Path: "/healthz", Timeout: 300 * time.Millisecond, Status: []int{200}}
			}, tt.upstream)
			if got := p.ask(t.Context(), p.members[0]); got != tt.want {
				t.Errorf("it says %q, want %q", got, tt.want)
			}
		})
	}
}

func TestACheckThatAStopBrokeOffSaysNothing(t *testing.T) {
	came, release := make(chan struct{}), make(chan struct{})
	app := serving(t, func(http.ResponseWriter, *http.Request) { close(came); <-release })
	defer close(release)
	p, s, stop := watched(t, Health{Path: "/", Interval: time.Second, Timeout: time.Minute, Status: []int{200}, Rise: 1, Fall: 1}, app)
	go func() { <-came; stop() }()
	s.fires <- time.Time{}
	<-came
	if got := conditions(p); got != "unknown" {
		t.Errorf("it is %s", got)
	}
}

func TestFirstQuestionsAreSpread(t *testing.T) {
	p := to(t, newClock(), nil, "http://a")
	seen := map[string]bool{}
	for range 100 {
		d := p.random(time.Second)
		if d < 0 || d >= time.Second {
			t.Fatalf("%s is outside", d)
		}
		seen[strconv.Itoa(int(d/(100*time.Millisecond)))] = true
	}
	if len(seen) < 5 {
		t.Errorf("a hundred fall into %d tenths only", len(seen))
	}
}

func TestWithoutAPathNobodyAsks(t *testing.T) {
	p := to(t, newClock(), func(o *Options) {
		o.After = func(time.Duration) <-chan time.Time { t.Error("it waits to ask"); return nil }
	}, "http://a")
	p.Watch(t.Context()) // it returns at once
}
