package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

const (
	owner  = "access/owner-exists"
	attack = "validation/attacks-refused"
)

// flow runs a test in time that passes as soon as everybody waits. Each service of the house goes by that time.
func flow(t *testing.T, test func(h *house)) {
	t.Helper()
	db := storetest.Memory(t)
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, db)
		h.service = h.node("a", time.Now)
		test(h)
	})
}

// watch lets a service work until stop.
func watch(h *house, s *evidence.Service) (stop func()) {
	ctx, cancel := context.WithCancel(h.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Watch(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// pass lets time pass, and everything that is due in it happen.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (h *house) wantTimes(when, id string, want int) {
	h.Helper()
	if got := h.times(id); got != want {
		h.Errorf("%s: %s was asked %d times, want %d", when, id, got, want)
	}
}

func TestChecksAreAskedOnTheirClocks(t *testing.T) {
	flow(t, func(h *house) {
		defer watch(h, h.service)()
		pass(11 * time.Second) // the spread of a start, and some
		for _, id := range []string{doors, owner, attack} {
			h.wantTimes("after the start", id, 1)
		}
		pass(time.Hour)
		h.wantTimes("after an hour", doors, 7)
		h.wantTimes("after an hour", owner, 2)
		h.wantTimes("after an hour", attack, 1)
		pass(23 * time.Hour)
		h.wantTimes("after a day", doors, 1+24*6)
		h.wantTimes("after a day", attack, 2)
	})
}

func TestWhatNobodyKnowsIsAskedAgainSoon(t *testing.T) {
	erring := func(context.Context) ([]practice.Finding, error) { return nil, errors.New("not yet") }
	for name, say := range map[string]func(context.Context) ([]practice.Finding, error){
		"an error": erring,
		"a subject of which nothing is known": func(context.Context) ([]practice.Finding, error) {
			return []practice.Finding{{Subject: "a", Status: practice.Pass}, {Subject: "b"}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			flow(t, func(h *house) {
				h.tell(attack, say) // its own time is a day
				defer watch(h, h.service)()
				pass(11*time.Second + 3*time.Minute)
				h.wantTimes("three minutes after it was not known", attack, 4)
				h.say(attack, practice.Fail)
				pass(time.Hour)
				h.wantTimes("an hour after it was known", attack, 5)
			})
		})
	}
	t.Run("what takes long is asked seldom", func(t *testing.T) {
		flow(t, func(h *house) {
			h.tell(attack, func(ctx context.Context) ([]practice.Finding, error) {
				<-time.After(30 * time.Second)
				return erring(ctx)
			})
			defer watch(h, h.service)()
			pass(9 * time.Minute)
			h.wantTimes("nine minutes after", attack, 1)
			pass(3 * time.Minute)
			h.wantTimes("twelve minutes after", attack, 2)
		})
	})
}

func TestAStartDoesNotAskEverythingAtOnce(t *testing.T) {
	flow(t, func(h *house) {
		h.ten[0].Checks = nil
		seconds := map[int64]int{}
		for i := range 100 {
			id := fmt.Sprintf("access/check-%02d", i)
			h.ten[0].Checks = append(h.ten[0].Checks, h.check(id, time.Hour, 1))
			h.tell(id, func(context.Context) ([]practice.Finding, error) {
				h.mu.Lock()
				defer h.mu.Unlock()
				seconds[time.Now().Unix()]++
				return []practice.Finding{{Status: practice.Pass}}, nil
			})
		}
		s := h.node("a", time.Now)
		defer watch(h, s)()
		pass(11 * time.Second)
		most, all := 0, 0
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, n := range seconds {
			most, all = max(most, n), all+n
		}
		if all != 100 || most > 50 {
			t.Errorf("%d checks were asked, %d within one second", all, most)
		}
	})
}

func TestFewChecksAreAskedAtTheSameTime(t *testing.T) {
	flow(t, func(h *house) {
		var now, most atomic.Int32
		h.ten[0].Checks = nil
		for i := range 20 {
			id := fmt.Sprintf("access/check-%02d", i)
			h.ten[0].Checks = append(h.ten[0].Checks, h.check(id, time.Hour, 1))
			h.tell(id, func(context.Context) ([]practice.Finding, error) {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				<-time.After(30 * time.Second)
				now.Add(-1)
				return []practice.Finding{{Status: practice.Pass}}, nil
			})
		}
		defer watch(h, h.node("a", time.Now))()
		pass(30 * time.Minute)
		if most.Load() != 3 {
			t.Errorf("%d checks were asked at the same time, want 3", most.Load())
		}
		h.wantTimes("after half an hour", "access/check-19", 1)
	})
}

func TestAnEventHasItsChecksAskedSoon(t *testing.T) {
	flow(t, func(h *house) {
		defer watch(h, h.service)()
		pass(2 * time.Minute)
		read := func(kinds ...string) {
			t.Helper()
			var batch []*event.Event
			for _, k := range kinds {
				batch = append(batch, &event.Event{Kind: k})
			}
			if err := h.service.Reader().Read(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		read("validation.request.refused", "accessory.was.bought", "identity.person.disabled.not", "access")
		pass(30 * time.Second)
		h.wantTimes("after events that do not matter", doors, 1)
		h.wantTimes("after events that do not matter", owner, 1)

		read("identity.person.disabled")
		pass(time.Second)
		h.wantTimes("before it has settled", owner, 1)
		pass(time.Second)
		h.wantTimes("once it has settled", owner, 2)
		h.wantTimes("whose kind it is not", doors, 1)

		pass(time.Minute)
		for range 20 { // a second's worth
			read("access.role.granted", "access.role.revoked")
			pass(50 * time.Millisecond)
		}
		pass(10 * time.Second)
		h.wantTimes("after many events", doors, 2)

		pass(time.Minute)
		for range 600 { // somebody makes events for ten minutes
			read("access.request.denied")
			pass(time.Second)
		}
		if n := h.times(doors) - 2; n < 20 || n > 41 {
			t.Errorf("ten minutes of events had it asked %d times, want it every 15 seconds at most", n)
		}
	})
}

func TestAnEventDuringARunHasItsCheckAskedAgain(t *testing.T) {
	flow(t, func(h *house) {
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			<-time.After(20 * time.Second)
			return []practice.Finding{{Status: practice.Pass}}, nil
		})
		defer watch(h, h.service)()
		for h.times(doors) == 0 {
			pass(time.Second)
		}
		if err := h.service.Reader().Read(t.Context(), []*event.Event{{Kind: "access.role.granted"}}); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Second)
		h.wantTimes("while it runs", doors, 1)
		pass(30 * time.Second)
		h.wantTimes("after it ran", doors, 2)
	})
}

func TestACheckThatTakesTooLongIsUnknown(t *testing.T) {
	flow(t, func(h *house) {
		h.tell(doors, func(ctx context.Context) ([]practice.Finding, error) {
			<-ctx.Done()
			return []practice.Finding{{Status: practice.Pass}}, nil
		})
		defer watch(h, h.service)()
		pass(75 * time.Second)
		if c := h.look(doors); c.Status != practice.Unknown || c.Problem != "The check did not end within its time." || len(c.Findings) != 0 {
			t.Errorf("it is %+v", c)
		}
	})
}

func TestACheckThatDoesNotEndHoldsNobodyUp(t *testing.T) {
	flow(t, func(h *house) {
		end := make(chan struct{})
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			<-end // whatever its context says
			return []practice.Finding{{Status: practice.Pass}}, nil
		})
		stop := watch(h, h.service)
		pass(time.Hour + 11*time.Second)
		h.wantTimes("while it hangs", doors, 1)
		h.wantTimes("beside it", owner, 1+1)
		if c := h.look(doors); c.Status != practice.Unknown || c.Problem != "The check did not end within its time." || time.Since(c.At) > 11*time.Minute {
			t.Errorf("while it hangs it is %+v", c)
		}
		stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.service.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for it says %v", err)
		}
		close(end)
		if err := h.service.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		defer watch(h, h.service)()
		pass(time.Minute)
		h.wantTimes("once it has ended", doors, 2)
		if c := h.look(doors); c.Status != practice.Pass {
			t.Errorf("once it has ended it is %+v", c)
		}
	})
}

func TestAStopLeavesTheLastAnswer(t *testing.T) {
	flow(t, func(h *house) {
		stop := watch(h, h.service)
		pass(time.Minute)
		before := h.look(doors)
		h.tell(doors, func(ctx context.Context) ([]practice.Finding, error) {
			<-ctx.Done()
			return []practice.Finding{{Subject: "all", Status: practice.Fail}}, ctx.Err()
		})
		pass(9*time.Minute + 30*time.Second)
		h.wantTimes("when it stops", doors, 2)
		events := len(h.record.Events())
		stop()
		if c := h.look(doors); c.Status != practice.Pass || !c.At.Equal(before.At) || c.Problem != "" || len(h.record.Events()) != events {
			t.Errorf("a stop left %+v", c)
		}
		h.tell(doors, nil)
		if c := h.ask(doors); c.Status != practice.Pass || c.At.Equal(before.At) { // the turn was given back
			t.Errorf("asked again it is %+v", c)
		}
	})
}

func TestARestartKeepsFindingsAndAsksAnew(t *testing.T) {
	flow(t, func(h *house) {
		stop := watch(h, h.service)
		pass(time.Hour)
		stop()
		before := h.posture()
		h.service = h.node("a", time.Now)
		after := h.posture()
		for i := range before.Practices {
			for j, c := range before.Practices[i].Checks {
				if got := after.Practices[i].Checks[j]; got.Status != practice.Pass || !got.At.Equal(c.At) || !got.Until.Equal(c.Until) {
					t.Errorf("after the restart %s is %+v, before it was %+v", c.ID, got, c)
				}
			}
		}
		defer watch(h, h.service)()
		pass(11 * time.Second)
		h.wantTimes("after the restart", attack, 2) // its own day is not over
	})
}

func TestTheTurnOfAProcessThatDiedEnds(t *testing.T) {
	flow(t, func(h *house) {
		defer watch(h, h.service)()
		pass(time.Minute)
		// Another node took the turn, set the next one, and died while it asked.
		mustExec(h, h.db, "UPDATE evidence_check SET holder = 'gone', held_until = $1, due_at = $2 WHERE id = $3",
			time.Now().Add(90*time.Second).UnixMicro(), time.Now().Add(10*time.Minute).UnixMicro(), doors)
		if _, err := h.service.Run(t.Context(), doors); err == nil {
			t.Error("it is asked while it may be another's turn")
		}
		pass(85 * time.Second)
		h.wantTimes("before the turn is over", doors, 1)
		pass(time.Minute + 10*time.Second) // the clock looks once a minute
		h.wantTimes("after the turn is over", doors, 2)
	})
}

func mustExec(h *house, db *store.DB, query string, args ...any) {
	h.Helper()
	if _, err := db.Exec(h.Context(), query, args...); err != nil {
		h.Fatal(err)
	}
}

func TestOneNodeAsksAtATime(t *testing.T) {
	flow(t, func(h *house) {
		var now, most atomic.Int32
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			<-time.After(50 * time.Second)
			return []practice.Finding{{Status: practice.Pass}}, nil
		})
		defer watch(h, h.service)()
		defer watch(h, h.node("b", time.Now))()
		defer watch(h, h.node("c", time.Now))()
		pass(time.Hour)
		if most.Load() != 1 {
			t.Errorf("%d nodes asked at the same time", most.Load())
		}
		if n := h.times(doors); n < 6 || n > 8 {
			t.Errorf("three nodes asked %d times in an hour, want as often as one", n)
		}
	})
}
