package authentication_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
)

// robot is a service account, and a token of its session, which has proven this.
func (h *house) robot(proven identity.Strength) (p *identity.Person, token string) {
	h.Helper()
	h.do(func(c *outbox.Change) (err error) {
		if p, _, err = identity.ServiceAccount(h.Context(), c, "robot", "A robot"); err != nil {
			return err
		}
		_, token, err = h.session.Begin(h.Context(), c, identity.Start{Person: p, Strength: proven, Face: identity.Application, Host: notes})
		return err
	})
	return p, token
}

func TestAServiceAccountsSessionIsGoodOnlyForWhatTenwardTries(t *testing.T) {
	each(t, func(h *house) {
		for _, proven := range []identity.Strength{identity.Begun, identity.SecondFactor} {
			_, token := h.robot(proven)
			for _, c := range []struct {
				name   string
				run    string
				public bool
				status int
			}{
				{"with a tag", "a run", false, 0},
				{"without one", "", false, http.StatusUnauthorized},
				{"without one, where strangers may come", "", true, http.StatusUnauthorized},
			} {
				x := &gate.Exchange{Request: httptest.NewRequest(http.MethodGet, "/", http.NoBody), Host: notes, Path: "/", Run: c.run, Public: c.public}
				x.Request.AddCookie(&http.Cookie{Name: gate.SessionCookie, Value: token})
				v, err := h.service.Practice().Stages[0].Run(h.Context(), x)
				if err != nil {
					h.Fatal(err)
				}
				if v.Status != c.status || (x.Session != nil) != (c.status == 0) {
					h.Errorf("%s, having proven %d: %d, session %v", c.name, proven, v.Status, x.Session)
				}
			}
		}
	})
}

// A tag is no sign-in: who has proven too little has, in a run too.
func TestATagDoesNotMakeAPersonsSessionMore(t *testing.T) {
	each(t, func(h *house) {
		p, _ := h.invite("ada")
		var token string
		h.do(func(c *outbox.Change) (err error) {
			if err := identity.SetState(h.Context(), c, p.ID, identity.Active); err != nil {
				return err
			}
			_, token, err = h.session.Begin(h.Context(), c, identity.Start{Person: p, Strength: identity.Begun, Face: identity.Application, Host: notes})
			return err
		})
		x := &gate.Exchange{Request: httptest.NewRequest(http.MethodPost, "/", http.NoBody), Host: notes, Path: "/", Run: "a run"}
		x.Request.AddCookie(&http.Cookie{Name: gate.SessionCookie, Value: token})
		if v, err := h.service.Practice().Stages[0].Run(h.Context(), x); err != nil || v.Status != http.StatusUnauthorized {
			h.Errorf("%d, %v", v.Status, err)
		}
	})
}

func TestNobodyCanBecomeAServiceAccount(t *testing.T) {
	each(t, func(h *house) {
		p, _ := h.robot(identity.Begun)
		act := func(name string) error {
			for _, a := range h.service.Practice().Actions {
				if a.Name == name {
					_, err := a.Do(h.Context(), url.Values{"account": {p.Account}})
					return err
				}
			}
			h.Fatalf("there is no action %s", name)
			return nil
		}
		h.wants(act("authentication.person.reset"), "authentication.person.service")
		h.wants(act("authentication.person.invite"), "authentication.person.exists")
		if err := act("authentication.person.disable"); err != nil {
			h.Fatal(err)
		}
		if err := act("authentication.person.enable"); err != nil {
			h.Fatal(err)
		}
		if again, err := h.people.Find(h.Context(), p.ID); err != nil || again.State != identity.Active {
			h.Errorf("it was let in again as %+v, %v", again, err)
		}
	})
}
