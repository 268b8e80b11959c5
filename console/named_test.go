package console_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// enterAs signs somebody else in.
func (s *site) enterAs(id, role string) {
	s.session, s.role = &identity.Session{ID: "s-" + id, Person: &identity.Person{ID: identity.PersonID(id), Account: id, Name: id}, Ends: noon.Add(time.Hour)}, role
}

// shown is what the page Events says of views to programs.
type shown struct {
	Query string
	Views []struct {
		ID, Name, Query, Kind string
		First                 bool
	}
}

func (s *site) shown(t *testing.T, path string) shown {
	t.Helper()
	var got shown
	if err := json.Unmarshal([]byte(s.get(t, "/api/v1"+path).body), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// named are the views that are not built in.
func (s *site) named(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, v := range s.shown(t, "/events").Views {
		if v.Kind != "built-in" {
			names = append(names, v.Name+" "+v.Kind)
		}
	}
	return names
}

func (s *site) idOfView(t *testing.T, name string) string {
	t.Helper()
	for _, v := range s.shown(t, "/events").Views {
		if v.Name == name {
			return v.ID
		}
	}
	t.Fatalf("there is no view %s", name)
	return ""
}

// act does something with a view as a page does, and gives the page behind it.
func (s *site) act(t *testing.T, verb string, form url.Values) (page string) {
	t.Helper()
	a := s.post(t, "/actions/console.view."+verb, form)
	if a.status != http.StatusSeeOther {
		t.Fatalf("%s: %d %s", verb, a.status, a.body)
	}
	return s.get(t, a.header.Get("Location")).body
}

var undoToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// undo presses the button of a page.
func (s *site) undo(t *testing.T, page string) {
	t.Helper()
	m := undoToken.FindStringSubmatch(page)
	if m == nil {
		t.Fatal("nothing offers to take it back")
	}
	if a := s.post(t, "/undo", url.Values{"token": {html.UnescapeString(m[1])}, "next": {"/events"}}); a.status != http.StatusSeeOther {
		t.Fatalf("taking it back: %d %s", a.status, a.body)
	}
}

func TestAViewIsSavedFoundAndTakenBack(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	query := "verdict:refused service:notes last:7d"
	page := s.act(t, "save", url.Values{"name": {"Zoo <b>"}, "q": {"last:7d " + query[:len(query)-8]}})
	for _, want := range []string{
		`<a href="/events?q=verdict%3Arefused&#43;service%3Anotes&#43;last%3A7d" aria-current="true"><bdi>Zoo &lt;b&gt;</bdi></a>`,
		`The view Zoo &lt;b&gt; is saved.`, `action="/actions/console.view.rename"`, `aria-selected="false">Zoo &lt;b&gt;<span>Saved view</span>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, "console.view.share") || strings.Contains(page, "Remove for all") {
		t.Error("an auditor is offered to share")
	}
	if overview := s.get(t, "/overview").body; !strings.Contains(overview, "Zoo &lt;b&gt;<span>Saved view") {
		t.Error("the palette of another page lacks it")
	}
	s.undo(t, page)
	if names := s.named(t); len(names) != 0 {
		t.Errorf("there are still %q", names)
	}

	s.act(t, "save", url.Values{"name": {"Zoo"}, "q": {query}})
	id := s.idOfView(t, "Zoo")
	page = s.act(t, "rename", url.Values{"view": {id}, "name": {"Apes"}})
	s.undo(t, page)
	page = s.act(t, "save", url.Values{"name": {"zoo"}, "q": {"status:404"}})
	if !strings.Contains(page, "in the place of what it asked for before") || len(s.named(t)) != 1 {
		t.Errorf("replaced, there are %q", s.named(t))
	}
	s.undo(t, page)
	page = s.act(t, "remove", url.Values{"view": {id}})
	if len(s.named(t)) != 0 {
		t.Error("it is not removed")
	}
	s.undo(t, page)
	got := s.shown(t, "/events").Views
	if v := got[len(got)-1]; v.ID != id || v.Name != "Zoo" || v.Query != query || v.Kind != "own" {
		t.Errorf("taken back it is %+v", v)
	}
	kinds := s.changes.Kinds()
	if n := len(kinds); n != 9 || kinds[0] != "console.view.saved" || kinds[n-2] != "console.view.removed" {
		t.Errorf("the record has %q", kinds)
	}
}

func TestAViewOfOnesOwnIsNobodyElses(t *testing.T) {
	s := newSite(t, some()...)
	s.enterAs("p-ada", practice.RoleAuditor)
	s.act(t, "save", url.Values{"name": {"Whistleblower"}, "q": {"client:203.0.113.47"}})
	id := s.idOfView(t, "Whistleblower")
	for _, role := range []string{practice.RoleAuditor, practice.RoleAdmin} {
		s.enterAs("p-eve", role)
		for _, path := range []string{"/events", "/api/v1/events", "/overview"} {
			if body := s.get(t, path).body; strings.Contains(body, "Whistleblower") || strings.Contains(body, id) {
				t.Errorf("%s shows it to somebody who is %s", path, role)
			}
		}
		for verb, form := range map[string]url.Values{
			"rename": {"view": {id}, "name": {"mine"}}, "remove": {"view": {id}}, "choose": {"view": {id}},
		} {
			for _, path := range []string{"/actions/console.view.", "/api/v1/actions/console.view."} {
				if a := s.post(t, path+verb, form); a.status != http.StatusNotFound {
					t.Errorf("%s of it as %s: %d", verb, role, a.status)
				}
			}
		}
	}
	s.enterAs("p-ada", practice.RoleAuditor)
	if names := s.named(t); !slices.Equal(names, []string{"Whistleblower own"}) {
		t.Errorf("ada has %q", names)
	}
}

func TestOnlyWhoIsAdminShares(t *testing.T) {
	s := newSite(t, some()...)
	form := url.Values{"name": {"For all"}, "q": {"verdict:refused"}}
	s.enterAs("p-bob", practice.RoleAuditor)
	for _, path := range []string{"/actions/console.view.share", "/api/v1/actions/console.view.share"} {
		if a := s.post(t, path, form); a.status != http.StatusForbidden {
			t.Errorf("an auditor at %s: %d", path, a.status)
		}
	}
	s.enterAs("p-ada", practice.RoleAdmin)
	if page := s.act(t, "share", form); !strings.Contains(page, "Remove for all") || !strings.Contains(page, `formaction="/actions/console.view.share"`) {
		t.Error("who may share is not offered it")
	}
	id := s.idOfView(t, "For all")
	s.enterAs("p-bob", practice.RoleAuditor)
	if names := s.named(t); !slices.Equal(names, []string{"For all shared"}) {
		t.Errorf("bob has %q", names)
	}
	page := s.get(t, "/events?q=verdict:refused").body
	if !strings.Contains(page, `<bdi>For all</bdi> <span>shared</span>`) || strings.Contains(page, "console.view.rename") || strings.Contains(page, "console.view.remove") {
		t.Error("bob does not see it, or is offered to change it")
	}
	for verb, form := range map[string]url.Values{"rename": {"view": {id}, "name": {"mine"}}, "remove": {"view": {id}}} {
		if a := s.post(t, "/actions/console.view."+verb, form); a.status != http.StatusConflict || !strings.Contains(a.body, "This view is shared") {
			t.Errorf("bob's %s: %d", verb, a.status)
		}
	}
	s.enterAs("p-eve", practice.RoleReader)
	if a := s.post(t, "/actions/console.view.save", form); a.status != http.StatusForbidden {
		t.Errorf("a reader saves: %d", a.status)
	}
	if strings.Contains(s.get(t, "/overview").body, "Saved view") {
		t.Error("a reader's palette leads to the record")
	}
}

func TestTheListBeginsWithTheViewThatSomebodyChose(t *testing.T) {
	s := newSite(t, some()...)
	s.enter()
	s.act(t, "save", url.Values{"name": {"Zoo"}, "q": {"service:notes last:7d"}})
	id := s.idOfView(t, "Zoo")
	s.act(t, "choose", url.Values{"view": {id}})
	if got := s.shown(t, "/events"); got.Query != "service:notes last:7d" || !got.Views[len(got.Views)-1].First {
		t.Errorf("it begins with %q", got.Query)
	}
	if page := s.get(t, "/events").body; !strings.Contains(page, "Begin with the last day again") || rowsOf(page) != 7 {
		t.Errorf("the page has %d rows, or does not say how it begins", rowsOf(page))
	}
	if got := s.shown(t, "/events?q=").Query; got != "" {
		t.Errorf("all of it is asked for, and %q is given", got)
	}
	page := s.act(t, "choose", url.Values{"view": {"only-observed"}})
	if got := s.shown(t, "/events").Query; got != "verdict:observed last:7d" {
		t.Errorf("a built-in one: it begins with %q", got)
	}
	s.undo(t, page)
	s.act(t, "remove", url.Values{"view": {id}})
	if got := s.shown(t, "/events").Query; got != "last:24h" {
		t.Errorf("with a view that has gone it begins with %q", got)
	}
	s.enterAs("p-eve", practice.RoleAuditor)
	if got := s.shown(t, "/events").Query; got != "last:24h" {
		t.Errorf("somebody else's begins with %q", got)
	}
	if a := s.post(t, "/actions/console.view.choose", url.Values{"view": {"nothing"}}); a.status != http.StatusNotFound {
		t.Errorf("a view that there is not: %d", a.status)
	}
}

func TestTheBuiltInViewsFindWhatTheySay(t *testing.T) {
	about := func(n int, class event.Class, kind string, v event.Verdict) *event.Event {
		return &event.Event{UID: idOf(n), Time: began.Add(time.Duration(n) * time.Second), Class: class, Kind: kind, Verdict: v}
	}
	yesterday := refusal(20)
	yesterday.Time = noon.Add(-13 * time.Hour)
	s := newSite(t, append(some(), yesterday,
		about(30, event.Authentication, "authentication.login.refused", event.Refused), about(31, event.Authentication, "authentication.login.accepted", event.None),
		about(32, event.UserAccess, "access.role.granted", event.None), about(33, event.APIActivity, "validation.exclusion.accepted", event.None),
		about(34, event.ComplianceFinding, "evidence.finding.changed", event.None))...)
	s.enter()
	got := s.shown(t, "/events").Views
	if len(got) != 4 {
		t.Fatalf("there are %+v", got)
	}
	for i, want := range []int{5, 1, 3, 1} { // of refusals one is yesterday's; the program's start is administration too
		page := s.get(t, "/events?"+url.Values{"q": {got[i].Query}}.Encode()).body
		if rowsOf(page) != want {
			t.Errorf("%s: %q finds %d rows, want %d", got[i].Name, got[i].Query, rowsOf(page), want)
		}
		if strings.Contains(page, "console.view.rename") {
			t.Errorf("%s can be renamed", got[i].Name)
		}
	}
}

func TestAQueryThatCannotBeReadIsNoView(t *testing.T) {
	s := newSite(t)
	s.enter()
	if a := s.post(t, "/actions/console.view.save", url.Values{"name": {"x"}, "q": {"verdict:perhaps"}}); a.status != http.StatusBadRequest {
		t.Errorf("saving it: %d", a.status)
	}
	page := s.get(t, "/events?q=verdict:perhaps").body
	if !strings.Contains(page, "Refused today") || strings.Contains(page, "console.view.save") {
		t.Error("beside what is wrong the page lacks the views, or offers to save it")
	}
}
