package gate_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// deaf takes events and keeps none.
type deaf struct{}

func (deaf) Offer(*event.Event) bool { return true }

// blank is the client's side of an exchange, without a network.
type blank struct{ header http.Header }

func (b *blank) Header() http.Header       { return b.header }
func (*blank) Write(p []byte) (int, error) { return len(p), nil }
func (*blank) WriteHeader(int)             {}

// bareRoad gives a gate and a request that walks all of it but the upstream: its service is not there.
func bareRoad(tb testing.TB) (*gate.Gate, *http.Request) {
	tb.Helper()
	g, err := gate.New(gate.Options{
		Services: []*gate.Service{{Name: "notes", Hosts: []string{"notes.test"}, Path: "/", Upstream: gatetest.To(tb, "http://unused.test")}},
		Stages:   []gate.Stage{stage(gate.Bodied, refusing)},
		Limits:   gate.SafeLimits(), Record: deaf{}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		tb.Fatal(err)
	}
	r := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "https://notes.test/search?q=milk", strings.NewReader(""))
	r.Header = http.Header{"Accept": {"*/*"}, "User-Agent": {"test"}, "Cookie": {"a=1"}}
	r.Body = http.NoBody
	return g, r
}

// The road inside the gate, from the head to the record, makes no more garbage than this for a request that a stage
// refuses; an answer's own text and the fields it carries are most of it.
func TestTheRoadAllocatesLittle(t *testing.T) {
	g, r := bareRoad(t)
	if n := testing.AllocsPerRun(1000, func() { g.ServeHTTP(&blank{http.Header{}}, r) }); n > allocations {
		t.Errorf("%v allocations for one exchange, want no more than %d", n, allocations)
	}
}

const allocations = 24

func BenchmarkRoad(b *testing.B) {
	g, r := bareRoad(b)
	b.ReportAllocs()
	for b.Loop() {
		g.ServeHTTP(&blank{http.Header{}}, r)
	}
}

// What a small answer costs from one end to the other, application and client included.
func BenchmarkProxied(b *testing.B) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a") }))
	b.Cleanup(app.Close)
	s := gatetest.Start(b, app.URL, nil)
	b.ReportAllocs()
	for b.Loop() {
		res, err := s.Client.Get("https://notes.test/")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}
