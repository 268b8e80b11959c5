package notice_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// house is a service on a database, with a clock that is set by hand.
type house struct {
	*testing.T
	db      *store.DB
	secrets *store.Secrets
	now     time.Time
	record  *outboxtest.Record
	box     *outbox.Outbox
	service *notice.Service
	mailed  bool            // whether the last letter put is on its way
	log     strings.Builder // what the operator reads
}

// newHouse begins with nothing that waits.
func newHouse(t *testing.T, db *store.DB, c notice.Config) *house {
	t.Helper()
	h := &house{T: t, db: db, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), record: new(outboxtest.Record), secrets: db.Secrets(store.NewMasterKey())}
	for _, table := range []string{"notice_message", "store_secret"} {
		_, err := db.Exec(t.Context(), "DELETE FROM "+table)
		h.must(err)
	}
	var err error
	if h.box, err = outbox.New(t.Context(), db, h.record, "a", h.clock, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	h.service = h.node(c, h.clock)
	return h
}

func (h *house) clock() time.Time { return h.now }

// node is one more service on the same database.
func (h *house) node(c notice.Config, clock func() time.Time) *notice.Service {
	h.Helper()
	s, err := notice.New(notice.Options{Config: c, DB: h.db, Secrets: h.secrets, Box: h.box, Now: clock, Log: slog.New(slog.NewTextHandler(&h.log, nil))})
	if err != nil {
		h.Fatal(err)
	}
	return s
}

func mailConfig(s *server) notice.Config {
	return notice.Config{Mail: notice.Mail{Server: s.address, TLS: notice.StartTLS, From: "tenward@example.com", CA: s.ca}}
}

var letter = notice.Message{
	Kind: "authentication.letter.invite", To: "ada@example.com", Subject: "Ihr Konto für Köln", Body: "Open https://login.example.com/enrol?token=SECRET\n", Person: "p1",
	Data: map[string]string{"person": "p1"},
}

func (h *house) put(m notice.Message) error {
	h.Helper()
	return h.box.Do(h.Context(), func(c *outbox.Change) (err error) {
		h.mailed, err = h.service.Put(h.Context(), c, m)
		return err
	})
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) waiting() (messages, secrets int) {
	h.Helper()
	h.must(h.db.QueryRow(h.Context(), "SELECT COUNT(*) FROM notice_message").Scan(&messages))
	h.must(h.db.QueryRow(h.Context(), "SELECT COUNT(*) FROM store_secret WHERE name LIKE 'notice/%'").Scan(&secrets))
	return messages, secrets
}

func (h *house) left(want int) {
	h.Helper()
	if messages, secrets := h.waiting(); messages != want || secrets != want {
		h.Errorf("%d messages and %d texts wait, want %d of each", messages, secrets, want)
	}
}

func TestALetterArrives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, implicit := range map[string]bool{"STARTTLS": false, "implicit TLS": true} {
			s := start(t, "127.0.0.1", implicit)
			c := mailConfig(s)
			if implicit {
				c.Mail.TLS = notice.Implicit
			}
			h := newHouse(t, db, c)
			h.must(h.put(letter))
			h.left(1)
			h.must(h.service.Deliver(t.Context()))
			h.left(0)
			got := s.got()
			if len(got) != 1 {
				t.Fatalf("%s: %d letters arrived", name, len(got))
			}
			for _, want := range []string{"From: <tenward@example.com>", "To: <ada@example.com>", "Auto-Submitted: auto-generated", "token=3DSECRET", "Message-ID: <", "@127.0.0.1>"} {
				if !strings.Contains(strings.ReplaceAll(got[0], "=\r\n", ""), want) {
					t.Errorf("%s: the letter lacks %q:\n%s", name, want, got[0])
				}
			}
			if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.delivered"}) {
				t.Errorf("%s: the record has %v", name, kinds)
			}
		}
	})
}

func TestAMessageToNobodyIsForProgramsOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		c := hooked(t, "https://hooks.example.com/")
		c.Mail = mailConfig(start(t, "127.0.0.1", false)).Mail
		h := newHouse(t, db, c)
		told := letter
		told.To = ""
		h.must(h.put(told))
		h.left(1)
		if h.mailed {
			t.Error("a letter to nobody is said to be on its way")
		}
		h.must(h.put(letter))
		h.left(3)
		if !h.mailed {
			t.Error("a letter is not said to be on its way")
		}
	})
}

func TestALetterLeavesWithItsChangeOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		wrong := errors.New("the change fails")
		err := h.box.Do(t.Context(), func(c *outbox.Change) error {
			if _, err := h.service.Put(t.Context(), c, letter); err != nil {
				return err
			}
			return wrong
		})
		if !errors.Is(err, wrong) {
			t.Fatal(err)
		}
		h.left(0)
	})
}

func TestWhatWaitsIsSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		h.must(h.put(letter))
		var sealed []byte
		h.must(db.QueryRow(t.Context(), "SELECT sealed FROM store_secret WHERE name LIKE 'notice/%'").Scan(&sealed))
		for _, secret := range []string{"SECRET", "ada@"} {
			if strings.Contains(string(sealed), secret) {
				t.Errorf("%s stands in the database", secret)
			}
		}
	})
}

func TestWhatCannotBeSentIsRefusedBeforeItIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		for name, m := range map[string]notice.Message{
			"a line break in the address": {To: "a@example.com\r\nBcc: b@example.com"},
			"a line break in the subject": {To: "a@example.com", Subject: "x\nBcc: b@example.com"},
			"a text without end":          {To: "a@example.com", Body: strings.Repeat("x", 32<<10+1)},
		} {
			if err := h.put(m); err == nil {
				t.Errorf("%s was kept", name)
			}
		}
		h.left(0)
	})
}

func TestTooManyThatWaitDropTheNextAndSaySo(t *testing.T) {
	for _, tt := range []struct {
		name, channel string
		mailed        bool
		recorded      []string
	}{
		{"letters", "mail", false, []string{"notice.message.dropped"}},
		{"messages to a program, which hold no letter up", "webhook/other", true, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
				_, err := db.Exec(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
					INSERT INTO notice_message (id, channel, kind, attempts, created_at, next_at) SELECT 'x' || i, '`+tt.channel+`', 'k', 0, 0, 9000000000000000 FROM n`)
				h.must(err)
				h.must(h.put(letter))
				if kinds := h.record.Kinds(); !slices.Equal(kinds, tt.recorded) || h.mailed != tt.mailed {
					t.Errorf("on its way: %v; the record has %v", h.mailed, kinds)
				}
			})
		})
	}
}

func TestRunDeliversAtOnceWhatACommitBrings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		arrived := make(chan struct{}, 1)
		s.took = func() { arrived <- struct{}{} }
		h := newHouse(t, db, mailConfig(s))
		stop := h.run()
		defer stop()
		for range 2 {
			h.must(h.put(letter))
			within(t, arrived, "it never arrived")
		}
	})
}

// run has the service run until it is stopped.
func (h *house) run() (stop func()) {
	ctx, cancel := context.WithCancel(h.Context())
	var running sync.WaitGroup
	running.Go(func() { h.service.Run(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// within waits for what is to happen: generously, and for less than the clock on which Run looks by itself.
func within(t *testing.T, happens <-chan struct{}, complaint string) {
	t.Helper()
	select {
	case <-happens:
	case <-time.After(12 * time.Second):
		t.Fatal(complaint)
	}
}
