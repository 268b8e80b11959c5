package index

import (
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

func TestPagesLeadToTheirNeighboursInBothDirections(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	feed(t, x, randomEvents(15, 500, 3)...)
	for _, text := range []string{"", "verdict:refused", "api", "person:p1", "rule:942100", "client:192.0.2.0/24", "service:nobody"} {
		q := parse(t, text)
		rows := all(t, x, q, 100)
		var pages [][]Row
		var back string
		for cursor := ""; ; {
			page, err := x.Search(t.Context(), q, cursor, 17)
			if err != nil {
				t.Fatal(err)
			}
			if (page.Newer == "") != (cursor == "") {
				t.Fatalf("%q: page %d has %q before it", text, len(pages), page.Newer)
			}
			pages, back = append(pages, page.Rows), page.Newer
			if cursor = page.Older; cursor == "" {
				break
			}
		}
		if got := ids(slices.Concat(pages...)); got != ids(rows) {
			t.Fatalf("%q: the pages are not the rows", text)
		}
		for i := len(pages) - 2; i >= 0; i-- {
			page, err := x.Search(t.Context(), q, back, 17)
			if err != nil {
				t.Fatal(err)
			}
			if ids(page.Rows) != ids(pages[i]) || page.Older == "" || (page.Newer == "") != (i == 0) {
				t.Fatalf("%q: page %d is another on the way back", text, i)
			}
			back = page.Newer
		}
	}
}

func TestWhatIsRareIsFoundBehindManyMinutes(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var events []*event.Event
	for i := range 3 * maxStretch {
		e := telling(noon.Add(-time.Duration(i)*time.Minute), "", "agent", "192.0.2.1")
		if i%(maxStretch+50) == 0 {
			e.HTTP.Duration = time.Minute
		}
		events = append(events, e)
	}
	feed(t, x, events...)
	q := parse(t, "service:notes latency:>1s")
	rows := all(t, x, q, 1)
	if len(rows) != 3 {
		t.Fatalf("%d rows, want 3", len(rows))
	}
	last := rows[2]
	back, err := x.Search(t.Context(), q, place{true, last.day, last.row}.String(), 100)
	if err != nil || ids(back.Rows) != ids(rows[:2]) {
		t.Errorf("on the way back there are %d, %v", len(back.Rows), err)
	}
}

func TestRowsThatComeInMeanwhileMoveNoPage(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	events := randomEvents(16, 60, 1)
	feed(t, x, events...)
	q := parse(t, "")
	first, err := x.Search(t.Context(), q, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	before, err := x.Search(t.Context(), q, first.Older, 20)
	if err != nil {
		t.Fatal(err)
	}
	late := telling(noon, "p1", "agent", "192.0.2.1")
	feed(t, x, late)
	after, err := x.Search(t.Context(), q, first.Older, 20)
	if err != nil || ids(after.Rows) != ids(before.Rows) {
		t.Errorf("the second page has moved, %v", err)
	}
	up, err := x.Search(t.Context(), q, place{true, first.Rows[0].day, first.Rows[0].row}.String(), 20)
	if err != nil || ids(up.Rows) != late.UID.String() || up.Newer != "" {
		t.Fatalf("what is newer than the first page is %q, %v", ids(up.Rows), err)
	}
	none, err := x.Search(t.Context(), q, place{true, up.Rows[0].day, up.Rows[0].row}.String(), 20)
	if err != nil || len(none.Rows) != 0 {
		t.Fatalf("something is newer than the newest, %v", err)
	}
	back, err := x.Search(t.Context(), q, none.Older, 1)
	if err != nil || ids(back.Rows) != late.UID.String() {
		t.Errorf("from nothing one comes back to %q, %v", ids(back.Rows), err)
	}
}

func TestACursorThatWasNotGivenIsRefused(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	for _, cursor := range []string{"x", "older.2026-11-24.", "older.2026-11-24.-1", "older.2026-11-24.00", "older.2026-13-24.1", "sideways.2026-11-24.1", "older.2026-11-24.1.1", "older.2026-11-24.ffffffffffffffffff", "older.1969-12-31.1"} {
		_, err := x.Search(t.Context(), parse(t, ""), cursor, 0)
		if p := problem.Of(err); err == nil || p.Code != "index.cursor.malformed" {
			t.Errorf("%q: %v", cursor, err)
		}
	}
}
