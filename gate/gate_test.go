package gate_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/problem"
)

// upstream is an application that answers each request with h.
func upstream(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func stage(phase gate.Phase, run func(context.Context, *gate.Exchange) (gate.Verdict, error)) gate.Stage {
	return gate.Stage{Name: "test.stage", Phase: phase, Run: run}
}

var errNo = problem.New("test.no", "Not this one.", "Try another.")

func refusing(context.Context, *gate.Exchange) (gate.Verdict, error) {
	v := gate.Refuse(http.StatusForbidden, "test.request.refused", errNo)
	v.Rules = []event.Rule{{ID: "7", Message: "seven"}}
	return v, nil
}

func do(t *testing.T, s *gatetest.Started, method, target string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, target, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := s.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func TestAnHonestRequestReachesTheApplicationAndIsRecorded(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-App", "yes")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, "%s %s %s %s from %s", r.Method, r.Host, r.RequestURI, body, r.Header.Get("X-Forwarded-For"))
	})
	s := gatetest.Start(t, up, nil)
	res, text := do(t, s, "POST", "https://notes.test/a/../b%20c?q=1%2f2", strings.NewReader("hello"))
	if res.StatusCode != http.StatusCreated || res.Header.Get("X-App") != "yes" || res.ProtoMajor != 2 {
		t.Fatalf("%s %s %v", res.Proto, res.Status, res.Header)
	}
	if want := "POST notes.test /b%20c?q=1%2f2 hello from 127.0.0.1"; text != want {
		t.Fatalf("upstream saw %q, want %q", text, want)
	}
	e := s.Record.Next(t)
	if e.Verdict != event.Passed || e.Kind != "gate.request.passed" || e.Service != "notes" || e.HTTP.Status != 201 || e.HTTP.Received != 5 || e.HTTP.Sent != int64(len(text)) {
		t.Fatalf("recorded %+v %+v", e, e.HTTP)
	}
	if got := s.Gate.Measures()["notes"].Counts; got != (gate.Counts{Passed: 1}) {
		t.Fatalf("counts %+v", got)
	}
}

func TestStages(t *testing.T) {
	tests := []struct {
		name    string
		stage   gate.Stage
		status  int
		verdict event.Verdict
		kind    string
		reached bool
	}{
		{"a stage that passes", stage(gate.Headed, func(context.Context, *gate.Exchange) (gate.Verdict, error) { return gate.Verdict{}, nil }), 200, event.Passed, "gate.request.passed", true},
		{"a stage that refuses early", stage(gate.Connected, refusing), 403, event.Refused, "test.request.refused", false},
		{"a stage that refuses", stage(gate.Headed, refusing), 403, event.Refused, "test.request.refused", false},
		{"a stage that refuses the body", stage(gate.Bodied, refusing), 403, event.Refused, "test.request.refused", false},
		{"a stage that refuses the answer", stage(gate.Answered, refusing), 403, event.Refused, "test.request.refused", true},
		{"a stage that would refuse", gate.Stage{Name: "test.stage", Phase: gate.Headed, Run: refusing, Observe: func(s string) bool { return s == "notes" }}, 200, event.Observed, "test.request.observed", true},
		{"a stage that errs", stage(gate.Bodied, func(context.Context, *gate.Exchange) (gate.Verdict, error) {
			return gate.Verdict{}, errors.New("secret cause")
		}), 503, event.Errored, "gate.stage.failed", false},
		{"a stage that errs in observe mode", gate.Stage{Name: "test.stage", Phase: gate.Headed, Run: func(context.Context, *gate.Exchange) (gate.Verdict, error) { return gate.Verdict{}, errors.New("x") }, Observe: func(string) bool { return true }}, 503, event.Errored, "gate.stage.failed", false},
		{"a stage that panics", stage(gate.Headed, func(context.Context, *gate.Exchange) (gate.Verdict, error) { panic("secret cause") }), 503, event.Errored, "gate.stage.failed", false},
		{"a stage that panics in observe mode", gate.Stage{Name: "test.stage", Phase: gate.Headed, Run: func(context.Context, *gate.Exchange) (gate.Verdict, error) { panic("x") }, Observe: func(string) bool { return true }}, 503, event.Errored, "gate.stage.failed", false},
		{"a stage that panics on the answer", stage(gate.Answered, func(context.Context, *gate.Exchange) (gate.Verdict, error) { panic("x") }), 503, event.Errored, "gate.stage.failed", true},
		{"a stage that panics after the end", stage(gate.Recorded, func(context.Context, *gate.Exchange) (gate.Verdict, error) { panic("x") }), 200, event.Passed, "gate.request.passed", true},
		{"a stage whose refusal says nothing", stage(gate.Headed, func(context.Context, *gate.Exchange) (gate.Verdict, error) { return gate.Verdict{Status: 403}, nil }), 503, event.Errored, "gate.stage.failed", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			reached := false
			up := upstream(t, func(http.ResponseWriter, *http.Request) { reached = true })
			s := gatetest.Start(t, up, func(o *gate.Options) { o.Stages = []gate.Stage{tt.stage} })
			res, text := do(t, s, "GET", "https://notes.test/", nil)
			e := s.Record.Next(t)
			if res.StatusCode != tt.status || e.Verdict != tt.verdict || e.Kind != tt.kind || e.HTTP.Status != tt.status || reached != tt.reached {
				t.Fatalf("answered %d, recorded %s %s %d, upstream reached: %v", res.StatusCode, e.Verdict, e.Kind, e.HTTP.Status, reached)
			}
			if strings.Contains(text, "secret") {
				t.Fatalf("the answer gives the cause away: %s", text)
			}
			if tt.status >= 400 && (res.Header.Get(gate.EventHeader) != e.UID.String() || !strings.Contains(text, e.UID.String())) {
				t.Fatalf("header names %q, page says %q, event is %s", res.Header.Get(gate.EventHeader), text, e.UID)
			}
			if tt.verdict == event.Refused || tt.verdict == event.Observed {
				if len(e.Rules) != 1 || e.Rules[0].ID != "7" || e.Stage != "test.stage" {
					t.Fatalf("recorded rules %v of stage %q", e.Rules, e.Stage)
				}
			}
			// Nothing else is refused with it.
			if tt.status == 503 {
				s.Gate.Measures()
				if again, _ := do(t, s, "GET", "https://notes.test/", nil); again.StatusCode != tt.status {
					t.Fatalf("the next exchange was answered %d", again.StatusCode)
				}
			}
		})
	}
}

func TestARefusalOutweighsAnObservation(t *testing.T) {
	s := gatetest.Start(t, upstream(t, func(http.ResponseWriter, *http.Request) {}), func(o *gate.Options) {
		watch := gate.Stage{Name: "test.watch", Phase: gate.Headed, Run: refusing, Observe: func(string) bool { return true }}
		o.Stages = []gate.Stage{watch, stage(gate.Bodied, refusing)}
	})
	if res, _ := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusForbidden {
		t.Fatal(res.Status)
	}
	if e := s.Record.Next(t); e.Verdict != event.Refused || e.Stage != "test.stage" || len(e.Rules) != 2 {
		t.Fatalf("%s by %s with %v", e.Verdict, e.Stage, e.Rules)
	}
}

func TestHeads(t *testing.T) {
	const own = 1 // the client adds User-Agent by itself
	many := make([]string, 0, 240)
	for i := range 120 {
		many = append(many, fmt.Sprintf("X-%d", i), "1")
	}
	tests := []struct {
		name, method, target string
		headers              []string
		status               int
	}{
		{"an unknown host", "GET", "https://unknown.test/", nil, 421},
		{"a host that is not the connection's", "GET", "https://notes.test/", []string{"Host", "other.test"}, 421},
		{"a path that leaves the root", "GET", "https://notes.test/%2e%2e/etc/passwd", nil, 400},
		{"an encoded slash", "GET", "https://notes.test/a%2fb", nil, 400},
		{"a space in a query", "GET", "https://notes.test/a?x= y", nil, 400},
		{"TRACE", "TRACE", "https://notes.test/", nil, 405},
		{"TRACE in small letters", "trace", "https://notes.test/", nil, 405},
		{"a method with one small letter", "DELETe", "https://notes.test/", nil, 405},
		{"too many fields", "GET", "https://notes.test/", many, 431},
		{"one field more than there may be", "GET", "https://notes.test/", many[:2*(100-own+1)], 431},
		{"as many fields as there may be", "GET", "https://notes.test/", many[:2*(100-own)], 200},
		{"another method of the application", "PROPFIND", "https://notes.test/", nil, 200},
	}
	s := gatetest.Start(t, upstream(t, func(http.ResponseWriter, *http.Request) {}), func(o *gate.Options) {
		other := *o.Services[0]
		other.Name, other.Hosts = "other", []string{"other.test"}
		o.Services = append(o.Services, &other)
	})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, tt.target, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+1 < len(tt.headers); i += 2 {
				if r.Header.Add(tt.headers[i], tt.headers[i+1]); tt.headers[i] == "Host" {
					r.Host = tt.headers[i+1]
				}
			}
			res, err := s.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			e := s.Record.Next(t)
			if res.StatusCode != tt.status || e.HTTP.Status != tt.status {
				t.Fatalf("answered %d, recorded %d, want %d", res.StatusCode, e.HTTP.Status, tt.status)
			}
		})
	}
}

func TestServicesByHostAndLongestPath(t *testing.T) {
	named := func(name string) string {
		return upstream(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
	}
	s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) {
		o.Services = []*gate.Service{
			{Name: "all", Hosts: []string{"notes.test", "other.test"}, Path: "/", Upstream: gatetest.To(t, named("all"))},
			{Name: "api", Hosts: []string{"notes.test"}, Path: "/api", Upstream: gatetest.To(t, named("api"))},
			{Name: "deep", Hosts: []string{"notes.test"}, Path: "/api/deep/", Upstream: gatetest.To(t, named("deep"))},
		}
	})
	for target, want := range map[string]string{
		"https://notes.test/":           "all",
		"https://notes.test/api":        "api",
		"https://notes.test/api/x":      "api",
		"https://notes.test/apis":       "all",
		"https://notes.test/api/deep/x": "deep",
		"https://other.test/api":        "all",
		"https://notes.test:8443/api":   "api",
	} {
		if _, got := do(t, s, "GET", target, nil); got != want {
			t.Errorf("%s went to %s, want %s", target, got, want)
		}
	}
}

func TestBodies(t *testing.T) {
	inspect := func(limit int64) gate.Stage {
		return stage(gate.Bodied, func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
			seen, whole, err := x.Inspect(limit)
			if err != nil {
				return gate.Refuse(http.StatusBadRequest, "test.body.refused", errNo), nil //nolint:nilerr // the verdict says it
			}
			x.Note("seen", fmt.Sprint(len(seen), whole))
			return gate.Verdict{}, nil
		})
	}
	long := strings.Repeat("abcdefgh", 40_000)
	tests := []struct {
		name, body, seen string
		status           int
	}{
		{"no body", "", "0 true", 200},
		{"shorter than the limit", "hello", "5 true", 200},
		{"exactly the limit", strings.Repeat("x", 1000), "1000 true", 200},
		{"one more than the limit", strings.Repeat("x", 1001), "1000 false", 200},
		{"much longer", long, "1000 false", 200},
		{"longer than the gate takes", long + long, "1000 false", 413},
	}
	for _, tt := range tests {
		for _, sized := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, length known: %v", tt.name, sized), func(t *testing.T) {
				up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
					all, _ := io.ReadAll(r.Body)
					_, _ = w.Write(all)
				})
				s := gatetest.Start(t, up, func(o *gate.Options) {
					o.Limits.Body = 400_000
					o.Stages = []gate.Stage{inspect(1000)}
				})
				var body io.Reader = strings.NewReader(tt.body)
				if !sized {
					body = struct{ io.Reader }{body}
				}
				res, text := do(t, s, "POST", "https://notes.test/", body)
				if res.StatusCode != tt.status {
					t.Fatalf("answered %s", res.Status)
				}
				if tt.status != 200 {
					return
				}
				if text != tt.body {
					t.Fatalf("upstream got %d bytes, want the same %d", len(text), len(tt.body))
				}
				if e := s.Record.Next(t); len(e.Details) != 1 || e.Details[0].Value != tt.seen || e.HTTP.Received != int64(len(tt.body)) {
					t.Fatalf("stage saw %v of %d", e.Details, e.HTTP.Received)
				}
			})
		}
	}
}

func TestUpstreamFaults(t *testing.T) {
	raw := func(answer string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
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
				_, _ = http.ReadRequest(bufio.NewReader(c))
				_, _ = io.WriteString(c, answer)
				_ = c.Close()
			}
		}()
		return "http://" + l.Addr().String()
	}
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	tests := []struct {
		name, upstream string
		status         int
	}{
		{"nobody listens", "http://127.0.0.1:1", 502}, // a free port may be taken by another test meanwhile,
		{"no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n"), 502},
		{"nothing at all", raw(""), 502},
		{"a switch of protocols nobody asked for", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), 502},
		{"no answer in time", upstream(t, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}), 504},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gatetest.Start(t, tt.upstream, func(o *gate.Options) { o.Limits.Answer = 200 * time.Millisecond })
			res, text := do(t, s, "GET", "https://notes.test/", nil)
			e := s.Record.Next(t)
			if res.StatusCode != tt.status || e.Verdict != event.Errored || e.Kind != "gate.upstream.failed" || !strings.Contains(text, e.UID.String()) {
				t.Fatalf("answered %s, recorded %s %s: %s", res.Status, e.Verdict, e.Kind, text)
			}
		})
	}
	t.Run("a body that ends too early", func(t *testing.T) {
		s := gatetest.Start(t, raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), nil)
		res, err := s.Client.Get("https://notes.test/")
		if err == nil {
			_, err = io.ReadAll(res.Body)
			_ = res.Body.Close()
		}
		if err == nil {
			t.Fatal("the client could not tell that the answer is broken")
		}
		if e := s.Record.Next(t); e.Verdict != event.Errored || e.Kind != "gate.upstream.failed" {
			t.Fatalf("recorded %s %s", e.Verdict, e.Kind)
		}
	})
}

func TestAnswersStreamAsTheyCome(t *testing.T) {
	next := make(chan string)
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for piece := range next {
			_, _ = io.WriteString(w, piece)
			w.(http.Flusher).Flush()
		}
	})
	s := gatetest.Start(t, up, nil)
	go func() { next <- "one\n" }()
	res, err := s.Client.Get("https://notes.test/feed")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewReader(res.Body)
	for _, want := range []string{"one\n", "two\n"} {
		if want == "two\n" {
			next <- want
		}
		if got, err := lines.ReadString('\n'); err != nil || got != want {
			t.Fatalf("got %q (%v), want %q while the answer is still open", got, err, want)
		}
	}
	close(next)
}

func TestTrailersPass(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Sum", "42")
		w.Header().Set(http.TrailerPrefix+"X-Late", "43")
	})
	s := gatetest.Start(t, up, nil)
	res, _ := do(t, s, "GET", "https://notes.test/", nil)
	if res.Trailer.Get("X-Sum") != "42" || res.Trailer.Get("X-Late") != "43" {
		t.Fatalf("trailers %v", res.Trailer)
	}
}

func TestErrorPagesSuitTheClient(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) { o.Stages = []gate.Stage{stage(gate.Headed, refusing)} })
	for accept, want := range map[string]string{
		"text/html,application/xhtml+xml": "text/html; charset=utf-8",
		"application/json":                "application/problem+json",
		"*/*":                             "text/plain; charset=utf-8",
	} {
		res, text := do(t, s, "GET", "https://notes.test/", nil, "Accept", accept)
		if res.Header.Get("Content-Type") != want || !strings.Contains(text, errNo.Sentence) || !strings.Contains(text, errNo.Next) || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("Accept %s: %v\n%s", accept, res.Header, text)
		}
	}
	if res, text := do(t, s, "HEAD", "https://notes.test/", nil); res.StatusCode != http.StatusForbidden || text != "" {
		t.Errorf("HEAD: %s %q", res.Status, text)
	}
}

func TestOldTLSIsNotSpoken(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", nil)
	c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "notes.test", MaxVersion: tls.VersionTLS12})
	if err == nil {
		_ = c.Close()
		t.Fatal("TLS 1.2 was accepted")
	}
}

func TestSlowHeadsAndIdleClientsAreLetGo(t *testing.T) {
	for _, tt := range []struct{ name, sent string }{
		{"half a head", "GET / HTTP/1.1\r\nHost: notes.test\r\n"},
		{"half a body that is refused unread", "POST /refused HTTP/1.1\r\nHost: unknown.test\r\nContent-Length: 10\r\n\r\nabc"},
		{"half a body", "POST / HTTP/1.1\r\nHost: notes.test\r\nContent-Length: 10\r\n\r\nabc"},
		{"nothing after the first exchange", "GET / HTTP/1.1\r\nHost: notes.test\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			up := upstream(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
			s := gatetest.Start(t, up, func(o *gate.Options) {
				o.Limits.Header, o.Limits.Read, o.Limits.Idle = 150*time.Millisecond, 150*time.Millisecond, 150*time.Millisecond
			})
			c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "notes.test"})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if _, err := io.WriteString(c, tt.sent); err != nil {
				t.Fatal(err)
			}
			if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the gate still holds the connection")
			}
		})
	}
}

func TestShutdownLetsExchangesEnd(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		close(began)
		<-end
		_, _ = io.WriteString(w, "whole")
	})
	s := gatetest.Start(t, up, nil)
	got := make(chan string, 1)
	go func() {
		res, err := s.Client.Get("https://notes.test/")
		if err != nil {
			got <- err.Error()
			return
		}
		text, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		got <- string(text)
	}()
	<-began
	down := make(chan error, 1)
	go func() { down <- s.Server.Shutdown(context.Background()) }()
	close(end)
	if text := <-got; text != "whole" {
		t.Fatalf("the exchange under way got %q", text)
	}
	if err := <-down; err != nil {
		t.Fatal(err)
	}
}
