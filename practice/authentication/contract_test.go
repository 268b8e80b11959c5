package authentication_test

import (
	"net/http"
	"testing"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/store/storetest"
)

func TestContract(t *testing.T) {
	each(t, func(h *house) { practicetest.Run(h.T, h.service.Practice(), answers()) })
}

// in is a world that begins like this.
func in(arrange func(h *house)) practicetest.World {
	return func(t *testing.T) practice.Practice {
		t.Helper()
		h := build(t, storetest.Memory(t))
		arrange(h)
		return h.service.Practice()
	}
}

// answers are the worlds of each check.
func answers() practicetest.Checks {
	outside := func(status int) practicetest.World {
		return in(func(h *house) { h.outside = answered(status) })
	}
	unreached := in(func(h *house) {
		h.outside = func(*http.Request) (*http.Response, error) { return nil, errNoRoute }
	})
	// enrolled is a world with somebody in it, where this is then done to the database.
	enrolled := func(then string, args ...any) practicetest.World {
		return in(func(h *house) {
			h.enrol("ada")
			if then != "" {
				h.exec(then, args...)
			}
		})
	}
	unread := in(func(h *house) {
		if err := h.db.Close(); err != nil {
			h.Fatal(err)
		}
	})
	return practicetest.Checks{
		"authentication/everybody-has-two-factors": practicetest.Gives(enrolled(""), enrolled("DELETE FROM authentication_totp"), unread),
		"authentication/forged-sessions-refused":   practicetest.Gives(outside(http.StatusUnauthorized), outside(http.StatusOK), unreached),
		"authentication/portal-answers-safely":     practicetest.Gives(in(func(h *house) { h.outside = h.routed }), outside(http.StatusOK), unreached),
		"authentication/sessions-within-limits":    practicetest.Gives(enrolled(""), enrolled("UPDATE identity_session SET ends_at = ends_at + 1000000"), unread),
		"authentication/passwords-hashed-well":     practicetest.Gives(enrolled(""), enrolled("UPDATE authentication_password SET hash = $1", "$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"), unread),
		"authentication/recovery-codes-left":       practicetest.Gives(enrolled(""), enrolled("DELETE FROM authentication_recovery"), unread),
	}
}
