package access_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
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

// unread is a world in which the database does not answer.
var unread = in(func(h *house) {
	if err := h.options.DB.Close(); err != nil {
		h.Fatal(err)
	}
})

// unreached is a world in which the gate does not.
var unreached = in(func(h *house) {
	h.outside = func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") }
})

// answers are the worlds of each check.
func answers() practicetest.Checks {
	outside := func(status int) practicetest.World {
		return in(func(h *house) { h.outside = answered(status, "{}") })
	}
	holding := func(roles ...string) practicetest.World {
		return in(func(h *house) { h.person("ada", roles...); h.person("bea", roles...) })
	}
	return practicetest.Checks{
		"access/strangers-refused": practicetest.Gives(outside(http.StatusUnauthorized), outside(http.StatusOK), unreached),
		"access/assertions-verify": practicetest.Gives(in(func(h *house) { h.outside = h.asked }), outside(http.StatusOK), unreached),
		"access/owner-exists":      practicetest.Gives(holding("owner"), holding("viewer"), unread),
		"access/roles-exist": practicetest.Gives(holding("viewer"), in(func(h *house) {
			h.person("ada", "viewer")
			h.options.Config.Roles = h.options.Config.Roles[1:]
			h.rebuild()
		}), unread),
		"access/disabled-hold-nothing": practicetest.Gives(holding("viewer"), in(func(h *house) {
			ada := h.person("ada", "viewer")
			h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, ada.ID, identity.Disabled) })
		}), unread),
		"access/roles-held": practicetest.Gives(holding("viewer", "editor", "guest"), holding("viewer"), unread),
	}
}
