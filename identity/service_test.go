package identity_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
)

func TestAServiceAccountIsMadeOnce(t *testing.T) {
	each(t, func(h *house) {
		var ids []identity.PersonID
		for i := range 2 {
			h.do(func(c *outbox.Change) error {
				one, made, err := identity.ServiceAccount(h.Context(), c, "robot", "A robot")
				if err != nil {
					return err
				}
				if made != (i == 0) || one.Kind != identity.Service || one.State != identity.Active || one.Name != "A robot" {
					h.Errorf("time %d: made %v, %+v", i, made, one)
				}
				ids = append(ids, one.ID)
				return nil
			})
		}
		if ids[0] != ids[1] {
			h.Errorf("there are two: %v", ids)
		}
	})
}

func TestAServiceAccountIsNoHumanBeing(t *testing.T) {
	each(t, func(h *house) {
		err := h.box.Do(h.Context(), func(c *outbox.Change) error {
			_, _, err := identity.ServiceAccount(h.Context(), c, h.person.Account, "A robot")
			return err
		})
		if !errors.Is(err, identity.ErrTaken) {
			h.Errorf("a person's account was given as a service's: %v", err)
		}
	})
}

func TestASessionMayBeShorterThanTheLimitAndNeverLonger(t *testing.T) {
	for _, c := range []struct {
		name       string
		life, want time.Duration
	}{
		{"five minutes", 5 * time.Minute, 5 * time.Minute},
		{"none given", 0, limits.Absolute},
		{"longer than the limit", 2 * limits.Absolute, limits.Absolute},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(h *house) {
				var token string
				h.do(func(change *outbox.Change) (err error) {
					_, token, err = h.nodes[0].Begin(h.Context(), change, identity.Start{Person: h.person, Face: identity.Portal, Host: "login.example.com", Life: c.life})
					return err
				})
				for node := range h.nodes {
					if s := h.find(node, token); s == nil || s.Ends.Sub(s.Began) != c.want {
						h.Errorf("node %d finds %+v, want %s", node, s, c.want)
					}
				}
				if c.life == c.want {
					h.clock.pass(c.want)
					for node := range h.nodes {
						if s := h.find(node, token); s != nil {
							h.Errorf("node %d finds it after its end", node)
						}
					}
				}
			})
		})
	}
}
