package console_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode"
)

// indented makes JSON readable for golden files.
func (s *site) indented(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(body), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return s.stable(b.String())
}

func TestDataAsJSON(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	for name, path := range map[string]string{
		"traffic.json": "/api/v1/traffic", "events.json": "/api/v1/events", "refused.json": "/api/v1/events?q=verdict:refused+service:notes",
		"event.json": "/api/v1/events/" + idOf(2).String(), "event-hostile.json": "/api/v1/events/" + idOf(9).String(),
		"event-unknown.json": "/api/v1/events/" + idOf(99).String(),
	} {
		t.Run(name, func(t *testing.T) {
			a := s.get(t, path)
			golden(t, name, s.indented(t, a.body))
			// What runs as script on another page, or as a page, it must not be.
			if kind := a.header.Get("Content-Type"); kind != "application/json" && kind != "application/problem+json" || strings.Contains(a.body, "<") {
				t.Errorf("%s as %s", a.body, kind)
			}
			for _, r := range a.body {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("%U is sent as it is", r)
				}
			}
			// The admin socket gives the same.
			if l := local(t, s.console.API(), http.MethodGet, "http://admin"+path); l.status != a.status || l.body != a.body {
				t.Errorf("the admin socket answers %d %s", l.status, l.body)
			}
		})
	}
}

func TestAProgramReadsAllPages(t *testing.T) {
	s := newSite(t)
	for n := range 120 {
		s.record.add(exchange(n))
	}
	var ids []string
	for cursor := ""; ; {
		var l struct {
			Events []struct{ ID string }
			Older  string
		}
		path := "/api/v1/events?limit=100&cursor=" + cursor
		if err := json.Unmarshal([]byte(local(t, s.console.API(), http.MethodGet, "http://admin"+path).body), &l); err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Events {
			ids = append(ids, e.ID)
		}
		if cursor = l.Older; cursor == "" {
			break
		}
	}
	if len(ids) != 120 || ids[0] != idOf(119).String() || ids[119] != idOf(0).String() {
		t.Errorf("%d events from %s to %s", len(ids), ids[0], ids[len(ids)-1])
	}
}

func TestTheAdminSocketHasNoPages(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/traffic", "/", "/api/v1/nothing"} {
		if a := local(t, s.console.API(), http.MethodGet, "http://admin"+path); a.status != http.StatusNotFound || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s on the admin socket: %d", path, a.status)
		}
	}
}
