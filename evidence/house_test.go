package evidence_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// morning is when every test begins.
var morning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// house is the service on a database, with a clock that is set by hand and checks that answer what they are told.
type house struct {
	*testing.T
	db      *store.DB
	record  *outboxtest.Record
	now     time.Time
	ten     []practice.Practice
	service *evidence.Service

	mu    sync.Mutex
	says  map[string]func(context.Context) ([]practice.Finding, error)
	asked map[string]int
}

func newHouse(t *testing.T, db *store.DB) *house {
	t.Helper()
	h := &house{T: t, db: db, record: new(outboxtest.Record), now: morning, says: map[string]func(context.Context) ([]practice.Finding, error){}, asked: map[string]int{}}
	h.ten = []practice.Practice{
		{Slug: "access", Title: "Roles", Source: "NIST SP 800-53 AC", Checks: []practice.Check{
			h.check("access/doors-shut", 10*time.Minute, 1, "access."), h.check("access/owner-exists", time.Hour, 3, "identity.person.disabled"),
		}},
		{Slug: "patching", Title: "Updates"},
		{Slug: "validation", Title: "Data validation", Checks: []practice.Check{h.check("validation/attacks-refused", 24*time.Hour, 0)}},
	}
	h.open()
	return h
}

func (h *house) check(id string, every time.Duration, weight int, stale ...string) practice.Check {
	return practice.Check{
		ID: id, Title: "It is so", Source: "somewhere", Fix: "Mend it.", Every: every, Weight: weight, Stale: stale, Timeout: time.Minute,
		Run: func(ctx context.Context) ([]practice.Finding, error) {
			h.mu.Lock()
			h.asked[id]++
			say := h.says[id]
			h.mu.Unlock()
			if say == nil {
				return []practice.Finding{{Subject: "all", Status: practice.Pass, Sentence: "It is so."}}, nil
			}
			return say(ctx)
		},
	}
}

// open makes the service anew on the same database, as a restart does.
func (h *house) open() {
	h.Helper()
	h.service = h.node("a", func() time.Time { return h.now })
}

func (h *house) node(name string, now func() time.Time) *evidence.Service {
	h.Helper()
	log := slog.New(slog.DiscardHandler)
	box, err := outbox.New(h.Context(), h.db, h.record, name, now, log)
	if err != nil {
		h.Fatal(err)
	}
	s, err := evidence.New(evidence.Options{Practices: h.ten, DB: h.db, Box: box, Now: now, Log: log})
	if err != nil {
		h.Fatal(err)
	}
	return s
}

func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(newHouse(t, db)) })
}

// say has a check answer with these statuses, about subjects in the order a, b, c.
func (h *house) say(id string, all ...practice.Status) {
	h.tell(id, func(context.Context) ([]practice.Finding, error) {
		var findings []practice.Finding
		for i, s := range all {
			findings = append(findings, practice.Finding{Subject: string(rune('a' + i)), Status: s, Sentence: "It is " + s.String() + ".", Proof: []byte("seen")})
		}
		return findings, nil
	})
}

func (h *house) tell(id string, say func(context.Context) ([]practice.Finding, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.says[id] = say
}

func (h *house) times(id string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asked[id]
}

// ask asks a check now.
func (h *house) ask(id string) *evidence.Checked {
	h.Helper()
	c, err := h.service.Run(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func (h *house) look(id string) *evidence.Checked {
	h.Helper()
	c, err := h.service.Check(h.Context(), id)
	if err != nil {
		h.Fatal(err)
	}
	return c
}

func (h *house) posture() *evidence.Posture {
	h.Helper()
	p, err := h.service.Posture(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return p
}
