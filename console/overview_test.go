package console_test

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// counted is a number that leads to events, at a figure or in a square.
var counted = regexp.MustCompile(`<a href="(/events\?[^"]*)"(?:>(\d+)</a></b><span>| aria-label="(\d+) refused, )`)

// Every number of events on the overview is a link to exactly the rows that it counts, whenever it is followed.
func TestNumbersOnTheOverviewAreTheRowsBehindThem(t *testing.T) {
	var events []*event.Event
	for n := range 40 {
		e := exchange(n)
		if n%3 > 0 {
			e = refusal(n)
		}
		switch n % 8 {
		case 5:
			e.Kind, e.Verdict = "validation.request.observed", event.Observed
		case 7:
			e.Kind, e.Verdict = "gate.upstream.failed", event.Errored
		}
		if n%10 == 9 { // Tenward's own
			e.Details = append(e.Details, event.Detail{Name: event.RunDetail, Value: "r"})
		}
		e.Time = noon.Add(-time.Duration(n*n) * 5 * time.Minute) // to five days back
		events = append(events, e)
	}
	s := newSite(t, events...)
	s.enter()
	page := s.get(t, "/overview").body
	links := counted.FindAllStringSubmatch(page, -1)
	s.record.add(late(41)) // it came after the page was made
	squares, refused := 0, 0
	for _, m := range links {
		want, err := strconv.Atoi(m[2] + m[3])
		if err != nil {
			t.Fatal(err)
		}
		if m[3] != "" {
			squares++
			refused += want
		}
		if got := rowsOf(s.get(t, html.UnescapeString(m[1])).body); got != want {
			t.Errorf("%s: %d said, %d rows", html.UnescapeString(m[1]), want, got)
		}
	}
	all := 0
	for _, e := range events {
		if e.Verdict == event.Refused && e.Detail(event.RunDetail) == "" {
			all++
		}
	}
	if len(links)-squares != 4 || squares < 5 || refused != all {
		t.Errorf("%d figures, %d squares that count %d of %d refusals", len(links)-squares, squares, refused, all)
	}
	if strings.Count(page, `class="cell`) != 6*24+noon.Hour() {
		t.Errorf("%d squares: each hour until now has one, and none after it", strings.Count(page, `class="cell`))
	}
}

// late is a refusal of this very moment.
func late(n int) *event.Event {
	e := refusal(n)
	e.Time = noon
	return e
}
