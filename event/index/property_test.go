package index

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

// wanted are the events for which all conditions hold, the newest first.
func wanted(events []*event.Event, is func(*event.Event) bool) []*event.Event {
	var list []*event.Event
	for _, e := range events {
		if is(e) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *event.Event) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(tie(b), tie(a)))
	})
	return list
}

func tie(e *event.Event) int { return int(e.UID[13])<<16 | int(e.UID[14])<<8 | int(e.UID[15]) }

func idsOf(events []*event.Event) string {
	list := make([]string, len(events))
	for i, e := range events {
		list[i] = e.UID.String()
	}
	return strings.Join(list, "\n")
}

// randomQuery is a query of up to three words that do not contradict each other in time, and what it means.
func randomQuery(r *rand.Rand) (string, func(*event.Event) bool) {
	var words []string
	var parts []func(*event.Event) bool
	timed := false
	for range r.IntN(4) {
		c := pick(r, conditions...)
		is := c.is
		switch ofTime := strings.HasPrefix(c.word, "last:") || strings.HasPrefix(c.word, "to:") || strings.HasPrefix(c.word, "from:"); {
		case ofTime && timed:
			continue
		case ofTime:
			timed = true
			words = append(words, c.word)
		case r.IntN(4) == 0:
			words = append(words, "-"+c.word)
			is = func(e *event.Event) bool { return !c.is(e) }
		default:
			words = append(words, c.word)
		}
		parts = append(parts, is)
	}
	return strings.Join(words, " "), func(e *event.Event) bool {
		return !slices.ContainsFunc(parts, func(is func(*event.Event) bool) bool { return !is(e) })
	}
}

func TestEachWordFindsWhatItMeans(t *testing.T) {
	events := randomEvents(1, 900, 3)
	x := open(t, t.TempDir(), Options{})
	feed(t, x, events...)
	for _, c := range conditions {
		found := wanted(events, c.is)
		if got, want := ids(all(t, x, parse(t, c.word), 100)), idsOf(found); got != want {
			t.Errorf("%s found %d rows, want %d", c.word, strings.Count(got, "\n"), strings.Count(want, "\n"))
		}
		if n := count(t, x, parse(t, c.word)); n != int64(len(found)) {
			t.Errorf("%s counts %d, want %d", c.word, n, len(found))
		}
	}
}

func TestAnyQueryFindsWhatItMeans(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	events := randomEvents(3, 900, 3)
	x := open(t, t.TempDir(), Options{Files: 3})
	feed(t, x, events...)
	for range 120 {
		text, is := randomQuery(r)
		q, found := parse(t, text), wanted(events, is)
		rows := all(t, x, q, 1+r.IntN(100))
		if got, want := ids(rows), idsOf(found); got != want {
			t.Fatalf("%q found %d rows, want %d", text, len(rows), len(found))
		}
		if n := count(t, x, q); n != int64(len(found)) {
			t.Fatalf("%q counts %d, want %d", text, n, len(found))
		}
		checkHistogram(t, x, q, found, 1+r.IntN(60))
	}
}

// checkHistogram holds each part against the events in it.
func checkHistogram(t *testing.T, x *Index, q Query, found []*event.Event, parts int) {
	t.Helper()
	buckets, err := x.Histogram(t.Context(), q, parts)
	if err != nil {
		t.Fatal(err)
	}
	if len(buckets) > parts {
		t.Fatalf("%q has %d parts, at most %d were wanted", q, len(buckets), parts)
	}
	for i, b := range buckets {
		if i > 0 && !b.From.Equal(buckets[i-1].To) || !b.From.Before(b.To) {
			t.Fatalf("%q: the part from %s to %s does not follow the one before", q, b.From, b.To)
		}
		want := Bucket{From: b.From, To: b.To}
		for _, e := range found {
			if !e.Time.Before(b.From) && e.Time.Before(b.To) {
				want.Count++
				want.Verdicts[e.Verdict]++
			}
		}
		if b != want {
			t.Fatalf("%q has %+v, want %+v", q, b, want)
		}
	}
	from, to, err := x.Window(q)
	if err != nil || len(buckets) == 0 || !buckets[0].From.Equal(from) || !buckets[len(buckets)-1].To.Equal(to) {
		t.Fatalf("%q: the parts do not cover its time: %v", q, err)
	}
}

func TestEachFacetCountsTheRowsBehindIt(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	x := open(t, t.TempDir(), Options{})
	feed(t, x, randomEvents(6, 900, 2)...)
	var names []string
	for _, f := range Fields() {
		if f.Faceted {
			names = append(names, f.Name)
		}
	}
	for range 25 {
		text, _ := randomQuery(r)
		q := parse(t, text)
		facets, err := x.Facets(t.Context(), q, names...)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range facets {
			if f.Field != names[i] {
				t.Fatalf("facet %d is %s, want %s", i, f.Field, names[i])
			}
			for _, v := range f.Values {
				with, err := q.With(f.Field, v.Value)
				if err != nil {
					t.Fatal(err)
				}
				if n := count(t, x, with); n != v.Count || n == 0 {
					t.Errorf("%q: the facet says %d, %q has %d", text, v.Count, with, n)
				}
			}
			if rest := count(t, x, rests(t, q, f)); f.Others == 0 && rest != 0 {
				t.Errorf("%q: %d rows have a value of %s that the facet leaves out", text, rest, f.Field)
			}
		}
	}
}

func TestAFieldOfTooManyValuesIsNotCounted(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	feed(t, x, randomEvents(17, 300, 2)...)
	x.groups = 5
	if _, err := x.Facets(t.Context(), parse(t, ""), "client"); !errors.Is(err, ErrMany) {
		t.Errorf("counted all the same: %v", err)
	}
	if _, err := x.Facets(t.Context(), parse(t, "client:192.0.2.1"), "client"); err != nil {
		t.Error(err)
	}
	if _, err := x.Facets(t.Context(), parse(t, ""), "servic"); problem.Of(err).Code != "index.facets.field" || !strings.Contains(err.Error(), "Did you mean service?") {
		t.Errorf("a field that is none: %v", err)
	}
}

// rests is the query for what has a value of a facet's field that the facet does not name.
func rests(t *testing.T, q Query, f Facet) Query {
	t.Helper()
	words := []string{q.String()}
	if f.Field != "verdict" && f.Field != "severity" && f.Field != "class" {
		words = append(words, f.Field+":*")
	}
	for _, v := range f.Values {
		words = append(words, "-"+f.Field+":"+quote(v.Value))
	}
	return parse(t, strings.Join(words, " "))
}
