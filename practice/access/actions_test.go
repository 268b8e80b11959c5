package access_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

func (h *house) action(name string) practice.Action {
	h.Helper()
	all := h.service.Practice().Actions
	return all[slices.IndexFunc(all, func(a practice.Action) bool { return a.Name == name })]
}

// acts asks for the effect of an action and does it, which must work.
func (h *house) acts(who, name string, form url.Values) (result practice.Result, effect string) {
	h.Helper()
	effect, err := h.action(name).Effect(h.as(who, practice.RoleOwner), form)
	if err != nil {
		h.Fatal(err)
	}
	if result, err = h.action(name).Do(h.as(who, practice.RoleOwner), form); err != nil {
		h.Fatal(err)
	}
	return result, effect
}

// undoes takes an act back.
func (h *house) undoes(result practice.Result) {
	h.Helper()
	if result.Undo == nil {
		h.Fatalf("nothing takes it back: %s", result.Sentence)
	}
	if _, err := h.action(result.Undo.Action).Do(h.as("p9", practice.RoleOwner), result.Undo.Form); err != nil {
		h.Fatal(err)
	}
}

func (h *house) held(p *identity.Person) string {
	h.Helper()
	held, err := h.service.Held(h.Context(), p.ID)
	if err != nil {
		h.Fatal(err)
	}
	return strings.Join(held, ", ")
}

func TestRolesAreGivenAndTakenAwayAndBoth(t *testing.T) {
	each(t, func(h *house) {
		ada := h.person("ada")
		b := h.signIn(ada)
		events := len(h.record.Events())
		if _, err := h.action("access.role.grant").Effect(h.as("p9", practice.RoleOwner), url.Values{"account": {"ada"}, "role": {"viewer"}}); err != nil {
			t.Fatal(err)
		}
		if h.held(ada) != "" || len(h.record.Events()) != events {
			t.Fatal("to ask what it would do does it")
		}
		result, effect := h.acts("p9", "access.role.grant", url.Values{"account": {"ada"}, "role": {"viewer"}, "until": {"8h"}, "reason": {"the audit"}})
		if !strings.Contains(effect, "ada gets the role viewer until 2026-11-23 17:00 UTC") || !strings.Contains(effect, "1 line of the file") {
			t.Errorf("the effect is %q", effect)
		}
		b.allowed(true, "GET", "/")
		last := h.record.Events()[len(h.record.Events())-1]
		var told []string
		for _, d := range last.Details {
			told = append(told, d.Name+"="+d.Value)
		}
		if !slices.Equal(told, []string{"role=viewer", "by=p9", "ends=2026-11-23T17:00:00Z", "reason=the audit"}) {
			t.Errorf("the record says %q", told)
		}
		h.undoes(result)
		b.allowed(false, "GET", "/")

		h.acts("p9", "access.role.grant", url.Values{"account": {"ada"}, "role": {"viewer"}, "until": {"8h"}, "reason": {"the audit"}})
		result, _ = h.acts("p9", "access.role.grant", url.Values{"account": {"ada"}, "role": {"viewer"}})
		if h.held(ada) != "viewer" {
			t.Fatalf("she has %q", h.held(ada))
		}
		h.undoes(result)
		if h.held(ada) != "viewer until 2026-11-23T17:00:00Z" {
			t.Errorf("the older end is gone: %q", h.held(ada))
		}
		result, effect = h.acts("p9", "access.role.revoke", url.Values{"account": {"ada"}, "role": {"viewer"}})
		if !strings.Contains(effect, "ada loses the role viewer") {
			t.Errorf("the effect is %q", effect)
		}
		b.allowed(false, "GET", "/")
		h.undoes(result)
		if h.held(ada) != "viewer until 2026-11-23T17:00:00Z" {
			t.Errorf("taken back: %q", h.held(ada))
		}
		if !strings.Contains(h.page(practice.RoleAuditor, "/grants", nil), "the audit") {
			t.Error("the reason that was given first is gone")
		}
	})
}

func TestAGroupsRoleIsGivenAndTakenBack(t *testing.T) {
	each(t, func(h *house) {
		ada, bea := h.person("ada"), h.person("bea")
		h.do(func(c *outbox.Change) error {
			if err := identity.Join(h.Context(), c, ada.ID, "authors"); err != nil {
				return err
			}
			return identity.Join(h.Context(), c, bea.ID, "authors")
		})
		// Pages have a field for an account too, which is empty.
		result, effect := h.acts("p9", "access.role.grant", url.Values{"account": {""}, "group": {"authors"}, "role": {"editor"}})
		if !strings.HasPrefix(effect, "The group authors gets the role editor") || !strings.Contains(effect, "2 people") {
			t.Errorf("the effect is %q", effect)
		}
		if h.held(ada) != "editor by group authors" {
			t.Errorf("she has %q", h.held(ada))
		}
		h.undoes(result)
		if h.held(ada) != "" {
			t.Errorf("she has %q", h.held(ada))
		}
		h.acts("p9", "access.role.grant", url.Values{"group": {"authors"}, "role": {"editor"}})
		result, _ = h.acts("p9", "access.role.revoke", url.Values{"group": {"authors"}, "role": {"editor"}})
		h.undoes(result)
		if h.held(bea) != "editor by group authors" {
			t.Errorf("she has %q", h.held(bea))
		}
	})
}

func TestWhatWouldShutSomebodyOutIsRefusedBeforeTheReason(t *testing.T) {
	each(t, func(h *house) {
		olga := h.person("olga", "owner")
		for _, tt := range []struct {
			who, action string
			form        url.Values
			code        string
		}{
			{string(olga.ID), "revoke", url.Values{"account": {"olga"}, "role": {"owner"}}, "access.owner.self"},
			{"uid 0", "revoke", url.Values{"account": {"olga"}, "role": {"owner"}}, "access.owner.last"},
			{"uid 0", "grant", url.Values{"account": {"olga"}, "role": {"owner"}, "until": {"8h"}}, "access.owner.ends"},
			{"uid 0", "grant", url.Values{"account": {"olga"}, "role": {"king"}}, "access.role.unknown"},
			{"uid 0", "grant", url.Values{"account": {"nobody"}, "role": {"viewer"}}, "access.person.unknown"},
			{"uid 0", "grant", url.Values{"group": {"nobody"}, "role": {"viewer"}}, "access.group.unknown"},
			{"uid 0", "grant", url.Values{"group": {"a"}, "role": {"viewer"}, "until": {"8h"}}, "access.group.until"},
			{"uid 0", "grant", url.Values{"role": {"viewer"}}, "access.grant.nobody"},
			{"uid 0", "grant", url.Values{"account": {"olga"}, "role": {"viewer"}, "until": {"tomorrow"}}, "access.grant.until"},
			{"uid 0", "grant", url.Values{"account": {"olga"}, "role": {"viewer"}, "until": {"-1h"}}, "access.grant.over"},
			{"uid 0", "grant", url.Values{"account": {"olga"}, "role": {"viewer"}, "reason": {strings.Repeat("x", 501)}}, "access.reason.refused"},
			{"uid 0", "revoke", url.Values{"account": {"olga"}, "role": {"viewer"}}, "access.grant.missing"},
		} {
			a := h.action("access.role." + tt.action)
			if _, err := a.Effect(h.as(tt.who, practice.RoleOwner), tt.form); problem.Of(err).Code != tt.code {
				t.Errorf("the effect of %s %v: %v, want %s", tt.action, tt.form, err, tt.code)
			}
			if _, err := a.Do(h.as(tt.who, practice.RoleOwner), tt.form); problem.Of(err).Code != tt.code {
				t.Errorf("%s %v: %v, want %s", tt.action, tt.form, err, tt.code)
			}
		}
		if h.held(olga) != "owner" {
			t.Errorf("she has %q", h.held(olga))
		}
	})
}

func TestRolesAreForOwnersToGiveAndForAuditorsToSee(t *testing.T) {
	each(t, func(h *house) {
		p := h.service.Practice()
		least := map[string]string{}
		for _, g := range p.Permissions {
			least[g.Name] = g.Role
		}
		for _, a := range p.Actions {
			if least[a.Permission] != practice.RoleOwner || a.Title == "" || a.Effect == nil {
				t.Errorf("%s is %q, for %q", a.Name, a.Title, least[a.Permission])
			}
		}
		for _, page := range p.Pages {
			if least[page.Permission] != practice.RoleAuditor {
				t.Errorf("%s is for %q", page.Path, least[page.Permission])
			}
		}
	})
}
