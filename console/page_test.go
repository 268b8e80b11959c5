package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/event"
)

// some are events of all sorts.
func some() []*event.Event {
	observed := refusal(6)
	observed.Kind, observed.Verdict, observed.HTTP.Status = "validation.request.observed", event.Observed, 200
	failed := exchange(7)
	failed.Kind, failed.Verdict, failed.Severity, failed.HTTP.Status = "gate.upstream.failed", event.Errored, event.High, 502
	started := &event.Event{
		UID: idOf(8), Time: began.Add(8 * time.Second), Class: event.ApplicationLifecycle, Activity: event.LifecycleStart,
		Severity: event.Informational, Kind: "app.process.started", Message: "Tenward has started.",
	}
	return []*event.Event{exchange(1), refusal(2), refusal(3), stranger(4), exchange(5), observed, failed, started, hostile(9)}
}

// stable replaces what changes with the style sheet and with the port.
func (s *site) stable(page string) string {
	page = regexp.MustCompile(`/assets/[0-9a-f]{20}/`).ReplaceAllString(page, "/assets/HASH/")
	return strings.ReplaceAll(page, s.origin, "ORIGIN")
}

func TestPages(t *testing.T) {
	s := newSite(t, some()...)
	golden(t, "no-session.html", s.stable(s.get(t, "/traffic").body))
	s.enter()
	for name, path := range map[string]string{
		"traffic.html": "/traffic", "events.html": "/events", "refused.html": "/events?q=verdict:refused+service:notes",
		"event-refused.html": "/events/" + idOf(2).String(), "event-started.html": "/events/" + idOf(8).String(),
		"event-hostile.html": "/events/" + idOf(9).String(), "not-found.html": "/nowhere",
		"event-open.html": "/events?q=verdict:refused&open=" + idOf(2).String(), "events-unread.html": "/events?q=verdict:perhaps",
		"services.html": "/services", "service.html": "/services/notes", "settings.html": "/settings",
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, s.stable(s.get(t, path).body)) })
	}
}

func TestPagesWithoutEventsSayWhatToDo(t *testing.T) {
	s := newSite(t)
	s.enter()
	for path, want := range map[string]string{
		"/traffic": "Send a request to one of the services", "/events": "Send a request to one of the services",
		"/events?q=verdict:refused": "Show all events",
	} {
		if a := s.get(t, path); a.status != http.StatusOK || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d, without %q", path, a.status, want)
		}
	}
	s.record.add(exchange(1))
	for _, path := range []string{"/events?q=verdict:refused", "/events?q=service:other"} {
		if a := s.get(t, path); a.status != http.StatusOK || !strings.Contains(a.body, "Show all events") {
			t.Errorf("%s with an event of another kind: %d", path, a.status)
		}
	}
}

// The grammar of what the templates write: quoted attributes, or none.
var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	wellMade  = regexp.MustCompile(`^<(!doctype html|/[a-z][a-z0-9]*|[a-z][a-z0-9]*((?: [a-zA-Z-]+(?:="[^"<>]*")?)*)/?)>$`)
	attribute = regexp.MustCompile(` ([a-zA-Z-]+)(?:="([^"]*)")?`)
)

func TestHostileTextStaysText(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	for _, path := range []string{"/traffic", "/events", "/events/" + idOf(9).String(), "/events?q=" + url.QueryEscape(`service:"<script>alert(1)</script>"`), "/events?q=" + url.QueryEscape("kind:\"<b>\u202e\"")} {
		page := s.get(t, path).body
		for _, found := range tag.FindAllString(page, -1) {
			parts := wellMade.FindStringSubmatch(found)
			if parts == nil {
				t.Errorf("%s: a tag that no template wrote: %q", path, found)
				continue
			}
			if strings.HasPrefix(found, "<script") && !regexp.MustCompile(`^<script type="module" src="/assets/[0-9a-f]{20}/app.js">$`).MatchString(found) ||
				strings.HasPrefix(found, "<img") || strings.HasPrefix(found, "<style") {
				t.Errorf("%s: %s", path, found)
			}
			for _, a := range attribute.FindAllStringSubmatch(parts[2], -1) {
				if name := a[1]; strings.HasPrefix(name, "on") || name == "style" || name == "srcdoc" {
					t.Errorf("%s: attribute %s in %s", path, name, found)
				} else if (name == "href" || name == "src" || name == "action") && a[2] != "#main" && (!strings.HasPrefix(a[2], "/") || strings.HasPrefix(a[2], "//")) {
					t.Errorf("%s: %s leads to %q", path, name, a[2])
				}
			}
		}
		if !utf8.ValidString(page) {
			t.Errorf("%s is not UTF-8", path)
		}
		for _, r := range html.UnescapeString(page) {
			if r != ' ' && r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s: %U is shown as it is", path, r)
				break
			}
		}
	}
}

func TestWhatMatchedIsMarked(t *testing.T) {
	s := newSite(t, refusal(1))
	s.enter()
	page := s.get(t, "/events/"+idOf(1).String()).body
	for _, want := range []string{`<mark>1&#39; OR &#39;1&#39;=&#39;1</mark>`, "942100", "SQL Injection Attack Detected via libinjection", "ARGS:q", idOf(1).String(), "203.0.113.47", "validation.request.refused", "validation.score"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestLongTextsAreCutInListsAndWholeOnTheirPage(t *testing.T) {
	e := exchange(1)
	e.HTTP.Query = "q=" + strings.Repeat("long", 2000)
	s := newSite(t, e)
	s.enter()
	if page := s.get(t, "/events").body; strings.Contains(page, strings.Repeat("long", 100)) || !strings.Contains(page, "…") {
		t.Error("the list shows all of it")
	}
	if page := s.get(t, "/events/"+e.UID.String()).body; !strings.Contains(page, e.HTTP.Query) {
		t.Error("the page does not show all of it")
	}
}

// Every number of events is a link to exactly the rows that it counts.
func TestNumbersAreThoseOfTheRowsBehindThem(t *testing.T) {
	var events []*event.Event
	for n := range 120 {
		switch n % 4 {
		case 0, 1:
			events = append(events, exchange(n))
		case 2:
			events = append(events, refusal(n))
		default:
			if n%3 == 0 {
				events = append(events, stranger(n))
			}
		}
	}
	s := newSite(t, events...)
	s.enter()
	page := s.get(t, "/traffic").body
	causes := regexp.MustCompile(`<li><a href="([^"]+)"><b>.*?</b></a><span class="num">(\d+)</span>`).FindAllStringSubmatch(page, -1)
	if len(causes) != 3 { // two rules of the same requests, and requests that no rule refused
		t.Fatalf("the page has %d causes, want 3", len(causes))
	}
	for _, c := range causes {
		behind := s.get(t, html.UnescapeString(c[1])).body
		if want, err := strconv.Atoi(c[2]); err != nil || rowsOf(behind) != want {
			t.Errorf("%s: %s said, %d rows", c[1], c[2], rowsOf(behind))
		}
	}
}

func TestAListIsPagedOnTheServer(t *testing.T) {
	events := make([]*event.Event, 0, 600)
	for n := range 600 {
		events = append(events, exchange(n))
	}
	s := newSite(t, events...)
	s.enter()
	older := regexp.MustCompile(`<a class="btn" href="([^"]+)">Older`)
	seen := map[string]bool{}
	pages := 0
	for path := "/events?q=service:notes"; path != ""; pages++ {
		page := s.get(t, path).body
		if n := rowsOf(page); n != 50 {
			t.Fatalf("%s has %d rows", path, n)
		}
		for _, id := range regexp.MustCompile(`open=([0-9a-f-]{36})#open"`).FindAllStringSubmatch(page, -1) {
			if seen[id[1]] {
				t.Fatalf("%s is on two pages", id[1])
			}
			seen[id[1]] = true
		}
		if strings.Contains(page, `data-live="/events/live?q=service%3Anotes"`) != (pages == 0) {
			t.Errorf("page %d: the newest, and only the newest, is live", pages)
		}
		if !strings.Contains(page, `<span id="live-count">600 events</span>`) {
			t.Errorf("page %d does not say how many match", pages)
		}
		path = ""
		if next := older.FindStringSubmatch(page); next != nil {
			path = html.UnescapeString(next[1])
		}
	}
	if pages != 12 || len(seen) != 600 {
		t.Errorf("%d pages with %d events, want 600 on 12", pages, len(seen))
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	seen := map[string]bool{}
	for left := []string{"/"}; len(left) > 0; left = left[1:] {
		path := left[0]
		if seen[path] {
			continue
		}
		seen[path] = true
		a := s.get(t, path)
		if a.status != http.StatusOK && a.status != http.StatusSeeOther {
			t.Errorf("%s: %d", path, a.status)
		}
		if next := a.header.Get("Location"); next != "" {
			left = append(left, next)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?:href|src)="(/[^"]*)"`).FindAllStringSubmatch(a.body, -1) {
			next := html.UnescapeString(m[1])
			if strings.HasPrefix(path, "/events?") && strings.HasPrefix(next, "/events?") {
				continue // every search leads to narrower ones
			}
			left = append(left, next)
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d addresses were found", len(seen))
	}
}

func TestAnEventIsFoundByWhatPeopleType(t *testing.T) {
	s := newSite(t, refusal(1))
	s.enter()
	id := idOf(1).String()
	for typed, want := range map[string]string{id: "/events/" + id, "  " + strings.ToUpper(id) + "\n": "/events/" + id, "nonsense": "/events?q=nonsense", "": "/events"} {
		a := s.get(t, "/find?q="+url.QueryEscape(typed))
		if a.status != http.StatusSeeOther || a.header.Get("Location") != want {
			t.Errorf("%q: %d to %q", typed, a.status, a.header.Get("Location"))
		}
	}
}

func TestFiltersThatAreNoneAreRefused(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	for _, q := range []string{"q=verdict:perhaps", "q=nothing:x", "cursor=x", "cursor=older.2026-11-23.-1", "limit=0", "limit=101", "limit=x"} {
		for _, path := range []string{"/events", "/events/live", "/api/v1/events"} {
			if a := s.get(t, path+"?"+q); a.status != http.StatusBadRequest {
				t.Errorf("%s?%s: %d", path, q, a.status)
			}
		}
	}
}

func TestARecordThatCannotBeReadGivesNothingAway(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	s.record.breaks(true)
	for _, path := range []string{"/traffic", "/overview", "/api/v1/traffic", "/traffic/live"} {
		if a := s.get(t, path); a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	s.record.breaks(false)
	if a := s.get(t, "/traffic"); a.status != http.StatusOK {
		t.Errorf("mended: %d", a.status)
	}
	if err := s.record.index.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/events", "/api/v1/events", "/events/live", "/events.csv", "/events.jsonl"} {
		if a := s.get(t, path); a.status != http.StatusInternalServerError || strings.Contains(a.body, "closed") {
			t.Errorf("%s without an index: %d %s", path, a.status, a.body)
		}
	}
}

func TestAPageWithoutScriptIsWhole(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	for path, rows := range map[string]int{"/traffic": 9, "/events": 9} {
		page := s.get(t, path).body
		if got := rowsOf(page); got != rows {
			t.Errorf("%s has %d rows, want %d", path, got, rows)
		}
		if !strings.Contains(page, `<a class="btn nojs" href="`+path) {
			t.Errorf("%s has no link to reload it", path)
		}
		// What works with script alone is hidden without it.
		for _, button := range regexp.MustCompile(`<button type="button"[^>]*>`).FindAllString(page, -1) {
			if !regexp.MustCompile(`class="[^"]*\bjs"`).MatchString(button) {
				t.Errorf("%s: %s does nothing without script", path, button)
			}
		}
	}
	if page := s.get(t, "/traffic").body; !strings.Contains(page, `<svg class="chart"`) || !strings.Contains(page, ">3 refused</a>") {
		t.Error("the traffic page lacks its chart or its counters")
	}
}
