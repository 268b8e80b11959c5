package access_test

import (
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
)

func TestAStreamEndsWithTheGrantItBeganUnder(t *testing.T) {
	each(t, func(h *house) {
		ada, bea := h.person("ada", "viewer"), h.person("bea", "viewer")
		h.do(func(c *outbox.Change) error {
			return h.service.Grant(h.Context(), c, ada, "editor", h.now.Add(time.Minute), "the test")
		})
		a, b := h.signIn(ada), h.signIn(bea)
		a.allowed(true, "POST", "/notes/1")
		ended := make(chan struct{})
		release, ok := h.sessions.Hold(a.session(), func() { close(ended) })
		if !ok {
			t.Fatal("a living session cannot be held")
		}
		defer release()
		kept := b.session()
		tick := func() {
			h.Helper()
			for _, j := range h.service.Practice().Jobs {
				if j.Name == "access/end-grants" {
					if err := j.Run(h.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		h.now = h.now.Add(time.Minute - time.Microsecond)
		tick()
		select {
		case <-ended:
			t.Error("the stream ended before the grant")
		default:
		}
		h.now = h.now.Add(time.Microsecond)
		tick()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("the stream goes on after the grant")
		}
		a.allowed(false, "POST", "/notes/1")
		again := a.session()
		h.now = h.now.Add(time.Second)
		tick()
		if a.session() != again || b.session() != kept {
			t.Error("it ends what ended before, or what goes on")
		}
	})
}
