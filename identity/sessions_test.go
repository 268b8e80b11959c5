package identity_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// bus wakes all nodes but the one that speaks.
type bus struct{ nodes []*identity.Sessions }

type mouth struct {
	bus   *bus
	node  int
	down  bool
	speak func() // before it says something
}

func (m *mouth) Wake(_ context.Context, subject, message string) error {
	if m.speak != nil {
		m.speak()
	}
	if m.down {
		return errors.New("the bus is down")
	}
	for i, n := range m.bus.nodes {
		if i != m.node && subject == identity.Subject {
			n.Woken(message)
		}
	}
	return nil
}

var limits = identity.Limits{Idle: time.Hour, Absolute: 12 * time.Hour}

// house is two nodes on one database, with one active person.
type house struct {
	*testing.T
	clock  *clock
	box    *outbox.Outbox
	people *identity.People
	nodes  [2]*identity.Sessions
	mouths [2]*mouth
	person *identity.Person
}

func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := &house{T: t, clock: &clock{now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}, people: identity.NewPeople(db)}
		var err error
		if h.box, err = outbox.New(t.Context(), db, new(outboxtest.Record), "a", h.clock.Now, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		b := &bus{}
		for i := range h.nodes {
			h.mouths[i] = &mouth{bus: b, node: i}
			h.nodes[i] = identity.NewSessions(db, limits, h.mouths[i], h.clock.Now)
		}
		b.nodes = h.nodes[:]
		h.person = &identity.Person{Kind: identity.Human, Account: "Ada@Example.com", State: identity.Active}
		h.do(func(c *outbox.Change) error { return identity.Add(h.Context(), c, h.person) })
		test(h)
	})
}

func (h *house) do(do func(*outbox.Change) error) {
	h.Helper()
	if err := h.box.Do(h.Context(), do); err != nil {
		h.Fatal(err)
	}
}

func (h *house) begin(node int) (id, token string) {
	h.Helper()
	h.do(func(c *outbox.Change) (err error) {
		id, token, err = h.nodes[node].Begin(h.Context(), c, identity.Start{
			Person: h.person, Strength: identity.Password, Face: identity.Portal, Host: "login.example.com", Address: "192.0.2.1", Agent: "Firefox",
		})
		return err
	})
	return id, token
}

func (h *house) find(node int, token string) *identity.Session {
	h.Helper()
	s, err := h.nodes[node].Find(h.Context(), token, identity.Portal, "login.example.com")
	if errors.Is(err, identity.ErrNoSession) {
		return nil
	}
	if err != nil {
		h.Fatal(err)
	}
	return s
}

func TestATokenOpensItsSessionOnItsOriginOnly(t *testing.T) {
	each(t, func(h *house) {
		id, token := h.begin(0)
		for node := range h.nodes {
			s := h.find(node, token)
			if s == nil || s.ID != id || s.Person.Account != "ada@example.com" || s.Strength != identity.Password {
				h.Fatalf("node %d finds %+v", node, s)
			}
		}
		for _, c := range []struct {
			name, token, host string
			face              identity.Face
		}{
			{"another host", token, "notes.example.com", identity.Portal},
			{"another face", token, "login.example.com", identity.Application},
			{"a changed token", "A" + token[:42], "login.example.com", identity.Portal},
			{"a longer token", token + "A", "login.example.com", identity.Portal},
			{"no token", "", "login.example.com", identity.Portal},
			{"the session's id", id, "login.example.com", identity.Portal},
		} {
			if _, err := h.nodes[0].Find(h.Context(), c.token, c.face, c.host); !errors.Is(err, identity.ErrNoSession) {
				h.Errorf("%s: %v", c.name, err)
			}
		}
	})
}

// Telling other nodes can take long; what ended here has ended by then, all of it, and they are told at once.
func TestAllSessionsEndHereBeforeAnybodyElseIsTold(t *testing.T) {
	each(t, func(h *house) {
		var tokens []string
		for range 9 {
			_, token := h.begin(0)
			tokens = append(tokens, token)
			h.find(0, token)
			h.find(1, token)
		}
		told := 0
		h.mouths[0].speak = func() {
			told++
			for i, token := range tokens {
				if _, err := h.nodes[0].Find(h.Context(), token, identity.Portal, "login.example.com"); !errors.Is(err, identity.ErrNoSession) {
					t.Errorf("session %d while others are told: %v", i, err)
				}
			}
		}
		h.do(func(c *outbox.Change) error {
			_, err := h.nodes[0].EndAll(h.Context(), c, h.person.ID, "")
			return err
		})
		if told != 1 {
			t.Errorf("others were told %d times", told)
		}
		for i, token := range tokens {
			if _, err := h.nodes[1].Find(h.Context(), token, identity.Portal, "login.example.com"); !errors.Is(err, identity.ErrNoSession) {
				t.Errorf("session %d on the other node: %v", i, err)
			}
		}
	})
}

func TestWhatEndsASessionEndsItOnEveryNodeAndWithItsStreams(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(h *house, id string)
	}{
		{"its own end", func(h *house, id string) {
			h.do(func(c *outbox.Change) error { return h.nodes[0].End(h.Context(), c, h.person.ID, id) })
		}},
		{"the end of all", func(h *house, _ string) {
			h.do(func(c *outbox.Change) error {
				n, err := h.nodes[0].EndAll(h.Context(), c, h.person.ID, "")
				if n != 1 {
					h.Errorf("%d sessions ended, want 1", n)
				}
				return err
			})
		}},
		{"the person being disabled, with the bus down and found out on the clock", func(h *house, _ string) {
			h.mouths[0].down = true
			h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, h.person.ID, identity.Disabled) })
			for _, n := range h.nodes {
				if err := n.Save(h.Context()); err != nil {
					h.Fatal(err)
				}
			}
		}},
		{"its end at the latest", func(h *house, _ string) {
			for range 13 {
				h.clock.pass(59 * time.Minute)
				for _, n := range h.nodes {
					if err := n.Save(h.Context()); err != nil {
						h.Fatal(err)
					}
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each2(t, c.end)
		})
	}
}

func each2(t *testing.T, end func(*house, string)) {
	t.Helper()
	each(t, func(h *house) {
		id, token := h.begin(0)
		var ended [2]chan struct{}
		for node := range h.nodes {
			ended[node] = make(chan struct{})
			release, ok := h.nodes[node].Hold(h.find(node, token), func() { close(ended[node]) })
			if !ok {
				h.Fatal("a living session cannot be held")
			}
			defer release()
		}
		end(h, id)
		for node := range h.nodes {
			select {
			case <-ended[node]:
			case <-time.After(10 * time.Second):
				h.Errorf("node %d's stream goes on", node)
			}
			if h.find(node, token) != nil {
				h.Errorf("node %d still finds it", node)
			}
		}
	})
}

func TestASessionEndsWhenNobodyUsesItAndNotBefore(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.begin(0)
		for range 5 {
			h.clock.pass(59 * time.Minute)
			if h.find(0, token) == nil {
				t.Fatal("a session in use ended")
			}
		}
		// The other node knows of that use only by the database.
		if err := h.nodes[0].Save(h.Context()); err != nil {
			t.Fatal(err)
		}
		if h.find(1, token) == nil {
			t.Fatal("a session in use on one node ended on the other")
		}
		h.clock.pass(time.Hour + time.Second)
		for node := range h.nodes {
			if h.find(node, token) != nil {
				t.Errorf("node %d: a session outlived its idle time", node)
			}
		}
	})
}

func TestARiseGivesANewTokenAndEndsTheOthers(t *testing.T) {
	each(t, func(h *house) {
		id, before := h.begin(0)
		h.find(1, before) // in the other node's memory
		var elsewhere, after string
		h.do(func(c *outbox.Change) (err error) {
			elsewhere, err = h.nodes[0].Hand(h.Context(), c, id, identity.Application, "notes.example.com")
			return err
		})
		if _, err := h.nodes[0].Find(h.Context(), elsewhere, identity.Application, "notes.example.com"); err != nil {
			t.Fatalf("handed over: %v", err)
		}
		h.do(func(c *outbox.Change) (err error) {
			after, err = h.nodes[0].Raise(h.Context(), c, id, identity.SecondFactor, identity.Portal, "login.example.com")
			return err
		})
		for node := range h.nodes {
			if h.find(node, before) != nil {
				t.Errorf("node %d: the token from before the rise is still good", node)
			}
			if s := h.find(node, after); s == nil || s.Strength != identity.SecondFactor {
				t.Errorf("node %d: the raised session is %+v", node, s)
			}
		}
		if _, err := h.nodes[1].Find(h.Context(), elsewhere, identity.Application, "notes.example.com"); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("a token handed over before the rise is still good: %v", err)
		}
		err := h.box.Do(h.Context(), func(c *outbox.Change) error {
			_, err := h.nodes[0].Raise(h.Context(), c, id, identity.SecondFactor, identity.Portal, "login.example.com")
			return err
		})
		if !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("raised a second time: %v", err)
		}
	})
}

func TestNobodyEndsTheSessionOfSomebodyElse(t *testing.T) {
	each(t, func(h *house) {
		id, token := h.begin(0)
		other := &identity.Person{Kind: identity.Human, Account: "eve", State: identity.Active}
		err := h.box.Do(h.Context(), func(c *outbox.Change) error {
			if err := identity.Add(h.Context(), c, other); err != nil {
				return err
			}
			return h.nodes[0].End(h.Context(), c, other.ID, id)
		})
		if !errors.Is(err, identity.ErrNotFound) || h.find(0, token) == nil {
			t.Errorf("it ended: %v", err)
		}
	})
}

func TestAChangeOfGroupsIsSeenOnEveryNode(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.begin(0)
		for node := range h.nodes {
			h.find(node, token)
		}
		h.do(func(c *outbox.Change) error {
			return errors.Join(h.nodes[1].Changed(h.Context(), c, h.person.ID), identity.Join(h.Context(), c, h.person.ID, "editors"))
		})
		for node := range h.nodes {
			if s := h.find(node, token); s == nil || !slices.Equal(s.Person.Groups, []string{"editors"}) {
				t.Errorf("node %d sees %+v", node, s)
			}
		}
	})
}

func TestListShowsWhatIsOpen(t *testing.T) {
	each(t, func(h *house) {
		first, _ := h.begin(0)
		h.clock.pass(time.Minute)
		second, _ := h.begin(1)
		list, err := h.nodes[0].List(h.Context(), h.person.ID)
		if err != nil || len(list) != 2 || list[0].ID != second || list[1].ID != first || list[0].Agent != "Firefox" {
			t.Errorf("listed %+v, %v", list, err)
		}
		h.clock.pass(2 * time.Hour)
		if list, err := h.nodes[0].List(h.Context(), h.person.ID); err != nil || len(list) != 0 {
			t.Errorf("listed what has ended: %+v, %v", list, err)
		}
	})
}

func BenchmarkFindInMemory(b *testing.B) {
	db := storetest.Memory(b)
	now := time.Now()
	box, err := outbox.New(b.Context(), db, new(outboxtest.Record), "a", func() time.Time { return now }, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	s := identity.NewSessions(db, limits, &mouth{bus: &bus{}}, func() time.Time { return now })
	p := &identity.Person{Kind: identity.Human, Account: "ada", State: identity.Active}
	var token string
	err = box.Do(b.Context(), func(c *outbox.Change) error {
		if err := identity.Add(b.Context(), c, p); err != nil {
			return err
		}
		_, token, err = s.Begin(b.Context(), c, identity.Start{Person: p, Strength: identity.SecondFactor, Face: identity.Application, Host: "notes.example.com"})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Find(b.Context(), token, identity.Application, "notes.example.com"); err != nil {
			b.Fatal(err)
		}
	}
}
