package index

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/event"
)

func TestFeedingAgainChangesNothing(t *testing.T) {
	events := randomEvents(7, 400, 2)
	x := open(t, t.TempDir(), Options{})
	feed(t, x, events...)
	feed(t, x, events[100:]...)
	feed(t, x, append(events[:50:50], events[:50]...)...)
	if n := count(t, x, parse(t, "")); n != 400 {
		t.Errorf("400 events count %d", n)
	}
	if rows := all(t, x, parse(t, ""), 7); len(rows) != 400 {
		t.Errorf("400 events are %d rows", len(rows))
	}
}

func TestEventsOfOneMicrosecondAreAllKept(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var events []*event.Event
	for i := range 50 {
		e := telling(noon, "p1", "agent", "192.0.2.1")
		e.UID[13], e.UID[14], e.UID[15] = 0xff, 0xff, 0xfe // the last two numbers of the microsecond, and then its first
		e.UID[9] = byte(i)
		events = append(events, e)
	}
	feed(t, x, events...)
	feed(t, x, events...)
	rows := all(t, x, parse(t, ""), 9)
	seen := map[event.ID]bool{}
	for _, r := range rows {
		seen[r.ID] = true
		if !r.Time.Equal(noon) {
			t.Errorf("a row is at %s, want %s", r.Time, noon)
		}
	}
	if len(rows) != 50 || len(seen) != 50 {
		t.Errorf("50 events are %d rows of %d events", len(rows), len(seen))
	}
}

func TestEventsGoIntoTheFileOfTheirDay(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{Files: 1})
	midnight := noon.Truncate(24 * time.Hour)
	feed(t, x, telling(midnight, "", "a", "192.0.2.1"), telling(midnight.Add(-time.Microsecond), "", "a", "192.0.2.1"), telling(midnight.Add(-100*time.Hour), "", "a", "192.0.2.1"))
	days, err := daysIn(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range days {
		names = append(names, d.String())
		info, err := os.Stat(dayPath(dir, d))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", d, info.Mode(), err)
		}
	}
	if got := strings.Join(names, " "); got != "2026-11-24 2026-11-23 2026-11-19" {
		t.Errorf("the days are %s", got)
	}
}

func TestARowHasWhatAListShows(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	e := telling(noon, "p1", "agent", "::ffff:192.0.2.1")
	e.HTTP = &event.HTTP{Method: "POST", Host: "notes.test", Path: "/login", Query: "q=1", Status: 403, Duration: 1500 * time.Microsecond}
	e.Kind, e.Verdict, e.Severity, e.Stage, e.Message, e.Seq = "validation.request.refused", event.Refused, event.Medium, "validation.request", "It looked like an attack.", 77
	e.Rules = []event.Rule{{ID: "942100"}, {ID: "949110"}}
	feed(t, x, e)
	rows := all(t, x, parse(t, "id:"+e.UID.String()), 1)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	r := rows[0]
	if r.ID != e.UID || !r.Time.Equal(noon) || r.Node != "a" || r.Seq != 77 || r.Class != event.HTTPActivity || r.Severity != event.Medium || r.Kind != e.Kind ||
		r.Verdict != event.Refused || r.Stage != e.Stage || r.Service != "notes" || r.Message != e.Message || r.Method != http.MethodPost || r.Host != "notes.test" ||
		r.Path != "/login" || r.Query != "q=1" || r.Status != 403 || r.Latency != 1500*time.Microsecond || r.Client.String() != "192.0.2.1" || r.Person != "p1" ||
		strings.Join(r.Rules, " ") != "942100 949110" {
		t.Errorf("the row is %+v", r)
	}
}

func TestHostileTextIsTakenAndFound(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	for i, text := range []string{"a\x00b", "\xff\xfe", strings.Repeat("ü", 9000), `") OR (words MATCH "x`, "a'--", strings.Repeat("x ", 4000)} {
		at := noon.Add(-time.Duration(i) * time.Second)
		e := telling(at, "p1", text, "192.0.2.1")
		e.HTTP.Path, e.HTTP.Query, e.HTTP.Method, e.Message, e.Service = text, text, text, text, text
		e.Rules, e.Details = []event.Rule{{ID: text, Message: text}}, []event.Detail{{Name: text, Value: text}}
		feed(t, x, e)
		if rows := all(t, x, parse(t, "id:"+e.UID.String()), 1); len(rows) != 1 {
			t.Errorf("%.20q finds %d rows", text, len(rows))
		}
	}
	if facets, err := x.Facets(t.Context(), parse(t, ""), "service", "rule", "path", "method"); err != nil || len(facets[0].Values) != 6 {
		t.Errorf("%+v, %v", facets, err)
	}
}

func TestATimeThatIsNoneIsRefused(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	for _, at := range []time.Time{time.Unix(-1, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), {}} {
		e := telling(noon, "p1", "agent", "192.0.2.1")
		e.Time = at
		if err := x.Feed(t.Context(), []*event.Event{e}); err == nil {
			t.Errorf("%s was taken", at)
		}
	}
}

func TestOldDaysAreDropped(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	old, kept := telling(noon.Add(-48*time.Hour), "p1", "agent", "192.0.2.1"), telling(noon.Add(-24*time.Hour), "p1", "agent", "192.0.2.1")
	feed(t, x, old, kept)
	if err := os.WriteFile(asidePath(dir, DayOf(old.Time)-1), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Drop(t.Context(), kept.Time); err != nil {
		t.Fatal(err)
	}
	feed(t, x, old)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "2026-11-23.db") {
			t.Errorf("%s is left", e.Name())
		}
	}
	if n := count(t, x, parse(t, "")); n != 1 {
		t.Errorf("%d rows are left, want 1", n)
	}
}

func TestADayIsDroppedWhenNobodyReadsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		x := open(t, dir, Options{})
		feed(t, x, telling(noon, "p1", "agent", "192.0.2.1"))
		f, release, err := x.shelf.take(t.Context(), DayOf(noon), false)
		if err != nil {
			t.Fatal(err)
		}
		dropped := make(chan error, 1)
		go func() { dropped <- x.Drop(context.Background(), noon.Add(24*time.Hour)) }()
		synctest.Wait()
		if id, err := f.nameID(t.Context(), "p1"); err != nil || id == 0 || len(dropped) > 0 {
			t.Errorf("who reads the day is not waited for: %d, %v", id, err)
		}
		release()
		if err := <-dropped; err != nil {
			t.Error(err)
		}
		if days, err := daysIn(dir); err != nil || len(days) > 0 {
			t.Errorf("%v is left, %v", days, err)
		}
	})
}

func TestAClosedIndexSaysSo(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	feed(t, x, telling(noon, "p1", "agent", "192.0.2.1"))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Search(t.Context(), parse(t, ""), "", 0); !errors.Is(err, errClosed) {
		t.Errorf("search: %v", err)
	}
	if err := x.Feed(t.Context(), []*event.Event{telling(noon, "p1", "agent", "192.0.2.1")}); !errors.Is(err, errClosed) {
		t.Errorf("feed: %v", err)
	}
}
