package console_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/practice"
)

func TestADownloadHasExactlyTheRowsThatAreFound(t *testing.T) {
	s := newSite(t)
	for n := range 250 {
		if e := exchange(n); n%2 == 0 {
			s.record.add(e)
		} else {
			e = refusal(n)
			s.record.add(e)
		}
	}
	s.enter()
	a := s.get(t, "/events.csv?q=verdict:refused")
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 1+125 || a.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; ") {
		t.Fatalf("%d rows as %v: %v", len(rows), a.header, err)
	}
	if rows[0][0] != "time" || rows[1][1] != "refused" || rows[1][12] != idOf(249).String() || rows[125][12] != idOf(1).String() {
		t.Errorf("the first rows are %v, %v", rows[0], rows[1])
	}
	lines := strings.Split(strings.TrimSpace(s.get(t, "/events.jsonl?q=verdict:passed").body), "\n")
	var one struct{ ID, Verdict string }
	if err := json.Unmarshal([]byte(lines[0]), &one); err != nil || len(lines) != 125 || one.Verdict != "passed" || one.ID != idOf(248).String() {
		t.Errorf("%d lines, the first is %s: %v", len(lines), lines[0], err)
	}
	if got := s.get(t, "/events.csv?q=service:none").body; strings.Count(got, "\n") != 1 {
		t.Errorf("of nothing it says %q", got)
	}
	if a := s.get(t, "/events.csv?q=nothing:x"); a.status != http.StatusBadRequest {
		t.Errorf("of a query that is none: %d", a.status)
	}
	s.role = practice.RoleReader
	if a := s.get(t, "/events.csv"); a.status != http.StatusForbidden {
		t.Errorf("to somebody who may not read the record: %d", a.status)
	}
}

func TestACellIsNoFormula(t *testing.T) {
	e := refusal(1)
	e.Service, e.Message = "=HYPERLINK(\"https://evil.example\")", "+1"
	s := newSite(t, e)
	s.enter()
	rows, err := csv.NewReader(strings.NewReader(s.get(t, "/events.csv").body)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	for i, cell := range rows[1] {
		if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
			t.Errorf("the %s is %q", rows[0][i], cell)
		}
	}
}

// Every number beside a list of events leads to a list that says the same number.
func TestNumbersBesideEventsAreThoseOfTheListsBehindThem(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	page := s.get(t, "/events?q=last:24h").body
	links := regexp.MustCompile(`<li><a href="(/events[^"]+)">.*?</a><span class="num">([\d,]+)</span>`).FindAllStringSubmatch(page, -1)
	columns := regexp.MustCompile(`<a href="(/events[^"]+)"><g class="col"><path[^>]*/><title>(\d+) from`).FindAllStringSubmatch(page, -1)
	if len(links) < 10 || len(columns) < 1 {
		t.Fatalf("%d facets and %d columns", len(links), len(columns))
	}
	for _, m := range append(links, columns...) {
		want, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
		if err != nil {
			t.Fatal(err)
		}
		behind := s.get(t, html.UnescapeString(m[1])).body
		if got := rowsOf(behind); got != want || !strings.Contains(behind, fmt.Sprintf(`<span id="live-count">%d event`, want)) {
			t.Errorf("%s: %d said, %d rows", m[1], want, got)
		}
	}
}
