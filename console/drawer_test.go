package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

func TestAnEventIsOpenBesideItsList(t *testing.T) {
	s := newSite(t, exchange(1), refusal(2), exchange(3))
	s.enter()
	list := "/events?q=" + url.QueryEscape("verdict:refused")
	page := s.get(t, list+"&open="+idOf(2).String()).body
	for _, want := range []string{
		`<section class="card drawer" id="open"`, "The request was refused and did not reach the application.", "942130", "ARGS:q",
		`<a class="btn icon" href="/events?q=verdict%3Arefused" aria-label="Close the event">`, `<a class="btn" href="/events/` + idOf(2).String() + `">All of it</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := rowsOf(page); n != 1 {
		t.Errorf("beside it stand %d rows", n)
	}
	if page := s.get(t, list).body; strings.Contains(page, `id="open"`) || !strings.Contains(page, "open="+idOf(2).String()+"#open") {
		t.Error("the list does not lead to its events, or has one open that nobody asked for")
	}
	for _, id := range []string{"nothing", idOf(7).String()} {
		if a := s.get(t, list+"&open="+id); a.status != http.StatusNotFound {
			t.Errorf("%s is answered with %d", id, a.status)
		}
	}
}

func TestWhatCanBeDoneAboutAnEventIsOfferedToThoseWhoMay(t *testing.T) {
	r := newRecord(t)
	r.add(exchange(1), refusal(2))
	s := startSite(t, r, func(o *console.Options) {
		o.Permissions = []practice.Permission{{Name: "gardening.rose.prune", Title: "Prune", Role: practice.RoleAdmin}}
		o.Remedies = []practice.Remedy{{Name: "gardening.rose", Title: "Prune it", Permission: "gardening.rose.prune", For: func(e *event.Event) string {
			if e.Verdict != event.Refused {
				return ""
			}
			return "/roses/prune?event=" + e.UID.String()
		}}}
	})
	for _, tt := range []struct {
		role string
		n    int
		want bool
	}{{practice.RoleAdmin, 2, true}, {practice.RoleAuditor, 2, false}, {practice.RoleAdmin, 1, false}} {
		s.enter()
		s.role = tt.role
		for _, path := range []string{"/events/" + idOf(tt.n).String(), "/events?open=" + idOf(tt.n).String()} {
			if got := strings.Contains(s.get(t, path).body, `href="/roses/prune?event=`+idOf(tt.n).String()+`">Prune it</a>`); got != tt.want {
				t.Errorf("%s as %s offers it: %v", path, tt.role, got)
			}
		}
	}
}

// What cannot be read stays in its field, with what is wrong beside it. Programs are told with a status.
func TestAQueryThatCannotBeReadStaysOnThePage(t *testing.T) {
	s := newSite(t, exchange(1))
	s.enter()
	for query, says := range map[string]string{"verdict:perhaps": "perhaps", `"<b>`: "", "from:2001-01-01": "more than 31 days"} {
		a := s.get(t, "/events?q="+url.QueryEscape(query))
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, `class="fault" id="ask-fault"`) || !strings.Contains(a.body, says) || !strings.Contains(a.body, `aria-invalid="true"`) {
			t.Errorf("%s is answered with %d:\n%.2000s", query, a.status, a.body)
		}
		if strings.Contains(a.body, "<b>\"") || strings.Contains(a.body, "data-live") || rowsOf(a.body) != 0 {
			t.Errorf("%s leaves rows, a live page or markup", query)
		}
		for _, path := range []string{"/api/v1/events?q=", "/events/live?q=", "/events.csv?q="} {
			if a := s.get(t, path+url.QueryEscape(query)); a.status != http.StatusBadRequest || strings.Contains(a.body, `id="ask"`) {
				t.Errorf("%s%s is answered with %d", path, query, a.status)
			}
		}
	}
}
