package validation

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// house is the practice on a database and an index, with a record of what was changed.
type house struct {
	*testing.T
	now     time.Time
	db      *store.DB
	record  *outboxtest.Record
	index   *index.Index
	events  []*event.Event // what came in
	service *Service
}

func each(t *testing.T, change func(*Config), test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := &house{T: t, now: noon, db: db, record: new(outboxtest.Record)}
		var err error
		if h.index, err = index.Open(t.TempDir(), index.Options{Now: h.clock}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := h.index.Close(); err != nil {
				t.Error(err)
			}
		})
		h.start(change)
		test(h)
	})
}

func (h *house) clock() time.Time { return h.now }

// start makes the practice, as a start of the program does.
func (h *house) start(change func(*Config)) {
	h.Helper()
	h.service = service(h.T, change)
	box, err := outbox.New(h.Context(), h.db, h.record, "a", h.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		h.Fatal(err)
	}
	if err := h.service.Keep(h.Context(), Keeping{DB: h.db, Box: box, Index: h.index, Find: h.find, Log: slog.New(slog.DiscardHandler), Now: h.clock}); err != nil {
		h.Fatal(err)
	}
}

func (h *house) find(_ context.Context, id event.ID) (*event.Event, []byte, error) {
	for _, e := range h.events {
		if e.UID == id {
			return e, nil, nil
		}
	}
	return nil, nil, event.ErrNoEvent
}

// came has a request come in that was refused by these rules; it gives the event's id.
func (h *house) came(service, path string, rules ...event.Rule) string {
	h.Helper()
	at := h.now.Add(-time.Hour + time.Duration(len(h.events))*time.Second)
	e := &event.Event{
		UID: event.NewID(at), Time: at, Seq: uint64(len(h.events)) + 1, Node: "a", Class: event.HTTPActivity, Activity: 1, Severity: event.Medium,
		Kind: kindRequest, Verdict: event.Refused, Stage: stageName, Service: service, Source: netip.MustParseAddrPort("192.0.2.7:4711"),
		HTTP: &event.HTTP{Method: "POST", Scheme: "https", Host: service + ".test", Path: path, Status: 403}, Rules: rules,
	}
	h.events = append(h.events, e)
	if err := h.index.Feed(h.Context(), []*event.Event{e}); err != nil {
		h.Fatal(err)
	}
	return e.UID.String()
}

// as is somebody who holds a role of the console.
func (h *house) as(role string) context.Context {
	return practice.WithRole(practice.WithActor(h.Context(), "uid 0"), role)
}

// page is what somebody of a role sees.
func (h *house) page(role, path string, query url.Values) string {
	h.Helper()
	return practicetest.Shown(h.T, h.as(role), h.service.Practice(), path, query)
}

func (h *house) action(name string) practice.Action {
	all := h.service.Practice().Actions
	return all[slices.IndexFunc(all, func(a practice.Action) bool { return a.Name == "validation.exclusion."+name })]
}

// do does what somebody asks for, after it was asked what it would do.
func (h *house) do(name string, form url.Values) practice.Result {
	h.Helper()
	a := h.action(name)
	if a.Effect != nil {
		if effect, err := a.Effect(h.as(practice.RoleAdmin), form); err != nil || effect == "" {
			h.Fatalf("the effect of %s: %q, %v", name, effect, err)
		}
	}
	r, err := a.Do(h.as(practice.RoleAdmin), form)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// refused does what must fail, and wants this problem.
func (h *house) refused(code, name string, form url.Values) {
	h.Helper()
	_, err := h.action(name).Do(h.as(practice.RoleAdmin), form)
	if p := problem.Of(err); err == nil || p.Code != code || p.Next == "" {
		h.Errorf("%s %v says %v, want %s", name, form, err, code)
	}
}

// form is what the page sends about rule 942100 and the parameter q of notes.
func form(more ...string) url.Values {
	f := url.Values{"rule": {"942100"}, "service": {"notes"}, "target": {"ARGS:q"}, "path": {"/search"}, "reason": {"people look for quotes"}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f
}

// only gives the id of the one exclusion that there is.
func (h *house) only() string {
	h.Helper()
	all, err := h.service.proposals(h.Context())
	if err != nil || len(all) != 1 {
		h.Fatalf("there are %d exclusions: %v", len(all), err)
	}
	return all[0].ID
}

var errDisk = errors.New("broken")

// sqli is that rule 942100 matched here.
func sqli(target, match string) event.Rule {
	return event.Rule{ID: "942100", Message: "SQL Injection Attack Detected via libinjection", Target: target, Match: match}
}
