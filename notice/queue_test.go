package notice_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestATemporaryRefusalIsTriedAgainForADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		s.says("RCPT", 451)
		h.must(h.put(letter))
		began := h.now
		tries := 0
		for ; tries < 50; tries++ {
			h.must(h.service.Deliver(t.Context()))
			if n, _ := h.waiting(); n == 0 {
				break
			}
			h.must(h.service.Deliver(t.Context())) // nothing is due before its time
			var next int64
			h.must(db.QueryRow(t.Context(), "SELECT next_at FROM notice_message").Scan(&next))
			h.now = time.UnixMicro(next)
		}
		if took := h.now.Sub(began); tries != 10 || took < 23*time.Hour || took > 25*time.Hour {
			t.Errorf("given up after %d more tries and %s", tries, took)
		}
		h.left(0)
		if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.failed"}) {
			t.Errorf("the record has %v", kinds)
		}
	})
}

func TestAServerThatComesBackGetsTheLetter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		s.says("RCPT", 451)
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		s.says("", 0)
		h.now = h.now.Add(time.Minute)
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Errorf("%d letters arrived", n)
		}
		h.left(0)
	})
}

func TestACrashAfterSendingSendsAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		h.must(h.put(letter))
		s.took = func() { h.record.Break(errors.New("the process dies between sending and writing that down")) }
		if err := h.service.Deliver(t.Context()); err == nil {
			t.Fatal("nothing has died")
		}
		s.took = nil
		h.record.Break(nil)
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Fatalf("%d letters before the lease is over", n)
		}
		h.now = h.now.Add(5 * time.Minute)
		h.must(h.service.Deliver(t.Context()))
		got := s.got()
		if len(got) != 2 || id(got[0]) != id(got[1]) || id(got[0]) == "" {
			t.Errorf("%d letters, with the ids %q", len(got), []string{id(got[0]), id(got[len(got)-1])})
		}
		h.left(0)
	})
}

// id is a letter's Message-ID, by which a mailbox knows one that comes twice.
func id(text string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if v, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			return v
		}
	}
	return ""
}

func TestTwoNodesSendEachLetterOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		const n = 30
		for range n {
			h.must(h.put(letter))
		}
		other := h.node(mailConfig(s), h.clock)
		var both sync.WaitGroup
		for _, node := range []*notice.Service{h.service, other} {
			both.Go(func() {
				if err := node.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := len(s.got()); got != n {
			t.Errorf("%d letters arrived, want %d", got, n)
		}
		h.left(0)
	})
}

func TestANodeLeavesWhatAnotherIsSending(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		// An attempt takes a minute at most, and the nodes' clocks differ by another.
		other := h.node(mailConfig(s), func() time.Time { return h.now.Add(2 * time.Minute) })
		var meanwhile atomic.Bool
		s.took = func() {
			if meanwhile.Swap(true) {
				return
			}
			if err := other.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		}
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Errorf("%d letters arrived", n)
		}
	})
}

func TestNothingIsSentThatCouldNotBeWrittenDown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		h.must(h.put(letter))
		h.record.Break(errors.New("the disk is full"))
		if err := h.service.Deliver(t.Context()); err == nil {
			t.Error("nobody complains")
		}
		if n := len(s.got()); n != 0 {
			t.Errorf("%d letters were sent", n)
		}
		h.record.Break(nil)
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
	})
}

func TestWhatNoWayCanBringToAnEndIsGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name, spoil string
			after       time.Duration
		}{
			{"its way was taken out of the configuration", "UPDATE notice_message SET channel = 'webhook/gone'", 48 * time.Hour},
			{"its text does not open", "UPDATE store_secret SET sealed = 'x' WHERE name LIKE 'notice/%'", 48 * time.Hour},
			{"its text is gone", "DELETE FROM store_secret WHERE name LIKE 'notice/%'", 48 * time.Hour},
			{"the process died in its last attempt", "UPDATE notice_message SET attempts = 11", 0},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := start(t, "127.0.0.1", false)
				h := newHouse(t, db, mailConfig(s))
				h.must(h.put(letter))
				_, err := db.Exec(t.Context(), c.spoil)
				h.must(err)
				if c.after > 0 {
					_ = h.service.Deliver(t.Context()) // some are an error the first time
					if n, _ := h.waiting(); n != 1 {
						t.Fatalf("%d messages wait before their time is over", n)
					}
				}
				h.now = h.now.Add(c.after)
				h.must(h.service.Deliver(t.Context()))
				h.left(0)
				if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.failed"}) || len(s.got()) != 0 {
					t.Errorf("the record has %v, and %d letters were sent", kinds, len(s.got()))
				}
			})
		}
	})
}

func TestOneThatCannotBeReadHoldsNoOtherUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		h.must(h.put(letter))
		_, err := db.Exec(t.Context(), "UPDATE store_secret SET sealed = 'x' WHERE name LIKE 'notice/%'")
		h.must(err)
		h.must(h.put(letter))
		if err := h.service.Deliver(t.Context()); err == nil {
			t.Error("nobody complains of the first")
		}
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Errorf("%d letters arrived", n)
		}
	})
}

func TestAProgramThatDoesNotAnswerHoldsNoLetterUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		asked, answer := make(chan struct{}, 1), make(chan struct{})
		hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-answer
		}))
		t.Cleanup(hook.Close)
		s := start(t, "127.0.0.1", false)
		arrived := make(chan struct{}, 1)
		s.took = func() { arrived <- struct{}{} }
		c := hooked(t, hook.URL)
		c.Mail = mailConfig(s).Mail
		h := newHouse(t, db, c)
		stop := h.run()
		defer stop()
		defer close(answer)
		told := letter
		told.To = ""
		h.must(h.put(told))
		within(t, asked, "the program was never told")
		h.must(h.put(letter))
		within(t, arrived, "the letter waits for the program")
	})
}

func TestAStopWaitsForNoServer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		asked, answer := make(chan struct{}, 1), make(chan struct{})
		hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			asked <- struct{}{}
			<-answer
		}))
		t.Cleanup(hook.Close)
		defer close(answer)
		h := newHouse(t, db, hooked(t, hook.URL))
		stop := h.run()
		h.must(h.put(letter))
		within(t, asked, "the program was never told")
		stop()
		var next int64
		h.must(db.QueryRow(t.Context(), "SELECT next_at FROM notice_message").Scan(&next))
		if wait := time.UnixMicro(next).Sub(h.now); wait != time.Minute { // nobody knows whether it arrived
			t.Errorf("it is told again after %s", wait)
		}
	})
}
