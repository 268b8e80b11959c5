package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/console/openapi/openapitest"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const description = "/api/v1/openapi.json"

// filled is a console with something on each of its pages, and an admin at it.
func filled(t *testing.T) *site {
	t.Helper()
	r := newRecord(t)
	r.add(some()...)
	s := startSite(t, r, func(o *console.Options) {
		o.Evidence = everyState()
		o.Loaded = func() *console.Loaded {
			return &console.Loaded{At: noon, By: "SIGHUP", Problem: problem.New("config.file.invalid", "The file has a fault.", "Mend it.")}
		}
		o.Meter = console.NewMeter(func() map[string]gate.Measure {
			all := measures()
			notes := all["notes"]
			notes.Retried = 12
			notes.Upstreams = []upstream.State{
				{URL: "http://10.0.0.1:3000", Condition: upstream.Up, InFlight: 3, Sent: 1400, Failed: 2, Since: noon},
				{URL: "http://10.0.0.2:3000", Condition: upstream.Down, Reason: "status 503", Since: noon},
			}
			all["notes"] = notes
			return all
		}, o.Now)
		o.Actions, o.Permissions = (&garden{roses: 3}).actions(), gardening()
		o.Remedies = []practice.Remedy{{
			Name: "gardening.weed", Title: "Weed it", Permission: "gardening.water", For: func(*event.Event) string { return "/weeds" },
		}}
	})
	s.session, s.role = ada(), practice.RoleAdmin
	return s
}

// holds gets an answer and holds it against the description. path is as the description has it, at where it leads.
func (s *site) holdsTo(t *testing.T, spec *openapitest.Spec, path, at string) reply {
	t.Helper()
	a := s.get(t, at)
	spec.Holds(t, http.MethodGet, path, a.status, a.header.Get("Content-Type"), []byte(a.body))
	return a
}

// placed puts real values into the paths of the console's own pages.
var placed = map[string][]string{
	"/api/v1/practices/{slug}":         {"/api/v1/practices/weeding", "/api/v1/practices/digging", "/api/v1/practices/nothing"},
	"/api/v1/practices/{slug}/{check}": {"/api/v1/practices/weeding/heavy", "/api/v1/practices/weeding/broken", "/api/v1/practices/pruning/never-asked"},
	"/api/v1/practices":                {"/api/v1/practices", "/api/v1/practices?status=pass", "/api/v1/practices?status=perhaps"},
	"/api/v1/services/{name}":          {"/api/v1/services/notes", "/api/v1/services/nothing"},
	"/api/v1/events":                   {"/api/v1/events?q=", "/api/v1/events?q=verdict:refused&limit=1", "/api/v1/events?q=nothing-like-it", "/api/v1/events?q=&open=" + idOf(2).String(), "/api/v1/events?q=verdict:perhaps"},
	"/api/v1/events/{id}":              {"/api/v1/events/" + idOf(2).String(), "/api/v1/events/" + idOf(8).String(), "/api/v1/events/" + idOf(9).String(), "/api/v1/events/nothing"},
}

func TestEveryAnswerIsAsItIsDescribed(t *testing.T) {
	s := filled(t)
	spec := openapitest.Read(t, []byte(s.get(t, description).body))
	empty := newSite(t)
	empty.enter()
	for _, o := range spec.Operations() {
		method, path, _ := strings.Cut(o, " ")
		if method != http.MethodGet {
			continue
		}
		at := placed[path]
		if at == nil {
			at = []string{path}
		}
		for _, one := range at {
			s.holdsTo(t, spec, path, one)
			empty.holdsTo(t, spec, path, one)
		}
	}
	if a := s.holdsTo(t, spec, description, description); a.status != http.StatusOK {
		t.Errorf("the description: %d", a.status)
	}
	var page struct{ Older string }
	if err := json.Unmarshal([]byte(s.get(t, "/api/v1/events?limit=1").body), &page); err != nil {
		t.Fatal(err)
	}
	s.holdsTo(t, spec, "/api/v1/events", "/api/v1/events?limit=1&cursor="+url.QueryEscape(page.Older))
	for name, form := range map[string]url.Values{"evidence.check.run": {"check": {"watering/wet"}}, "gardening.gate.open": nil, "gardening.rose.cut": {"rose": {"7"}}} {
		path := "/api/v1/actions/" + name
		a := s.post(t, path, form)
		spec.Holds(t, http.MethodPost, path, a.status, a.header.Get("Content-Type"), []byte(a.body))
	}
	// Days that are being made anew are the index's own to show.
	if unmet := spec.Unmet(); !slices.Equal(unmet, []string{"console.list.incomplete"}) {
		t.Errorf("no answer had anything in %q", unmet)
	}
}

func TestTheDescriptionIsForThoseWhoHoldARole(t *testing.T) {
	s := filled(t)
	here := s.get(t, description)
	if l := local(t, s.console.API(), http.MethodGet, "http://admin"+description); l.status != http.StatusOK || l.body != here.body {
		t.Errorf("the admin socket describes something else: %d", l.status)
	}
	s.role = ""
	if a := s.get(t, description); a.status != http.StatusForbidden {
		t.Errorf("without a role: %d", a.status)
	}
	s.session = nil
	if a := s.get(t, description); a.status != http.StatusUnauthorized {
		t.Errorf("without a session: %d", a.status)
	}
}

func TestWhatIsNotDeclaredIsRefused(t *testing.T) {
	s := filled(t)
	for _, tt := range []struct{ name, path, says string }{
		{"a parameter that was misspelt", "/api/v1/events?query=verdict:refused", `"detail":"Nothing is known here of \"query\".","next":"Send nothing but q, cursor, limit, open."`},
		{"a parameter twice", "/api/v1/events?q=a&q=b", `There is more than one \"q\"`},
		{"a parameter of a page that has none", "/api/v1/services?name=notes", `"next":"Send nothing."`},
		{"a value of the path beside it", "/api/v1/services/notes?name=wiki", `Nothing is known here of \"name\"`},
		{"what looks like something else", "/api/v1/services?%E2%80%AEq=1", `Nothing is known here of \"\\u202eq\"`},
		{"a query that cannot be read", "/api/v1/events?q=%zz", `"code":"console.filter.malformed"`},
		{"half a query that cannot be read", "/api/v1/events?q=a;limit=1", `"code":"console.filter.malformed"`},
	} {
		if a := s.get(t, tt.path); a.status != http.StatusBadRequest || !strings.Contains(a.body, tt.says) {
			t.Errorf("%s: %d %s", tt.name, a.status, a.body)
		}
	}
}

func TestAnActionIsToldWhatItDeclares(t *testing.T) {
	s, g := newGarden(t)
	s.role = practice.RoleAdmin
	for _, tt := range []struct {
		name, path string
		form       url.Values
		want       int
	}{
		{"a field of no form", "/api/v1/actions/gardening.rose.grow", url.Values{"rose": {"3"}}, http.StatusBadRequest},
		{"a field twice", "/api/v1/actions/gardening.rose.grow", url.Values{"roses": {"3", "4"}}, http.StatusBadRequest},
		{"what only pages send", "/api/v1/actions/gardening.rose.grow", url.Values{"next": {"/traffic"}}, http.StatusBadRequest},
		{"a page's field of no form", "/actions/gardening.rose.grow", url.Values{"rose": {"3"}}, http.StatusBadRequest},
		{"a page's own field twice", "/actions/gardening.rose.grow", url.Values{"next": {"/traffic", "/events"}}, http.StatusBadRequest},
		{"one that may be said often", "/api/v1/actions/gardening.rose.grow", url.Values{"colour": {"red", "white"}}, http.StatusOK},
		{"from a page", "/actions/gardening.rose.grow", url.Values{"roses": {"3"}, "next": {"/traffic"}}, http.StatusSeeOther},
	} {
		g.asked = nil
		a := s.post(t, tt.path, tt.form)
		if a.status != tt.want || (g.asked == nil) != (tt.want == http.StatusBadRequest) {
			t.Errorf("%s: %d, and the action was told %v", tt.name, a.status, g.asked)
		}
	}
}

func TestAnActionIsToldInAFormAndNothingBesides(t *testing.T) {
	s, g := newGarden(t)
	s.role = practice.RoleAdmin
	for _, tt := range []struct {
		name, address, kind, body string
		want                      int
	}{
		{"JSON", "", "application/json", `{"roses":"3"}`, http.StatusBadRequest},
		{"no kind", "", "", "roses=3", http.StatusBadRequest},
		{"in the address", "?roses=3", "application/x-www-form-urlencoded", "", http.StatusBadRequest},
		{"a form", "", "application/x-www-form-urlencoded; charset=utf-8", "roses=3", http.StatusOK},
		{"nothing", "", "", "", http.StatusOK},
	} {
		g.asked = nil
		r, err := http.NewRequest(http.MethodPost, s.origin+"/api/v1/actions/gardening.rose.grow"+tt.address, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		if a := s.send(t, r); a.status != tt.want || (g.asked == nil) != (tt.want == http.StatusBadRequest) {
			t.Errorf("%s: %d, and the action was told %v", tt.name, a.status, g.asked)
		}
	}
}

func TestADescriptionNeedsToKnowWhatThePathNames(t *testing.T) {
	s := newSite(t)
	o := s.options()
	o.Pages = slices.Clone(orchard(new([]string)))
	o.Permissions = []practice.Permission{{Name: "gardening.look", Role: practice.RoleReader}, {Name: "gardening.dig", Role: practice.RoleOwner}}
	o.Pages[1].Query = nil
	if c, err := console.New(o); err == nil || !strings.Contains(err.Error(), "it is not declared what {id} is") {
		if c != nil {
			c.Close()
		}
		t.Errorf("a page whose path is not declared: %v", err)
	}
}
