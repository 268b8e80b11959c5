package authentication_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// tries asks for an action, and for its effect where it has one, as somebody who holds a role of the console.
func (h *house) tries(who, role, name string, form url.Values) (result practice.Result, effect string, err error) {
	h.Helper()
	a := h.action(name)
	if a.Effect != nil {
		if effect, err = a.Effect(h.as(who, role), form); err != nil {
			if _, done := a.Do(h.as(who, role), form); done == nil {
				h.Errorf("%s is refused before it is asked for a reason, and done with one", name)
			}
			return result, "", err
		}
	}
	result, err = a.Do(h.as(who, role), form)
	return result, effect, err
}

func TestNobodyShutsThemselvesOut(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		_, _, err := h.tries(string(ada.ID), practice.RoleOwner, "authentication.person.disable", account("ada"))
		h.wants(err, "authentication.person.self")
		if h.state("ada") != identity.Active || h.find(ada.got.Token) == nil {
			t.Error("she is shut out")
		}
	})
}

func TestAnAdminChangesNoOwnerAndMakesNone(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		h.invite("olga")
		h.owners = []string{"ada", "olga"}
		for name, form := range map[string]url.Values{
			"reset": account("ada"), "disable": account("ada"), "invite": account("olga"),
		} {
			_, _, err := h.tries("p2", practice.RoleAdmin, "authentication.person."+name, form)
			h.wants(err, "authentication.person.owner")
		}
		for _, name := range []string{"authentication.sessions.end", "authentication.session.end"} {
			_, _, err := h.tries("p2", practice.RoleAdmin, name, account("ada"))
			h.wants(err, "authentication.person.owner")
		}
		h.acts("authentication.person.disable", account("olga"))
		_, _, err := h.tries("p2", practice.RoleAdmin, "authentication.person.enable", account("olga"))
		h.wants(err, "authentication.person.owner")
		for _, form := range []url.Values{
			{"account": {"bea"}, "role": {"owner"}}, {"account": {"bea"}, "role": {"editor"}}, {"account": {"bea"}, "group": {"authors"}},
		} {
			_, _, err := h.tries("p2", practice.RoleAdmin, "authentication.person.invite", form)
			h.wants(err, "authentication.role.owner")
		}
		if _, _, err := h.tries("p2", practice.RoleAdmin, "authentication.person.invite", url.Values{"account": {"bea"}, "role": {""}, "group": {""}}); err != nil {
			t.Errorf("without a role: %v", err)
		}
		if _, _, err := h.tries("p1", practice.RoleOwner, "authentication.person.reset", account("ada")); err != nil {
			t.Errorf("an owner: %v", err)
		}
	})
}

func TestTheEffectIsSaidInNumbersAndDisablingIsTakenBack(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		if _, err := h.service.Password(t.Context(), "ada", password, here); err != nil {
			t.Fatal(err)
		}
		form := url.Values{"account": {"ada"}, "reason": {"  she has left "}}
		result, effect, err := h.tries("p9", practice.RoleAdmin, "authentication.person.disable", form)
		if err != nil || !strings.Contains(effect, "2 sessions end now") || !strings.Contains(result.Sentence, "2 sessions ended") {
			t.Fatalf("%q, %q, %v", effect, result.Sentence, err)
		}
		events := h.record.Events()
		var told []string
		for _, d := range events[len(events)-1].Details {
			told = append(told, d.Name+"="+d.Value)
		}
		if !slices.Equal(told, []string{"by=p9", "reason=she has left"}) {
			t.Errorf("the record says %q", told)
		}
		if _, err := h.act(result.Undo.Action, result.Undo.Form); err != nil || h.state("ada") != identity.Active {
			t.Errorf("taken back: %v, she is %s", err, h.state("ada"))
		}
		_, _, err = h.tries("p9", practice.RoleAdmin, "authentication.person.disable", url.Values{"account": {"ada"}, "reason": {strings.Repeat("x", 501)}})
		h.wants(err, "authentication.reason.refused")
		h.acts("authentication.person.disable", account("ada"))
		_, _, err = h.tries("p9", practice.RoleAdmin, "authentication.person.disable", account("ada"))
		h.wants(err, "authentication.person.disabled")
		result = h.acts("authentication.person.enable", account("ada"))
		if _, err := h.act(result.Undo.Action, result.Undo.Form); err != nil || h.state("ada") != identity.Disabled {
			t.Errorf("enabling taken back: %v, she is %s", err, h.state("ada"))
		}
	})
}

func TestSessionsAreEndedOneByOneOrAll(t *testing.T) {
	each(t, func(h *house) {
		ada, bea := h.enrol("ada"), h.enrol("bea")
		second, err := h.service.Password(t.Context(), "ada", password, here)
		if err != nil {
			t.Fatal(err)
		}
		sessions, err := h.session.List(t.Context(), ada.ID)
		if err != nil || len(sessions) != 2 {
			t.Fatalf("%d sessions, %v", len(sessions), err)
		}
		newest := sessions[0].ID
		_, _, err = h.tries("p9", practice.RoleAdmin, "authentication.session.end", url.Values{"account": {"bea"}, "session": {newest}})
		h.wants(err, "authentication.session.unknown")
		_, effect, err := h.tries("p9", practice.RoleAdmin, "authentication.session.end", url.Values{"account": {"ada"}, "session": {newest}})
		if err != nil || !strings.Contains(effect, "1 of 2 sessions") || !strings.Contains(effect, "192.0.2.7") {
			t.Fatalf("%q, %v", effect, err)
		}
		if h.find(second.Token) != nil || h.find(ada.got.Token) == nil {
			t.Error("another session has ended than was meant")
		}
		result, effect, err := h.tries("p9", practice.RoleAdmin, "authentication.sessions.end", account("ada"))
		if err != nil || !strings.Contains(effect, "1 session ends now") || !strings.Contains(result.Sentence, "1 session ended") {
			t.Fatalf("%q, %q, %v", effect, result.Sentence, err)
		}
		if h.find(ada.got.Token) != nil || h.find(bea.got.Token) == nil {
			t.Error("sessions of others ended, or hers did not")
		}
		h.saw("authentication.session.ended")
		h.saw("authentication.sessions.ended")
	})
}

func TestWhoMayAskForWhat(t *testing.T) {
	each(t, func(h *house) {
		p := h.service.Practice()
		least := map[string]string{}
		for _, g := range p.Permissions {
			least[g.Name] = g.Role
		}
		for _, a := range p.Actions {
			if least[a.Permission] != practice.RoleAdmin || a.Title == "" {
				t.Errorf("%s is %q, for %q", a.Name, a.Title, least[a.Permission])
			}
		}
		for _, page := range p.Pages {
			if role := least[page.Permission]; role != practice.RoleAuditor && page.Path != "/people/invite" || role == practice.RoleReader {
				t.Errorf("%s is for %q: people are personal data", page.Path, role)
			}
		}
		ada := h.enrol("ada")
		of := url.Values{"id": {string(ada.ID)}}
		if strings.Contains(h.page(practice.RoleAuditor, "/people/{id}", of), "<form") {
			t.Error("an auditor is offered to act")
		}
	})
}
