package index

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/event"
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
	events := randomEvents(1, 1500, 4)
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
	events := randomEvents(3, 1500, 4)
	x := open(t, t.TempDir(), Options{Files: 2})
	feed(t, x, events...)
	for range 300 {
		text, is := randomQuery(r)
		q, found := parse(t, text), wanted(events, is)
		rows := all(t, x, q, 1+r.IntN(100))
		if got, want := ids(rows), idsOf(found); got != want {
			t.Fatalf("%q found %d rows, want %d", text, len(rows), len(found))
		}
		if n := count(t, x, q); n != int64(len(found)) {
			t.Fatalf("%q counts %d, want %d", text, n, len(found))
		}
	}
}
