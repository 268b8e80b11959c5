package authentication_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/authentication"
)

// act does an action of the practice, as somebody on the machine.
func (h *house) act(name string, form url.Values) (practice.Result, error) {
	h.Helper()
	return h.action(name).Do(h.as("uid 0", practice.RoleOwner), form)
}

func (h *house) action(name string) practice.Action {
	h.Helper()
	for _, a := range h.service.Practice().Actions {
		if a.Name == name {
			return a
		}
	}
	h.Fatalf("there is no action %s", name)
	return practice.Action{}
}

// as is somebody who holds a role of the console.
func (h *house) as(who, role string) context.Context {
	return practice.WithRole(practice.WithActor(h.Context(), who), role)
}

// acts is act for what must work.
func (h *house) acts(name string, form url.Values) practice.Result {
	h.Helper()
	result, err := h.act(name, form)
	if err != nil {
		h.Fatal(err)
	}
	return result
}

func account(name string) url.Values { return url.Values{"account": {name}} }

func (h *house) state(name string) identity.State {
	h.Helper()
	p, err := h.people.FindAccount(h.Context(), name)
	if err != nil {
		h.Fatal(err)
	}
	return p.State
}

func TestALinkGoesByMailOrIsShownOnce(t *testing.T) {
	each(t, func(h *house) {
		form := url.Values{"account": {"ada"}, "name": {"Ada"}, "email": {"ada@example.org"}, "locale": {"de"}, "group": {"authors", "staff"}, "role": {"editor"}}
		if got := h.acts("authentication.person.invite", form); got.Once != "" || !slices.Equal(h.told(), []string{"ada@example.org invite"}) {
			t.Errorf("with mail: shown %q, sent %v", got.Once, h.told())
		}
		p, err := h.people.FindAccount(t.Context(), "ada")
		if err != nil || !slices.Equal(p.Groups, []string{"authors", "staff"}) || p.State != identity.Invited {
			t.Errorf("%+v %v", p, err)
		}
		if l := h.letters[0]; l.Subject != "Ihr Konto bei Example" || !strings.Contains(l.Body, "https://login.example.com/enrol?token=") || !strings.Contains(l.Body, "2026-11-23 10:00 UTC") {
			t.Errorf("the letter is %s\n%s", l.Subject, l.Body)
		}
		h.mailless = true
		if got := h.acts("authentication.person.invite", form); !strings.HasPrefix(got.Once, "https://login.example.com/enrol?token=") {
			t.Errorf("where no mail is sent: shown %q", got.Once)
		}
		h.mailless = false
		if got := h.acts("authentication.person.invite", account("bea")); got.Once == "" {
			t.Error("without an address the link is not shown")
		}
		for _, e := range h.record.Events() {
			for _, d := range e.Details {
				if strings.Contains(d.Value, "token=") {
					t.Errorf("%s holds the link", e.Kind)
				}
				if d.Name == "by" && d.Value != "uid 0" {
					t.Errorf("%s was done by %q", e.Kind, d.Value)
				}
			}
		}
	})
}

func TestWhoCannotBeInvited(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		for _, tt := range []struct {
			code string
			form url.Values
		}{
			{"authentication.account.refused", account("ada lovelace")},
			{"authentication.account.refused", account("")},
			{"authentication.account.refused", account("аda")}, // the first letter is Cyrillic
			{"authentication.name.refused", url.Values{"account": {"bea"}, "name": {"Bea\nBcc: x"}}},
			{"authentication.email.refused", url.Values{"account": {"bea"}, "email": {"bea@example.com\r\nBcc: x@example.com"}}},
			{"authentication.email.refused", url.Values{"account": {"bea"}, "email": {"Bea <bea@example.com>"}}},
			{"authentication.locale.refused", url.Values{"account": {"bea"}, "locale": {"fr"}}},
			{"authentication.group.refused", url.Values{"account": {"bea"}, "group": {" "}}},
			{"access.role.unknown", url.Values{"account": {"bea"}, "role": {"king"}}},
			{"authentication.person.exists", account("ADA")},
		} {
			_, err := h.act("authentication.person.invite", tt.form)
			h.wants(err, tt.code)
		}
		if people, err := h.people.List(t.Context(), "", 10); err != nil || len(people) != 1 {
			t.Errorf("%d people, %v", len(people), err)
		}
	})
}

func TestDisablingEndsWhatSomebodyHasAndWhatTheyBegan(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		if h.find(ada.got.Token) == nil {
			t.Fatal("she is not signed in")
		}
		h.acts("authentication.person.reset", account("ada"))
		link := h.letters[len(h.letters)-1].Body
		h.acts("authentication.person.disable", account("ada"))
		if h.find(ada.got.Token) != nil {
			t.Error("her session goes on")
		}
		_, err := h.service.Password(t.Context(), "ada", password, here)
		h.wants(err, "authentication.login.refused")
		_, err = h.service.Enrolment(t.Context(), token(link), "")
		h.wants(err, "authentication.invitation.refused")
		_, err = h.act("authentication.person.reset", account("ada"))
		h.wants(err, "authentication.person.disabled")

		h.acts("authentication.person.enable", account("ada"))
		if _, err := h.service.Password(t.Context(), "ada", password, here); err != nil {
			t.Errorf("let in again: %v", err)
		}
		_, err = h.act("authentication.person.enable", account("ada"))
		h.wants(err, "authentication.person.enabled")
		h.saw("authentication.person.disabled")
		h.saw("authentication.person.enabled")

		h.invite("bea")
		h.acts("authentication.person.disable", account("bea"))
		h.acts("authentication.person.enable", account("bea"))
		if got := h.state("bea"); got != identity.Invited {
			t.Errorf("who never enrolled is %s now", got)
		}
	})
}

// token is what a letter's link carries.
func token(letter string) string {
	_, rest, _ := strings.Cut(letter, "token=")
	return strings.Fields(rest)[0]
}

func TestTheLastOwnerCannotBeDisabled(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		h.last = "ada"
		_, err := h.act("authentication.person.disable", account("ada"))
		h.wants(err, "access.owner.last")
		if got := h.state("ada"); got != identity.Active {
			t.Errorf("she is %s", got)
		}
		for _, name := range []string{"disable", "enable", "reset"} {
			_, err := h.act("authentication.person."+name, account("nobody"))
			h.wants(err, "authentication.person.unknown")
		}
	})
}

func TestAResetReplacesEverythingOnceItIsUsed(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		h.acts("authentication.person.reset", account("ada"))
		secret := token(h.letters[len(h.letters)-1].Body)
		if h.find(ada.got.Token) == nil {
			t.Error("a link that nobody has used ends a session")
		}
		browser, err := h.service.ChoosePassword(t.Context(), secret, "", "another horse, another battery", here)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.service.Enrol(t.Context(), secret, browser, h.code(h.secret(secret, browser)), here); err != nil {
			t.Fatal(err)
		}
		if h.find(ada.got.Token) != nil {
			t.Error("the older session goes on")
		}
		_, err = h.service.Password(t.Context(), "ada", password, here)
		h.wants(err, "authentication.login.refused")
		if told := h.told(); told[len(told)-1] != "ada@example.com factors" {
			t.Errorf("she was told %v", told)
		}
	})
}

func TestEveryLetterIsInEveryLanguage(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		elsewhere := authentication.Where{Client: here.Client, Agent: "Chromium"}
		for i, locale := range []string{"en", "de"} {
			h.letters = nil
			h.exec("UPDATE identity_person SET locale = $1", locale)
			h.now = h.now.Add(time.Hour)
			got, err := h.service.Password(t.Context(), "ada", password, elsewhere)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.service.Second(t.Context(), h.find(got.Token), ada.codes[i], elsewhere); err != nil {
				t.Fatal(err)
			}
			h.acts("authentication.person.reset", account("ada"))
			if told := h.told(); !slices.Equal(told, []string{"ada@example.com recovery", "ada@example.com device", "ada@example.com reset"}) {
				t.Errorf("she was told %v", told)
			}
			greeting := map[string]string{"en": "Hello Ada Lovelace,", "de": "Guten Tag Ada Lovelace,"}[locale]
			for _, l := range h.letters {
				if !strings.HasPrefix(l.Body, greeting) || strings.Contains(l.Subject+l.Body, "%!") || strings.Contains(l.Body, "%[") || !strings.Contains(l.Body, "https://login.example.com/") {
					t.Errorf("%s in %s:\n%s\n%s", l.Kind, locale, l.Subject, l.Body)
				}
			}
		}
	})
}

func TestSomebodySeesTheirRecentSignIns(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		for range 30 {
			h.now = h.now.Add(16 * time.Minute)
			_, _ = h.service.Password(t.Context(), "ada", "wrong", here)
		}
		_, _ = h.service.Password(t.Context(), "nobody", "wrong", here)
		rows := 0
		if err := h.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM authentication_login WHERE person_id = $1", string(ada.ID)).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		all := 0
		if err := h.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM authentication_login").Scan(&all); err != nil {
			t.Fatal(err)
		}
		if rows != 20 || all != 20 {
			t.Errorf("%d tries are kept of her, %d of all", rows, all)
		}
	})
}
