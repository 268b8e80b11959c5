package index

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// noon is now in most tests.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// busy is a minute in which much happens, so that bounds within it matter.
var busy = time.Date(2026, 11, 24, 9, 13, 0, 0, time.UTC)

func open(tb testing.TB, dir string, o Options) *Index {
	tb.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	x, err := Open(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := x.Close(); err != nil {
			tb.Error(err)
		}
	})
	return x
}

func feed(tb testing.TB, x *Index, events ...*event.Event) {
	tb.Helper()
	for batch := range slices.Chunk(events, 500) {
		if err := x.Feed(tb.Context(), batch); err != nil {
			tb.Fatal(err)
		}
	}
}

func parse(tb testing.TB, text string) Query {
	tb.Helper()
	q, err := Parse(text, noon)
	if err != nil {
		tb.Fatalf("parse %q: %v", text, err)
	}
	return q
}

// all follows the pages of a query to the end.
func all(tb testing.TB, x *Index, q Query, limit int) []Row {
	tb.Helper()
	var rows []Row
	for cursor := ""; ; {
		page, err := x.Search(tb.Context(), q, cursor, limit)
		if err != nil {
			tb.Fatalf("search %q: %v", q, err)
		}
		rows = append(rows, page.Rows...)
		if cursor = page.Older; cursor == "" {
			return rows
		}
	}
}

func count(tb testing.TB, x *Index, q Query) int64 {
	tb.Helper()
	n, err := x.Count(tb.Context(), q)
	if err != nil {
		tb.Fatalf("count %q: %v", q, err)
	}
	return n
}

// pick gives one of several.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// random is an event like those that happen, within some days before noon.
func random(r *rand.Rand, days int) *event.Event {
	at := noon.Add(-time.Duration(r.Int64N(int64(days) * int64(24*time.Hour)))).Truncate(time.Microsecond)
	switch r.IntN(8) {
	case 0:
		at = at.Truncate(time.Minute) // on the edge of two counts
	case 1:
		at = busy.Add(time.Duration(r.Int64N(int64(time.Minute)))).Truncate(time.Microsecond)
	}
	return randomAt(r, at)
}

func randomAt(r *rand.Rand, at time.Time) *event.Event {
	e := &event.Event{
		UID: event.NewID(at), Time: at, Class: event.HTTPActivity, Kind: "gate.request.passed", Verdict: event.Passed, Severity: event.Informational,
		Service: pick(r, "notes", "wiki", "notes-2", ""), Node: "a", Seq: uint64(r.IntN(1000) + 1),
		Source: netip.AddrPortFrom(randomAddress(r), 4711),
	}
	if r.IntN(3) > 0 {
		id := fmt.Sprintf("p%d", r.IntN(5))
		e.User, e.Subject = &event.User{UID: id, Name: "Ada Example", Account: "acct" + id, Email: id + "@example.com"}, id
	}
	if r.IntN(5) == 0 {
		e.Class, e.Kind, e.Verdict = event.Authentication, pick(r, "authentication.login.accepted", "authentication.login.refused"), event.None
		e.Message = pick(r, "A person signed in.", "That code was not accepted.")
		return e
	}
	e.HTTP = &event.HTTP{
		Method: pick(r, "GET", "POST", "PUT"), Scheme: "https", Host: pick(r, "notes.test", "wiki.test"),
		Path:  pick(r, "/", "/login", "/api/notes", "/api/notes/7", "/a[b]?c*", "/Grüße", "/api/%2e"),
		Query: pick(r, "", "q=hello", "page=3&sort=up"), UserAgent: pick(r, "Mozilla/5.0 Firefox/133.0", "curl/8.11", ""),
		Status: pick(r, 200, 200, 200, 301, 404, 500), Duration: time.Duration(r.IntN(2000)) * time.Millisecond,
	}
	if r.IntN(8) == 0 {
		e.Details = append(e.Details, event.Detail{Name: event.RunDetail, Value: pick(r, "r1", "r2")})
	}
	if r.IntN(4) == 0 {
		e.Verdict, e.Kind, e.Stage, e.Severity = event.Refused, "validation.request.refused", "validation.request", event.Medium
		e.HTTP.Status = 403
		for range 1 + r.IntN(2) {
			e.Rules = append(e.Rules, event.Rule{ID: pick(r, "942100", "941110", "own-1"), Message: pick(r, "SQL injection", "Script in a value"), Target: "ARGS:q"})
		}
		e.Details = append(e.Details, event.Detail{Name: "score", Value: pick(r, "5", "10")})
	}
	return e
}

func randomAddress(r *rand.Rand) netip.Addr {
	if r.IntN(4) == 0 {
		return netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::%d", r.IntN(2), r.IntN(4)))
	}
	return netip.MustParseAddr(fmt.Sprintf("192.0.%d.%d", 2+r.IntN(2), r.IntN(6)))
}

func randomEvents(seed uint64, n, days int) []*event.Event {
	r := rand.New(rand.NewPCG(seed, 1))
	list := make([]*event.Event, n)
	for i := range list {
		list[i] = random(r, days)
	}
	return list
}

// ids lists the events of rows.
func ids(rows []Row) string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = r.ID.String()
	}
	return strings.Join(list, "\n")
}
