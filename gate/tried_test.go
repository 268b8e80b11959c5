package gate_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// run is a stage that finds every exchange that says so to be of the run "r".
var run = gate.Stage{Name: "test.run", Phase: gate.Connected, Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
	if x.Request.Header.Get("X-Try") != "" {
		x.Run = "r"
	}
	return gate.Verdict{}, nil
}}

// counted is an application that counts who connects.
func counted(t *testing.T) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

func TestWhatIsOfARunNeverReachesTheApplication(t *testing.T) {
	socket := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}
	refuse := gate.Stage{Name: "test.stage", Phase: gate.Bodied, Run: refusing}
	observe := gate.Stage{Name: "test.stage", Phase: gate.Bodied, Run: refusing, Observe: func(string) bool { return true }}
	for _, tt := range []struct {
		name           string
		major          int
		method, target string
		body           string
		headers        []string
		stages         []gate.Stage
		dead           bool
		status         int
		verdict        event.Verdict
		stage, rules   string
	}{
		{name: "passed over HTTP/1.1", major: 1, method: "GET", target: "/", status: 204, verdict: event.Passed},
		{name: "passed over HTTP/2", major: 2, method: "GET", target: "/", status: 204, verdict: event.Passed},
		{name: "passed with a body", major: 1, method: "POST", target: "/", body: "hello", status: 204, verdict: event.Passed},
		{name: "passed with a body over HTTP/2", major: 2, method: "PUT", target: "/", body: strings.Repeat("hello", 50_000), status: 204, verdict: event.Passed},
		{name: "passed with a HEAD", major: 2, method: "HEAD", target: "/", status: 204, verdict: event.Passed},
		{name: "passed as a WebSocket", major: 1, method: "GET", target: "/", headers: socket, status: 204, verdict: event.Passed},
		{name: "passed before an application that is down", major: 2, method: "GET", target: "/", dead: true, status: 204, verdict: event.Passed},
		{name: "passed as a WebSocket before one that is down", major: 1, method: "GET", target: "/", headers: socket, dead: true, status: 204, verdict: event.Passed},
		{name: "observed", major: 2, method: "GET", target: "/", stages: []gate.Stage{observe}, status: 204, verdict: event.Observed, stage: "test.stage", rules: "7"},
		{name: "observed as a WebSocket", major: 1, method: "GET", target: "/", headers: socket, stages: []gate.Stage{observe}, status: 204, verdict: event.Observed, stage: "test.stage", rules: "7"},
		{name: "refused", major: 1, method: "GET", target: "/", stages: []gate.Stage{refuse}, status: 403, verdict: event.Refused, stage: "test.stage", rules: "7"},
		{name: "refused after it was observed", major: 2, method: "GET", target: "/", stages: []gate.Stage{observe, refuse}, status: 403, verdict: event.Refused, stage: "test.stage", rules: "7,7"},
		{name: "refused by the gate itself", major: 1, method: "GET", target: "/%00", status: 400, verdict: event.Refused, stage: "gate"},
		{name: "refused for its method", major: 2, method: "TRACE", target: "/", status: 405, verdict: event.Refused, stage: "gate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url, connections := counted(t)
			if tt.dead {
				url = "http://127.0.0.1:1"
			}
			s := gatetest.Start(t, url, func(o *gate.Options) { o.Stages = append([]gate.Stage{run}, tt.stages...) })
			r, err := http.NewRequestWithContext(t.Context(), tt.method, "https://notes.test"+tt.target, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i+1 < len(tt.headers); i += 2 {
				r.Header.Set(tt.headers[i], tt.headers[i+1])
			}
			r.Header.Set("X-Try", "yes")
			res, err := client(t, s, tt.major).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close() //nolint:errcheck // it was only read
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			e := s.Record.Next(t)
			if res.ProtoMajor != tt.major || res.StatusCode != tt.status || res.StatusCode == http.StatusNoContent && len(body) > 0 {
				t.Errorf("answered %s %d %q", res.Proto, res.StatusCode, body)
			}
			if got := res.Header; got.Get(gate.VerdictHeader) != tt.verdict.String() || got.Get(gate.StageHeader) != tt.stage ||
				got.Get(gate.RulesHeader) != tt.rules || got.Get(gate.EventHeader) != e.UID.String() {
				t.Errorf("the answer says %v of event %s", got, e.UID)
			}
			if e.Verdict != tt.verdict || detail(e, gate.RunDetail) != "r" {
				t.Errorf("recorded %s of run %q", e.Verdict, detail(e, gate.RunDetail))
			}
			if n := connections.Load(); n != 0 {
				t.Errorf("the application saw %d connections", n)
			}
			for name, m := range s.Gate.Measures() {
				if m.Counts != (gate.Counts{}) || m.Took.Count() != 0 {
					t.Errorf("the statistics of %q have it: %+v", name, m.Counts)
				}
			}
		})
	}
}

func TestATriedExchangeDoesNotReachTenwardsOwnPages(t *testing.T) {
	own := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the page was asked for") })
	s := gatetest.Start(t, "http://127.0.0.1:1", func(o *gate.Options) {
		o.Stages = []gate.Stage{run}
		o.Services = []*gate.Service{{Name: "own", Hosts: []string{"notes.test"}, Path: "/", Handler: own}}
	})
	if res, _ := do(t, s, "GET", "https://notes.test/", nil, "X-Try", "yes"); res.StatusCode != http.StatusNoContent {
		t.Errorf("answered %d", res.StatusCode)
	}
}

func TestNobodyElseLearnsTheVerdict(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(gate.VerdictHeader, "passed")
		w.Header().Set(gate.RulesHeader, "1")
	})
	s := gatetest.Start(t, up, func(o *gate.Options) {
		o.Stages = []gate.Stage{run, stage(gate.Bodied, func(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
			if x.Path == "/no" {
				return refusing(ctx, x)
			}
			return gate.Verdict{}, nil
		})}
	})
	for _, path := range []string{"/", "/no"} {
		res, _ := do(t, s, "GET", "https://notes.test"+path, nil)
		for _, name := range []string{gate.VerdictHeader, gate.StageHeader, gate.RulesHeader} {
			if got := res.Header.Get(name); got != "" {
				t.Errorf("%s was answered with %s: %s", path, name, got)
			}
		}
		if e := s.Record.Next(t); detail(e, gate.RunDetail) != "" {
			t.Errorf("%s was recorded as of run %q", path, detail(e, gate.RunDetail))
		}
	}
	if got := s.Gate.Measures()["notes"].Counts; got != (gate.Counts{Passed: 1, Refused: 1}) {
		t.Errorf("counts %+v", got)
	}
}

// detail is the value of an event's detail; empty where it has none.
func detail(e event.Event, name string) string {
	for _, d := range e.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}
