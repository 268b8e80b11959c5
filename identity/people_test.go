package identity_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
)

// add makes somebody new.
func (h *house) add(p *identity.Person) error {
	return h.box.Do(h.Context(), func(c *outbox.Change) error { return identity.Add(h.Context(), c, p) })
}

func TestAPersonIsFoundByIDAndAccount(t *testing.T) {
	each(t, func(h *house) {
		bob := &identity.Person{Kind: identity.Service, Account: " Bob ", Name: "Bob", Email: "bob@example.com", Locale: "de", State: identity.Invited}
		if err := h.add(bob); err != nil {
			h.Fatal(err)
		}
		byID, err := h.people.Find(h.Context(), bob.ID)
		if err != nil {
			h.Fatal(err)
		}
		byAccount, err := h.people.FindAccount(h.Context(), "BOB")
		if err != nil {
			h.Fatal(err)
		}
		var inside *identity.Person
		h.do(func(c *outbox.Change) (err error) { inside, err = identity.FindIn(h.Context(), c, bob.ID); return err })
		for _, found := range []*identity.Person{byID, byAccount, inside} {
			if found.ID != bob.ID || found.Account != "bob" || found.Kind != identity.Service || found.Name != "Bob" || found.Email != "bob@example.com" ||
				found.Locale != "de" || found.State != identity.Invited || !found.Created.Equal(h.clock.Now()) {
				h.Errorf("found is %+v", found)
			}
		}
		if ada, err := h.people.FindAccount(h.Context(), "ada@example.com"); err != nil || ada.Name != "ada@example.com" || ada.Locale != "en" {
			h.Errorf("who gave no name and no language is %+v, %v", ada, err)
		}
		for _, account := range []string{"carol", "", "not an account", "ada@exаmple.com"} { // the last with a Cyrillic letter
			if _, err := h.people.FindAccount(h.Context(), account); !errors.Is(err, identity.ErrNotFound) {
				h.Errorf("%q: %v", account, err)
			}
		}
		if _, err := h.people.Find(h.Context(), identity.NewPersonID(h.clock.Now())); !errors.Is(err, identity.ErrNotFound) {
			h.Errorf("an id that nobody has: %v", err)
		}
	})
}

func TestWhoCannotBeAdded(t *testing.T) {
	each(t, func(h *house) {
		long := strings.Repeat("é", 100) // 200 bytes
		for _, c := range []struct {
			name string
			who  identity.Person
			want error // nil: any
		}{
			{"the account is somebody's, in another spelling", identity.Person{Account: "ADA@example.com"}, identity.ErrTaken},
			{"no account", identity.Person{Account: "  "}, nil},
			{"an account with a blank", identity.Person{Account: "ada lovelace"}, nil},
			{"an account of 201 bytes", identity.Person{Account: strings.Repeat("a", 201)}, nil},
			{"a name of 201 bytes", identity.Person{Account: "bob", Name: long + "x"}, nil},
			{"an address of 201 bytes", identity.Person{Account: "bob", Email: long + "x"}, nil},
		} {
			c.who.Kind, c.who.State = identity.Human, identity.Active
			if err := h.add(&c.who); err == nil || c.want != nil && !errors.Is(err, c.want) {
				h.Errorf("%s: %v", c.name, err)
			}
		}
		whole := &identity.Person{Kind: identity.Human, State: identity.Active, Account: strings.Repeat("a", 200), Name: long, Email: long}
		if err := h.add(whole); err != nil {
			h.Errorf("200 bytes each: %v", err)
		}
	})
}

func TestPeopleAreListedPageByPage(t *testing.T) {
	each(t, func(h *house) {
		for _, account := range []string{"carol", "bob", "dave"} {
			if err := h.add(&identity.Person{Kind: identity.Human, Account: account, State: identity.Active}); err != nil {
				h.Fatal(err)
			}
		}
		var accounts []string
		for after := ""; ; {
			page, err := h.people.List(h.Context(), after, 2)
			if err != nil {
				h.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			if len(page) > 2 {
				h.Fatalf("a page of two has %d", len(page))
			}
			for i := range page {
				accounts = append(accounts, page[i].Account)
			}
			after = page[len(page)-1].Account
		}
		if !slices.Equal(accounts, []string{"ada@example.com", "bob", "carol", "dave"}) {
			h.Errorf("the pages have %v", accounts)
		}
	})
}

func TestGroupsAreJoinedAndLeft(t *testing.T) {
	each(t, func(h *house) {
		h.do(func(c *outbox.Change) error {
			for _, group := range []string{"writers", " authors ", "writers"} {
				if err := identity.Join(h.Context(), c, h.person.ID, group); err != nil {
					return err
				}
			}
			return nil
		})
		groups := func() []string {
			p, err := h.people.Find(h.Context(), h.person.ID)
			if err != nil {
				h.Fatal(err)
			}
			return p.Groups
		}
		if got := groups(); !slices.Equal(got, []string{"authors", "writers"}) {
			h.Errorf("the groups are %v", got)
		}
		h.do(func(c *outbox.Change) error { return identity.Leave(h.Context(), c, h.person.ID, "writers") })
		if got := groups(); !slices.Equal(got, []string{"authors"}) {
			h.Errorf("after leaving they are %v", got)
		}
		err := h.box.Do(h.Context(), func(c *outbox.Change) error { return identity.Leave(h.Context(), c, h.person.ID, "writers") })
		if !errors.Is(err, identity.ErrNotFound) {
			h.Errorf("leaving twice: %v", err)
		}
		for _, name := range []string{"", "  ", strings.Repeat("g", 201)} {
			if err := h.box.Do(h.Context(), func(c *outbox.Change) error { return identity.Join(h.Context(), c, h.person.ID, name) }); err == nil {
				h.Errorf("somebody joined the group %q", name)
			}
		}
	})
}

func TestAStateIsSet(t *testing.T) {
	each(t, func(h *house) {
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, h.person.ID, identity.Disabled) })
		if p, err := h.people.Find(h.Context(), h.person.ID); err != nil || p.State != identity.Disabled {
			h.Errorf("they are %+v, %v", p, err)
		}
		nobody := identity.NewPersonID(h.clock.Now())
		err := h.box.Do(h.Context(), func(c *outbox.Change) error { return identity.SetState(h.Context(), c, nobody, identity.Active) })
		if !errors.Is(err, identity.ErrNotFound) {
			h.Errorf("the state of nobody: %v", err)
		}
	})
}

func TestASessionIsSeenToTheSecond(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.begin(0)
		first := h.find(0, token).Seen()
		h.clock.pass(time.Second)
		if got := h.find(0, token).Seen(); !got.Equal(first) {
			h.Errorf("a request within the second was noted: seen at %s, then %s", first, got)
		}
		h.clock.pass(time.Microsecond)
		if got := h.find(0, token).Seen(); !got.Equal(h.clock.Now()) {
			h.Errorf("a later request was not noted: seen at %s, want %s", got, h.clock.Now())
		}
	})
}
