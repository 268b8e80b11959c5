package access_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access"
)

// enlisted is a service account that attacks this server's own services.
func (h *house) enlisted() *identity.Person {
	h.Helper()
	var p *identity.Person
	h.do(func(c *outbox.Change) (err error) {
		if p, _, err = identity.ServiceAccount(h.Context(), c, "robot", "A robot"); err != nil {
			return err
		}
		return h.service.Enlist(h.Context(), c, p, "the test")
	})
	return p
}

func TestAServiceAccountMayEverythingInARunAndNothingOutsideOne(t *testing.T) {
	each(t, func(h *house) {
		b := h.signIn(h.enlisted())
		for _, method := range []string{"GET", "DELETE", "PROPFIND"} {
			for _, path := range []string{"/", "/notes/7", "/admin/x", "/a b/c"} {
				for _, run := range []string{"a run", ""} {
					x := b.exchange(method, "/")
					x.Path, x.Run = path, run
					v, err := h.service.Practice().Stages[0].Run(h.Context(), x)
					if err != nil {
						h.Fatal(err)
					}
					if v.Refuses() == (run != "") || run == "" && v.Status != http.StatusForbidden {
						h.Errorf("%s %s of %q: %d", method, path, run, v.Status)
					}
				}
			}
		}
	})
}

func TestARunGivesAPersonNothing(t *testing.T) {
	each(t, func(h *house) {
		x := h.signIn(h.person("ada", "viewer")).exchange("DELETE", "/notes/7")
		x.Run = "a run"
		if v, err := h.service.Practice().Stages[0].Run(h.Context(), x); err != nil || v.Status != http.StatusForbidden {
			h.Errorf("%d, %v", v.Status, err)
		}
	})
}

func TestTheRoleIsForServiceAccountsOnlyAndGivenOnce(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada")
		if err := h.box.Do(h.Context(), func(c *outbox.Change) error { return h.service.Enlist(h.Context(), c, p, "the test") }); err == nil {
			h.Error("a person was given it")
		}
		if err := h.service.Known(access.RoleTrier); err == nil {
			h.Error("it can be given by its name")
		}
		before := len(h.record.Kinds())
		h.enlisted()
		h.enlisted()
		if n := len(h.record.Kinds()) - before; n != 1 {
			h.Errorf("%d events say that it was given once", n)
		}
		h.wants("access/roles-exist", "pass grants")
	})
}

func TestNoFileCanDefineTheRole(t *testing.T) {
	var c access.Config
	_, err := config.Parse("tenward.yaml", []byte("roles: [{name: self-attack, allow: [{service: notes}]}]"), &c, config.Options{})
	if err == nil || !strings.Contains(err.Error(), "Tenward's own") {
		t.Errorf("it was defined: %v", err)
	}
}
