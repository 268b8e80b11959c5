package access_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestRolesDecide(t *testing.T) {
	each(t, func(h *house) {
		h.signIn(h.person("none")).allowed(false, "GET", "/")
		viewer := h.signIn(h.person("vera", "viewer"))
		viewer.allowed(true, "GET", "/anything")
		viewer.allowed(false, "POST", "/notes/1")
		both := h.signIn(h.person("ben", "viewer", "editor"))
		both.allowed(true, "DELETE", "/notes/1")
		guest := h.signIn(h.person("gus", "viewer", "guest"))
		guest.allowed(false, "GET", "/admin/x")
	})
}

func TestTheRefusalSaysWhyAndWhomToAsk(t *testing.T) {
	each(t, func(h *house) {
		stage := h.service.Practice().Stages[0]
		for _, tt := range []struct{ roles, want string }{
			{"", "no role yet"},
			{"editor viewer", "none of your roles (editor, viewer)"},
		} {
			b := h.signIn(h.person("ada"+strings.ReplaceAll(tt.roles, " ", "-"), strings.Fields(tt.roles)...))
			v := practicetest.Refusal(t, stage, b.exchange("PUT", "/admin/x"))
			if v.Status != http.StatusForbidden || !strings.Contains(v.Why.Sentence, tt.want) || !strings.Contains(v.Why.Next, "the office") {
				t.Errorf("with %q: %d %s %s", tt.roles, v.Status, v.Why.Sentence, v.Why.Next)
			}
		}
		// What forbids is named where something else would have allowed.
		b := h.signIn(h.person("zoe", "guest", "viewer"))
		if v := practicetest.Refusal(t, stage, b.exchange("GET", "/admin/x")); !strings.Contains(v.Why.Sentence, "your role guest forbids it") {
			t.Errorf("it says %s", v.Why.Sentence)
		}
	})
}

func TestOnlyThePublicIsForStrangers(t *testing.T) {
	each(t, func(h *house) {
		stage := h.service.Practice().Stages[0]
		x := &gate.Exchange{Request: httptest.NewRequest(http.MethodGet, "/", http.NoBody), Path: "/", Service: &gate.Service{Name: "notes"}}
		practicetest.Refusal(t, stage, x)
		x.Public = true
		if v, err := stage.Run(t.Context(), x); err != nil || v.Refuses() {
			t.Errorf("what is public: %v %v", v, err)
		}
		x = &gate.Exchange{Request: httptest.NewRequest(http.MethodPost, "/login", http.NoBody), Path: "/login", Service: &gate.Service{Name: "portal", Handler: http.NotFoundHandler()}}
		if v, err := stage.Run(t.Context(), x); err != nil || v.Refuses() {
			t.Errorf("Tenward's own pages: %v %v", v, err)
		}
	})
}

func TestAGrantCountsAtOnceAndUntilItsEnd(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada")
		b := h.signIn(p)
		b.allowed(false, "GET", "/")
		h.do(func(c *outbox.Change) error {
			return h.service.Grant(h.Context(), c, p, "viewer", h.now.Add(10*time.Minute), "the test")
		})
		b.allowed(true, "GET", "/")
		h.now = h.now.Add(10*time.Minute - time.Second)
		b.allowed(true, "GET", "/")
		h.now = h.now.Add(time.Second)
		b.allowed(false, "GET", "/")

		h.do(func(c *outbox.Change) error {
			return h.service.Grant(h.Context(), c, p, "viewer", time.Time{}, "the test")
		})
		b.allowed(true, "GET", "/")
		h.do(func(c *outbox.Change) error { return h.service.Revoke(h.Context(), c, p, "viewer", "the test") })
		b.allowed(false, "GET", "/")
		want := []string{"access.role.granted", "access.role.granted", "access.role.revoked"}
		if got := h.record.Kinds(); !slices.Equal(got, want) {
			t.Errorf("the record has %v, want %v", got, want)
		}
	})
}

func TestAGroupsGrantIsItsMembers(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada")
		h.do(func(c *outbox.Change) error { return identity.Join(h.Context(), c, p.ID, "authors") })
		b := h.signIn(p)
		b.allowed(false, "GET", "/")
		h.do(func(c *outbox.Change) error {
			return h.service.GrantGroup(h.Context(), c, "authors", "viewer", "the test")
		})
		b.allowed(true, "GET", "/")
		h.do(func(c *outbox.Change) error {
			return errors.Join(h.sessions.Changed(h.Context(), c, p.ID), identity.Leave(h.Context(), c, p.ID, "authors"))
		})
		b.allowed(false, "GET", "/")
		h.refused("access.owner.group", func(c *outbox.Change) error {
			return h.service.GrantGroup(h.Context(), c, "authors", "owner", "the test")
		})
		h.refused("access.group.unknown", func(c *outbox.Change) error {
			return h.service.GrantGroup(h.Context(), c, "autors", "viewer", "the test")
		})
		h.do(func(c *outbox.Change) error {
			return h.service.RevokeGroup(h.Context(), c, "authors", "viewer", "the test")
		})
		h.refused("access.grant.missing", func(c *outbox.Change) error {
			return h.service.RevokeGroup(h.Context(), c, "authors", "viewer", "the test")
		})
	})
}

func TestGrantsThatMakeNoSense(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada")
		for _, tt := range []struct {
			role, code string
			ends       time.Time
		}{
			{"viewr", "access.role.unknown", time.Time{}},
			{"viewer", "access.grant.over", h.now},
			{"owner", "access.owner.ends", h.now.Add(time.Hour)},
		} {
			h.refused(tt.code, func(c *outbox.Change) error { return h.service.Grant(h.Context(), c, p, tt.role, tt.ends, "the test") })
		}
		h.refused("access.grant.missing", func(c *outbox.Change) error { return h.service.Revoke(h.Context(), c, p, "viewer", "the test") })
		if err := h.service.Known("viewr"); err == nil || !strings.Contains(err.Error(), "Did you mean viewer? The roles are owner, admin, ") {
			t.Errorf("it says %v", err)
		}
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	each(t, func(h *house) {
		if has, err := h.service.HasOwner(t.Context()); err != nil || has {
			t.Errorf("an empty house has an owner: %v %v", has, err)
		}
		first := h.person("ada", "owner")
		revoke := func(c *outbox.Change) error { return h.service.Revoke(h.Context(), c, first, "owner", "the test") }
		h.refused("access.owner.last", revoke)
		h.refused("access.owner.last", func(c *outbox.Change) error { return h.service.KeepsOwner(h.Context(), c, first) })

		second := h.person("bea", "owner")
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, second.ID, identity.Invited) })
		h.refused("access.owner.last", revoke) // who has not enrolled yet can look after nothing

		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, second.ID, identity.Active) })
		h.do(revoke)
		if has, err := h.service.HasOwner(t.Context()); err != nil || !has {
			t.Errorf("has an owner: %v %v", has, err)
		}
	})
}

func TestNobodyElseThanAPersonIsAnOwner(t *testing.T) {
	each(t, func(h *house) {
		first := h.person("ada", "owner")
		var machine *identity.Person
		h.do(func(c *outbox.Change) (err error) {
			machine, _, err = identity.ServiceAccount(h.Context(), c, "machine", "A machine")
			return err
		})
		for _, role := range []string{"owner", "viewer"} {
			h.refused("access.grant.service", func(c *outbox.Change) error {
				return h.service.Grant(h.Context(), c, machine, role, time.Time{}, "the test")
			})
		}
		// Also where one has the role, from a database that an older program wrote, nobody could sign in with it.
		h.do(func(c *outbox.Change) error {
			_, err := c.Exec(h.Context(), `INSERT INTO access_grant (id, person_id, group_id, role, set_by, created_at, ends_at, reason) VALUES ('g', $1, NULL, 'owner', 'x', 0, 0, '')`, string(machine.ID))
			return err
		})
		h.refused("access.owner.last", func(c *outbox.Change) error { return h.service.KeepsOwner(h.Context(), c, first) })
		h.do(func(c *outbox.Change) error { return h.service.Revoke(h.Context(), c, machine, "owner", "the test") })
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, first.ID, identity.Disabled) })
		if has, err := h.service.HasOwner(t.Context()); err != nil || has {
			t.Errorf("it says that there is an owner: %v %v", has, err)
		}
	})
}

func TestConsoleRolesContainEachOther(t *testing.T) {
	each(t, func(h *house) {
		all := []string{practice.RoleOwner, practice.RoleAdmin, practice.RoleAuditor, practice.RoleReader}
		for i, has := range append(all, "viewer", "") {
			b := h.signIn(h.person("p"+has, strings.Fields(has)...))
			for j, needs := range all {
				may, err := h.service.May(t.Context(), b.session(), needs)
				if want := i <= j && i < len(all); err != nil || may != want {
					t.Errorf("with %q may %s: %v %v, want %v", has, needs, may, err, want)
				}
			}
			if may, _ := h.service.May(t.Context(), b.session(), "king"); may {
				t.Errorf("with %q may what nobody has defined", has)
			}
		}
	})
}

func TestTheUpstreamIsToldWhoAsks(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada", "viewer")
		h.do(func(c *outbox.Change) error {
			if err := identity.Join(h.Context(), c, p.ID, "R&D, Köln\r\nX-Evil: 1"); err != nil {
				return err
			}
			return identity.Join(h.Context(), c, p.ID, "authors")
		})
		b := h.signIn(p)
		_, told := b.ask("GET", "/")
		if told["X-Tenward-Person"] != "ada" || told["X-Tenward-Groups"] != "R&D%2C%20K%C3%B6ln%0D%0AX-Evil:%201,authors" {
			t.Errorf("it is told %v", told)
		}

		said := h.verify(told["X-Tenward-Assertion"], h.now)
		if said.Subject != string(p.ID) || said.Issuer != "https://login.example.com" || !said.Audience.Contains("notes") || !slices.Equal(said.Roles, []string{"viewer"}) {
			t.Errorf("the assertion says %+v", said)
		}
		h.now = h.now.Add(59 * time.Second)
		if _, again := b.ask("GET", "/"); again["X-Tenward-Assertion"] != told["X-Tenward-Assertion"] {
			t.Error("it was signed again within the minute")
		}
		h.now = h.now.Add(time.Second)
		_, fresh := b.ask("GET", "/")
		if fresh["X-Tenward-Assertion"] == told["X-Tenward-Assertion"] {
			t.Error("an assertion is handed out for more than a minute")
		}
		h.verify(fresh["X-Tenward-Assertion"], h.now)
	})
}

type said struct {
	jwt.Claims

	Roles []string `json:"roles"`
}

// verify is what an upstream does: it takes the published keys and looks at signature, time and audience.
func (h *house) verify(token string, now time.Time) said {
	h.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(h.published(), &set); err != nil {
		h.Fatal(err)
	}
	read, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		h.Fatal(err)
	}
	var one said
	if err := read.Claims(set, &one); err != nil {
		h.Fatal(err)
	}
	if err := one.ValidateWithLeeway(jwt.Expected{Issuer: "https://login.example.com", AnyAudience: jwt.Audience{"notes"}, Time: now}, 0); err != nil {
		h.Fatal(err)
	}
	if one.ValidateWithLeeway(jwt.Expected{Time: now.Add(2*time.Minute + time.Second)}, 0) == nil {
		h.Error("the assertion is good for more than two minutes")
	}
	return one
}

// published is what the portal's key set says.
func (h *house) published() []byte {
	h.Helper()
	w := httptest.NewRecorder()
	h.service.Practice().Routes[0].Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", http.NoBody))
	if strings.Contains(w.Body.String(), `"d"`) {
		h.Error("the private key is published")
	}
	return w.Body.Bytes()
}

func TestKeysTurnWithoutAGap(t *testing.T) {
	each(t, func(h *house) {
		p := h.person("ada", "viewer")
		turn := h.service.Practice().Jobs[0].Run
		seen := map[string]bool{}
		var published []byte // what an upstream has kept for up to a day
		for hour := range 24 * 200 {
			if err := turn(t.Context()); err != nil {
				t.Fatal(err)
			}
			if hour%24 == 0 {
				published = h.published()
			}
			if hour%7 == 0 {
				_, told := h.signIn(p).ask("GET", "/")
				read, err := jwt.ParseSigned(told["X-Tenward-Assertion"], []jose.SignatureAlgorithm{jose.ES256})
				if err != nil {
					t.Fatal(err)
				}
				var set jose.JSONWebKeySet
				if err := json.Unmarshal(published, &set); err != nil {
					t.Fatal(err)
				}
				if err := read.Claims(set, &said{}); err != nil {
					t.Fatalf("hour %d: the keys published within the last day do not verify: %v", hour, err)
				}
				seen[read.Headers[0].KeyID] = true
				if len(set.Keys) > 2 {
					t.Errorf("hour %d: %d keys are published", hour, len(set.Keys))
				}
			}
			h.now = h.now.Add(time.Hour)
		}
		if len(seen) != 3 {
			t.Errorf("%d keys have signed in 200 days, want 3", len(seen))
		}
	})
}

func TestAnotherNodeTakesTheSameKeys(t *testing.T) {
	each(t, func(h *house) {
		other, err := access.New(t.Context(), h.options)
		if err != nil {
			t.Fatal(err)
		}
		mine := h.published()
		h.service = other
		if string(h.published()) != string(mine) {
			t.Error("two nodes sign with different keys")
		}
	})
}
