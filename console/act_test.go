package console_test

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// garden is a practice with a rose bush, which an admin may cut and an auditor may water.
type garden struct {
	roses  int
	asked  url.Values // the last form
	actor  string
	broken bool
}

func (g *garden) actions() []practice.Action {
	return []practice.Action{
		{
			Name: "gardening.rose.cut", Title: "Cut roses", Permission: "gardening.cut",
			Form: []practice.Field{{Name: "bush"}, practice.Reason()},
			Effect: func(context.Context, url.Values) (string, error) {
				if g.broken {
					return "", problem.New("gardening.rose.unknown", "There is no such rose.", "Look at the bush.")
				}
				return "All 3 roses of the bush go.", nil
			},
			Do: func(ctx context.Context, form url.Values) (practice.Result, error) {
				g.roses, g.asked, g.actor = 0, form, practice.Actor(ctx)
				return practice.Result{
					Sentence: "3 roses were cut.", Next: "/traffic",
					Undo: &practice.Undo{Action: "gardening.rose.grow", Form: url.Values{"roses": {"3"}}},
				}, nil
			},
		},
		{Name: "gardening.rose.grow", Title: "Grow roses", Permission: "gardening.cut", Form: []practice.Field{{Name: "roses"}, {Name: "colour", Many: true}}, Do: func(_ context.Context, form url.Values) (practice.Result, error) {
			g.roses, g.asked = 3, form
			return practice.Result{Sentence: "They stand again."}, nil
		}},
		{Name: "gardening.gate.open", Title: "Open the gate", Permission: "gardening.water", Do: func(context.Context, url.Values) (practice.Result, error) {
			return practice.Result{Sentence: "This is the key.", Once: "s3cret"}, nil
		}},
		{Name: "gardening.rose.water", Title: "Water", Permission: "gardening.water", Do: func(context.Context, url.Values) (practice.Result, error) {
			if g.broken {
				return practice.Result{}, problem.New("gardening.can.empty", "The can is empty.", "Fill it.")
			}
			return practice.Result{}, nil
		}},
	}
}

func gardening() []practice.Permission {
	return []practice.Permission{
		{Name: "gardening.cut", Title: "Cut", Role: practice.RoleAdmin}, {Name: "gardening.water", Title: "Water", Role: practice.RoleAuditor},
	}
}

func newGarden(t *testing.T) (*site, *garden) {
	t.Helper()
	g := &garden{roses: 3}
	s := newSiteWith(t, g.actions(), gardening())
	s.enter()
	return s, g
}

func TestAnActIsForThoseWhoHoldItsRole(t *testing.T) {
	s, g := newGarden(t)
	yes := url.Values{"confirmed": {"yes"}, "reason": {"they are in the way"}}
	if a := s.post(t, "/actions/gardening.rose.cut", yes); a.status != http.StatusForbidden || g.roses != 3 {
		t.Errorf("an auditor cuts: %d", a.status)
	}
	if a := s.post(t, "/api/v1/actions/gardening.rose.cut", yes); a.status != http.StatusForbidden || g.roses != 3 {
		t.Errorf("an auditor's program cuts: %d", a.status)
	}
	if a := s.post(t, "/actions/gardening.rose.water", url.Values{"next": {"/events"}}); a.status != http.StatusSeeOther || a.header.Get("Location") != "/events" {
		t.Errorf("an auditor waters: %d", a.status)
	}
	if a := s.post(t, "/actions/gardening.rose.eat", nil); a.status != http.StatusNotFound {
		t.Errorf("an action that there is not: %d", a.status)
	}
	s.session = nil
	if a := s.post(t, "/actions/gardening.rose.water", nil); a.status != http.StatusUnauthorized {
		t.Errorf("a stranger waters: %d", a.status)
	}
}

func TestAnotherSiteCannotAct(t *testing.T) {
	s, g := newGarden(t)
	s.role = practice.RoleAdmin
	for _, path := range []string{"/actions/gardening.rose.grow", "/api/v1/actions/gardening.rose.grow", "/undo"} {
		r, err := http.NewRequest(http.MethodPost, s.origin+path, strings.NewReader("confirmed=yes&reason=x"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-site")
		if a := s.send(t, r); a.status != http.StatusForbidden || g.asked != nil {
			t.Errorf("%s from a sibling: %d", path, a.status)
		}
	}
}

func TestWhatHasAnEffectIsAskedAboutAndNeedsAReason(t *testing.T) {
	s, g := newGarden(t)
	s.role = practice.RoleAdmin
	for _, tt := range []struct {
		name string
		form url.Values
		want string
	}{
		{"the first time", url.Values{"bush": {"<b>7"}}, "All 3 roses of the bush go."},
		{"without a reason", url.Values{"bush": {"<b>7"}, "confirmed": {"yes"}}, "There is no reason."},
		{"with blanks for a reason", url.Values{"bush": {"<b>7"}, "confirmed": {"yes"}, "reason": {"  "}}, "There is no reason."},
		{"with a novel for a reason", url.Values{"bush": {"<b>7"}, "confirmed": {"yes"}, "reason": {strings.Repeat("ö", 501)}}, "There is no reason."},
	} {
		a := s.post(t, "/actions/gardening.rose.cut", tt.form)
		if a.status != http.StatusOK || !strings.Contains(a.body, tt.want) || !strings.Contains(a.body, `name="bush" value="&lt;b&gt;7"`) || g.roses != 3 {
			t.Errorf("%s: %d, %d roses: %s", tt.name, a.status, g.roses, a.body)
		}
	}
	g.broken = true
	if a := s.post(t, "/actions/gardening.rose.cut", nil); a.status != http.StatusNotFound || !strings.Contains(a.body, "There is no such rose.") {
		t.Errorf("an effect on nothing: %d", a.status)
	}
	a := s.post(t, "/actions/gardening.rose.cut", url.Values{"bush": {"7"}, "confirmed": {"yes"}, "reason": {"storm"}})
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/traffic" || g.roses != 0 || g.asked.Get("reason") != "storm" || g.asked.Get("bush") != "7" || g.actor != "p1" {
		t.Errorf("with a reason: %d to %q, told %v by %s", a.status, a.header.Get("Location"), g.asked, g.actor)
	}
}

// undoForm finds what takes the last act back.
func (s *site) undoForm(t *testing.T) (said bool, form url.Values) {
	t.Helper()
	page := s.get(t, "/traffic").body
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		return strings.Contains(page, `class="flash"`), nil
	}
	return strings.Contains(page, `class="flash"`), url.Values{"token": {html.UnescapeString(token[1])}, "next": {"/events"}}
}

func TestAnActCanBeTakenBackForTenSeconds(t *testing.T) {
	s, g := newGarden(t)
	s.role = practice.RoleAdmin
	cut := func() {
		t.Helper()
		s.post(t, "/actions/gardening.rose.cut", url.Values{"confirmed": {"yes"}, "reason": {"storm"}})
		if g.roses != 0 {
			t.Fatal("they stand")
		}
	}
	cut()
	if a := s.post(t, "/undo", url.Values{"token": {"guessed"}}); a.status != http.StatusConflict || g.roses != 0 {
		t.Errorf("a guess takes it back: %d", a.status)
	}
	s.clock.add(10 * time.Second)
	said, form := s.undoForm(t)
	if !said || form == nil {
		t.Fatal("the page does not offer to take it back")
	}
	mine := s.session
	other := *ada()
	other.ID = "s2"
	s.session = &other
	if said, _ := s.undoForm(t); said {
		t.Error("another session is told of it")
	}
	if a := s.post(t, "/undo", form); a.status != http.StatusConflict || g.roses != 0 {
		t.Errorf("another session takes it back: %d", a.status)
	}
	s.session = mine
	if a := s.post(t, "/undo", form); a.status != http.StatusSeeOther || a.header.Get("Location") != "/events" || g.roses != 3 || g.asked.Get("roses") != "3" {
		t.Errorf("taken back: %d to %q, %d roses", a.status, a.header.Get("Location"), g.roses)
	}
	cut()
	_, form = s.undoForm(t)
	s.clock.add(10*time.Second + 1)
	if said, _ := s.undoForm(t); said {
		t.Error("it is offered for longer than ten seconds")
	}
	if a := s.post(t, "/undo", form); a.status != http.StatusConflict || g.roses != 0 {
		t.Errorf("taken back after ten seconds: %d", a.status)
	}
}

func TestASecretIsShownOnceAndKeptNowhere(t *testing.T) {
	s, _ := newGarden(t)
	a := s.post(t, "/actions/gardening.gate.open", nil)
	if a.status != http.StatusOK || !strings.Contains(a.body, "s3cret") || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %d: %s", a.status, a.body)
	}
	if page := s.get(t, "/traffic").body; strings.Contains(page, "s3cret") {
		t.Error("the next page shows it again")
	}
}

func TestWhatCannotBeDoneSaysWhy(t *testing.T) {
	s, g := newGarden(t)
	g.broken = true
	if a := s.post(t, "/actions/gardening.rose.water", nil); a.status != http.StatusConflict || !strings.Contains(a.body, "The can is empty.") {
		t.Errorf("the page: %d %s", a.status, a.body)
	}
	a := s.post(t, "/api/v1/actions/gardening.rose.water", nil)
	if a.status != http.StatusConflict || a.header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.body, `"code":"gardening.can.empty"`) {
		t.Errorf("the API: %d %s", a.status, a.body)
	}
	if a := s.post(t, "/actions/gardening.rose.water", url.Values{"long": {strings.Repeat("x", 70_000)}}); a.status != http.StatusBadRequest {
		t.Errorf("a form that is too long: %d", a.status)
	}
}
