package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var errBroken = errors.New("broken")

func open(t *testing.T, db *store.DB, r *outboxtest.Record) *outbox.Outbox {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }
	o, err := outbox.New(t.Context(), db, r, "a", now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// put is a change that leaves a row and an event.
func put(t *testing.T, o *outbox.Outbox, name string, then error) error {
	t.Helper()
	return o.Do(t.Context(), func(c *outbox.Change) error {
		if _, err := c.Exec(t.Context(), "INSERT INTO identity_group (id, name, created_at) VALUES ($1, $1, $2)", name, c.Now().UnixMicro()); err != nil {
			return err
		}
		c.Record(&event.Event{Class: event.GroupManagement, Activity: 99, Kind: "identity.group.made", Details: []event.Detail{{Name: "name", Value: name}}})
		return then
	})
}

func count(t *testing.T, db *store.DB, query string) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	changes = "SELECT COUNT(*) FROM identity_group"
	waiting = "SELECT COUNT(*) FROM event_outbox"
)

func TestAChangeAndItsEventAreOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		o := open(t, db, r)
		if err := put(t, o, "one", nil); err != nil {
			t.Fatal(err)
		}
		if err := put(t, o, "two", errBroken); !errors.Is(err, errBroken) {
			t.Fatalf("a change that fails says %v", err)
		}
		if got := r.Events(); len(got) != 1 || got[0].UID == (event.ID{}) || got[0].Time.IsZero() || got[0].Details[0].Value != "one" {
			t.Errorf("the record has %+v", got)
		}
		if c, w := count(t, db, changes), count(t, db, waiting); c != 1 || w != 0 {
			t.Errorf("%d changes stand and %d events wait, want 1 and 0", c, w)
		}
	})
}

func TestNothingChangesWhileTheRecordCannotBeWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		o := open(t, db, r)
		r.Break(errBroken)
		if err := put(t, o, "one", nil); problem.Of(err).Code != "event.record.unwritable" {
			t.Errorf("it says %v", err)
		}
		if n := count(t, db, changes); n != 0 {
			t.Errorf("%d changes stand without a record", n)
		}
	})
}

// breaking lets the change through and fails at its event: what a crash between the two looks like.
type breaking struct {
	*outboxtest.Record
}

func (breaking) Health() event.Health { return event.Health{Writable: true} }

func TestWhatACrashLeftIsRelayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		o, err := outbox.New(t.Context(), db, breaking{r}, "a", time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r.Break(errBroken)
		if err := put(t, o, "one", nil); !errors.Is(err, errBroken) {
			t.Fatalf("it says %v", err)
		}
		if c, w := count(t, db, changes), count(t, db, waiting); c != 1 || w != 1 {
			t.Fatalf("%d changes stand and %d events wait, want 1 and 1", c, w)
		}
		r.Break(nil)

		t.Run("by the next start", func(t *testing.T) {
			open(t, db, r)
			if got := r.Kinds(); !slices.Equal(got, []string{"identity.group.made"}) || count(t, db, waiting) != 0 {
				t.Errorf("the record has %v, and %d wait", got, count(t, db, waiting))
			}
		})
	})
}

func TestWhatStayedIsRelayedBeforeTheNextChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		o, err := outbox.New(t.Context(), db, breaking{r}, "a", time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		r.Break(errBroken)
		_ = put(t, o, "one", nil)
		if err := put(t, o, "two", nil); problem.Of(err).Code != "event.record.unwritable" {
			t.Errorf("with an event left behind it says %v", err)
		}
		r.Break(nil)
		if err := put(t, o, "three", nil); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range r.Events() {
			names = append(names, e.Details[0].Value)
		}
		if !slices.Equal(names, []string{"one", "three"}) {
			t.Errorf("the record has %v, want one and three", names)
		}
	})
}

func TestAnEventIsNeverRecordedTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		if err := put(t, open(t, db, r), "one", nil); err != nil {
			t.Fatal(err)
		}
		// The process died after the record was written, and before the outbox was emptied.
		e := r.Events()[0]
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(t.Context(), "INSERT INTO event_outbox (id, node, body, created_at) VALUES ($1, 'a', $2, 1)", e.UID.String(), body)
		if err != nil {
			t.Fatal(err)
		}
		open(t, db, r)
		if n := len(r.Events()); n != 1 || count(t, db, waiting) != 0 {
			t.Errorf("the record has %d events, and %d wait", n, count(t, db, waiting))
		}
	})
}

func TestWhatMayBeRecordedAlreadyWaitsForARecordThatCanBeRead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		if err := put(t, open(t, db, r), "one", nil); err != nil {
			t.Fatal(err)
		}
		e := r.Events()[0]
		body, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), "INSERT INTO event_outbox (id, node, body, created_at) VALUES ($1, 'a', $2, 1)", e.UID.String(), body); err != nil {
			t.Fatal(err)
		}
		r.Break(errBroken)
		if _, err := outbox.New(t.Context(), db, breaking{r}, "a", time.Now, slog.New(slog.DiscardHandler)); !errors.Is(err, errBroken) {
			t.Errorf("with a record that cannot be read it says %v", err)
		}
		if n := count(t, db, waiting); n != 1 {
			t.Errorf("%d events wait, want the one that nobody knows about", n)
		}
	})
}

func TestAfterRunsOnlyForWhatStands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := open(t, db, new(outboxtest.Record))
		ran := 0
		for _, end := range []error{nil, errBroken} {
			_ = o.Do(t.Context(), func(c *outbox.Change) error {
				c.After(func(context.Context) { ran++ })
				return end
			})
		}
		if ran != 1 {
			t.Errorf("it ran %d times", ran)
		}
	})
}
