package identity_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
)

// stream holds a session on a node, and says when it was ended.
func (h *house) stream(node int, s *identity.Session) (ended chan struct{}) {
	h.Helper()
	ended = make(chan struct{})
	release, ok := h.nodes[node].Hold(s, func() { close(ended) })
	if !ok {
		h.Fatal("a living session cannot be held")
	}
	h.Cleanup(release)
	return ended
}

func (h *house) ends(what string, ended chan struct{}) {
	h.Helper()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		h.Errorf("%s goes on", what)
	}
}

func (h *house) save(node int) {
	h.Helper()
	if err := h.nodes[node].Save(h.Context()); err != nil {
		h.Fatal(err)
	}
}

func TestWhatChangedIsFoundOutByTheClockWhenNobodySaysSo(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.begin(0)
		stale := h.find(1, token)
		stale.Memo.Store("what access worked out before")
		ended := h.stream(1, stale)
		h.mouths[0].down = true
		for _, group := range []string{"editors", "viewers"} { // twice within one tick of the clock
			h.do(func(c *outbox.Change) error {
				if err := h.nodes[0].Changed(h.Context(), c, h.person.ID); err != nil {
					return err
				}
				return identity.Join(h.Context(), c, h.person.ID, group)
			})
			h.save(1)
			if s := h.find(1, token); s == nil || !slices.Contains(s.Person.Groups, group) || s.Memo.Load() != nil {
				h.Errorf("after %s was joined node 1 knows %+v", group, s)
			} else {
				s.Memo.Store("worked out anew")
			}
		}
		h.ends("a stream that began before the change", ended)
		kept := h.find(1, token)
		h.save(1)
		if h.find(1, token) != kept {
			t.Error("a session that did not change was forgotten")
		}
	})
}

func TestAnotherTokenOfAChangedSessionBringsTheChange(t *testing.T) {
	each(t, func(h *house) {
		id, token := h.begin(0)
		ended := h.stream(1, h.find(1, token))
		h.mouths[0].down = true
		var other string
		h.do(func(c *outbox.Change) (err error) {
			if other, err = h.nodes[0].Hand(h.Context(), c, id, identity.Application, "notes.example.com"); err != nil {
				return err
			}
			return h.nodes[0].Changed(h.Context(), c, h.person.ID)
		})
		before := h.find(1, token)
		after, err := h.nodes[1].Find(h.Context(), other, identity.Application, "notes.example.com")
		if err != nil || after == before {
			t.Fatalf("the other token opens what was known before: %v", err)
		}
		h.ends("a stream that began before the change", ended)
		if h.find(1, token) != after {
			t.Error("the first token opens what was known before")
		}
	})
}

func TestARiseIsFoundOutByTheClockWhenNobodySaysSo(t *testing.T) {
	each(t, func(h *house) {
		id, token := h.begin(0)
		h.find(1, token)
		h.mouths[0].down = true
		h.do(func(c *outbox.Change) error {
			_, err := h.nodes[0].Raise(h.Context(), c, id, identity.SecondFactor, identity.Portal, "login.example.com")
			return err
		})
		h.save(1)
		if h.find(1, token) != nil {
			t.Error("the token from before the rise is still good")
		}
	})
}

func TestAnExchangeUnderWayCanHoldWhatWasForgottenAndEndsWithIt(t *testing.T) {
	each(t, func(h *house) {
		id, token := h.begin(0)
		hand := func() {
			h.do(func(c *outbox.Change) error {
				_, err := h.nodes[0].Hand(h.Context(), c, id, identity.Application, "notes.example.com")
				return err
			})
		}
		for name, forget := range map[string]func(){
			"another host": hand,
			"a lost link": func() {
				if err := h.nodes[0].Missed(h.Context()); err != nil {
					t.Fatal(err)
				}
			},
		} {
			found := h.find(0, token)
			forget()
			runtime.GC()
			h.save(0)
			ended := h.stream(0, found) // the session goes on, so it can be held
			select {
			case <-ended:
				t.Errorf("%s ended a stream", name)
			default:
			}
			found = h.find(0, token)
			forget()
			h.do(func(c *outbox.Change) error { return h.nodes[0].Changed(h.Context(), c, h.person.ID) })
			h.ends(name+": the stream of somebody who changed", ended)
			if _, ok := h.nodes[0].Hold(found, func() {}); ok {
				t.Errorf("%s: what was found before the change can be held after it", name)
			}
		}
		found := h.find(0, token)
		hand()
		h.do(func(c *outbox.Change) error { return h.nodes[0].End(h.Context(), c, h.person.ID, id) })
		if _, ok := h.nodes[0].Hold(found, func() {}); ok {
			t.Error("a session that has ended can be held")
		}
	})
}
