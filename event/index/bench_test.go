package index

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// many are events as a busy gate writes them, evenly over the last 24 hours, in order.
func many(n int) []*event.Event {
	r := rand.New(rand.NewPCG(13, 13))
	agents := []string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "curl/8.11.0",
	}
	list := make([]*event.Event, n)
	for i := range list {
		e := randomAt(r, noon.Add(-24*time.Hour+time.Duration(i)*(24*time.Hour/time.Duration(n))).Truncate(time.Microsecond))
		if e.User != nil {
			id := fmt.Sprintf("0198c5a0-7d3b-7e41-9f0a-%012d", r.IntN(2000))
			e.User, e.Subject = &event.User{UID: id, Account: "person" + strconv.Itoa(r.IntN(2000))}, id
		}
		if e.HTTP != nil {
			e.HTTP.UserAgent = pick(r, agents...)
			e.HTTP.Path = "/" + pick(r, "notes", "api/v1/notes", "wiki/page", "static") + "/" + strconv.Itoa(r.IntN(50_000))
			if e.Verdict == event.Refused && r.IntN(10) > 0 { // one in forty is refused
				e.Verdict, e.Kind, e.Stage, e.Severity, e.Rules, e.Details = event.Passed, "gate.request.passed", "", event.Informational, nil, nil
			}
			if r.IntN(100_000) == 0 {
				e.HTTP.Query = "q=needle"
			}
		}
		list[i] = e
	}
	return list
}

// BenchmarkFeed feeds batches; one operation is one event.
func BenchmarkFeed(b *testing.B) {
	for _, size := range []int{500, 4000} { // as a reader of the record gets them, and as a rebuild may
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			x := open(b, b.TempDir(), Options{})
			events := many(max(b.N, 1000))[:b.N]
			b.ResetTimer()
			for batch := range slices.Chunk(events, size) {
				if err := x.Feed(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkMillion asks an index of a million events of 24 hours. TENWARD_INDEX_FOLDER keeps it from run to run.
func BenchmarkMillion(b *testing.B) {
	dir := os.Getenv("TENWARD_INDEX_FOLDER")
	if dir == "" {
		dir = b.TempDir()
	}
	x := open(b, dir, Options{})
	if x.Fresh() {
		for batch := range slices.Chunk(many(1_000_000), 4000) {
			if err := x.Feed(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
	}
	r := rand.New(rand.NewPCG(14, 14))
	someone := func() string { return fmt.Sprintf("person:0198c5a0-7d3b-7e41-9f0a-%012d", r.IntN(2000)) }
	for _, text := range []string{
		"", "verdict:refused", "status:500 service:wiki", "needle", "needle verdict:passed", "safari", "firefox notes", "client:192.0.2.3", "client:192.0.2.0/24",
		"path:/static/4711", "path:/static/471*", "rule:942100", "kind:authentication.login.refused", "service:nobody", "-service:notes -service:wiki",
	} {
		measure(b, "Search/"+text, func() error {
			_, err := x.Search(b.Context(), parse(b, text+" last:24h"), "", 0)
			return err
		})
		measure(b, "Count/"+text, func() error {
			_, err := x.Count(b.Context(), parse(b, text+" last:24h"))
			return err
		})
	}
	measure(b, "Search/person", func() error {
		_, err := x.Search(b.Context(), parse(b, someone()+" last:24h"), "", 0)
		return err
	})
	for _, text := range []string{"", "verdict:refused", "service:notes status:4xx", someone()} {
		q := parse(b, text+" last:24h")
		measure(b, "Facets/"+text, func() error {
			_, err := x.Facets(b.Context(), q, "service", "verdict", "status", "kind", "severity")
			return err
		})
		measure(b, "Facets, rule/"+text, func() error {
			_, err := x.Facets(b.Context(), q, "rule")
			return err
		})
		measure(b, "Histogram/"+text, func() error {
			_, err := x.Histogram(b.Context(), q, 96)
			return err
		})
	}
}

// measure gives the 95th percentile too.
func measure(b *testing.B, name string, ask func() error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		for b.Loop() {
			at := time.Now()
			if err := ask(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(at))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	})
}
