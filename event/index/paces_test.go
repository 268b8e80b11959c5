package index

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

func TestARouteIsAPathWithoutWhatDiffersFromThingToThing(t *testing.T) {
	for _, tt := range []struct{ name, path, want string }{
		{"the root", "/", "/"},
		{"a page", "/login", "/login"},
		{"a number", "/notes/17", "/notes/{id}"},
		{"a number in the middle", "/notes/17/edit", "/notes/{id}/edit"},
		{"a version is no number", "/api/v1/notes/", "/api/v1/notes/"},
		{"a word with a digit", "/mp3/h264", "/mp3/h264"},
		{"a date", "/log/2026-11-24", "/log/{id}"},
		{"a UUID", "/u/0198C5A0-7d3b-7e41-9f0a-5b1c2d3e4f50", "/u/{id}"},
		{"a short hash", "/commit/3f9a1c02", "/commit/{id}"},
		{"a word of hexadecimal letters", "/facade/deadbeef", "/facade/deadbeef"},
		{"a hash within a file's name", "/assets/app.3f9a1c02.css", "/assets/app.{id}.css"},
		{"a numbered file", "/img/0017.png", "/img/{id}.png"},
		{"a token", "/reset/Zx81kQpv7TnW2uYs", "/reset/{id}"},
		{"a long part", "/" + strings.Repeat("a", 49), "/{id}"},
		{"encoded", "/f/a%2Fb", "/f/{id}"},
		{"deep", "/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/{rest}"},
		{"as deep as may be", "/a/b/c/d/e/f/g/h", "/a/b/c/d/e/f/g/h"},
	} {
		if got := route(tt.path); got != tt.want {
			t.Errorf("%s: the route of %s is %s, want %s", tt.name, tt.path, got, tt.want)
		}
	}
}

// Each route's numbers are those of the rows that its query finds, within whole minutes.
func TestTheNumbersOfARouteAreTheRowsBehindIt(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	events := randomEvents(21, 900, 2)
	for i, e := range events {
		if i%50 == 0 && e.HTTP != nil {
			e.Details = append(e.Details, event.Detail{Name: event.StreamDetail, Value: "yes"})
		}
	}
	feed(t, x, events...)
	feed(t, x, events[:200]...) // what comes again is not counted again
	for _, window := range []struct{ from, to time.Time }{
		{noon.Add(-36 * time.Hour), noon.Add(-3 * time.Hour)}, {busy, busy.Add(time.Minute)}, {busy.Add(10 * time.Second), busy.Add(70 * time.Second)},
	} {
		paces, err := x.Paces(t.Context(), window.from, window.to)
		if err != nil {
			t.Fatal(err)
		}
		from, to := window.from.Truncate(time.Minute), window.to.Truncate(time.Minute)
		within := parse(t, fmt.Sprintf("from:%s to:%s -verdict:refused -run:* route:*", from.Format(time.RFC3339), to.Format(time.RFC3339)))
		var sum int64
		for _, p := range paces {
			q := within
			for _, w := range [...][2]string{{"service", p.Service}, {"method", p.Method}, {"route", p.Route}} {
				if w[1] != "" {
					if q, err = q.With(w[0], w[1]); err != nil {
						t.Fatal(err)
					}
				}
			}
			if p.Service == "" {
				q = parse(t, q.String()+" -service:*")
			}
			failed, err := q.With("status", "5xx")
			if err != nil {
				t.Fatal(err)
			}
			if n, f := count(t, x, q), count(t, x, failed); n != p.Count || f != p.Failed || n == 0 {
				t.Errorf("%s: %d and %d failed, its rows are %d and %d", q, p.Count, p.Failed, n, f)
			}
			checkQuantiles(t, p, all(t, x, q, 100))
			sum += p.Count
		}
		if n := count(t, x, within); n != sum || n == 0 {
			t.Errorf("from %s to %s %d requests have a route, %d are counted", from, to, n, sum)
		}
	}
}

// checkQuantiles holds what is said of a route against its sorted rows.
func checkQuantiles(t *testing.T, p Pace, rows []Row) {
	t.Helper()
	slices.SortFunc(rows, func(a, b Row) int { return int(a.Latency - b.Latency) })
	for _, q := range []float64{0.5, 0.95, 1} {
		exact := rows[int(math.Ceil(q*float64(len(rows))))-1].Latency
		if from := p.Around(q); from > exact {
			t.Errorf("%s %s: the slowest took %s, and it is looked for from %s on", p.Service, p.Route, exact, from)
		}
		if got := p.Quantile(q); got < exact*4/5-time.Millisecond || got > exact*5/4+time.Millisecond {
			t.Errorf("%s %s: the share %v took %s, it is said %s", p.Service, p.Route, q, exact, got)
		}
	}
}

func TestDurationsHaveTheirBuckets(t *testing.T) {
	for b := range int64(paceBuckets) {
		first := paceBound(b).Microseconds()
		if got := paceOf(first); got != b {
			t.Fatalf("%d µs begin bucket %d, and are in %d", first, b, got)
		}
		if b > 0 && paceOf(first-1) != b-1 {
			t.Fatalf("%d µs are not in the bucket before %d", first-1, b)
		}
	}
	if paceOf(-5) != 0 || paceOf(math.MaxInt64) != paceBuckets-1 {
		t.Error("what is out of bounds is in no bucket")
	}
}

func TestADayHasSoManyRoutesAtMost(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	word := func(n int) string { // without a digit, as a stranger's list of paths has them
		return "/" + strings.Map(func(r rune) rune { return r - '0' + 'g' }, fmt.Sprintf("%05d", n))
	}
	var events []*event.Event
	for n := range maxRoutes + 50 {
		at := noon.Add(-time.Hour + time.Duration(n)*time.Millisecond)
		events = append(events, &event.Event{
			UID: event.NewID(at), Time: at, Class: event.HTTPActivity, Kind: "gate.request.passed", Verdict: event.Passed, Service: "notes", Node: "a", Seq: uint64(n + 1),
			HTTP: &event.HTTP{Method: "GET", Path: word(n), Status: 404},
		})
	}
	feed(t, x, events[:1000]...)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, Options{}) // what it knew is read again
	feed(t, x, events[1000:]...)
	again := *events[3]
	again.Time, again.UID = noon.Add(-time.Minute), event.NewID(noon.Add(-time.Minute))
	feed(t, x, &again)
	paces, err := x.Paces(t.Context(), noon.Add(-2*time.Hour), noon)
	if err != nil || len(paces) != maxRoutes {
		t.Errorf("there are %d routes, %v", len(paces), err)
	}
	if n := count(t, x, parse(t, "route:"+word(3))); n != 2 {
		t.Errorf("a route that is known is found %d times", n)
	}
	if n := count(t, x, parse(t, "path:"+word(maxRoutes+20))); n != 1 {
		t.Errorf("what has no route is found by its path %d times", n)
	}
}

func TestWhatIsRolledBackLeavesNoRouteBehind(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	events := randomEvents(22, 60, 1)
	failed := errors.New("the disk is full")
	for _, e := range events {
		f, release, err := x.shelf.take(t.Context(), DayOf(e.Time), true)
		if err != nil {
			t.Fatal(err)
		}
		err = f.tx(t.Context(), func(tx *sql.Tx) error {
			w, err := f.feeding(t.Context(), tx)
			if err == nil {
				err = w.add(t.Context(), e, false)
			}
			return errors.Join(err, failed)
		})
		release()
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
	}
	feed(t, x, events...)
	if n, want := count(t, x, parse(t, "route:/*")), count(t, x, parse(t, "method:*")); n != want || n == 0 {
		t.Errorf("%d of %d requests have a route", n, want)
	}
}
