// Package outbox makes a change and its event one: the event is written into the database in the change's own
// transaction, and relayed to the record after it. A change that is rolled back leaves no event, and a process that
// dies between commit and record relays at its next start what it left behind.
//
// The pattern is known as the transactional outbox.
package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// record is the part of event.Log that is needed.
type record interface {
	Append(context.Context, *event.Event) error
	Find(context.Context, event.ID) (*event.Event, []byte, error)
	Health() event.Health
}

// Outbox relays events to one node's record.
type Outbox struct {
	db     *store.DB
	record record
	node   string
	now    func() time.Time
	log    *slog.Logger

	left atomic.Bool // something stayed in the outbox
}

// New makes the outbox of the node whose record this is, and relays what an earlier process left behind.
func New(ctx context.Context, db *store.DB, r record, node string, now func() time.Time, log *slog.Logger) (*Outbox, error) {
	o := &Outbox{db: db, record: r, node: node, now: now, log: log}
	if err := o.relayRest(ctx); err != nil {
		return nil, fmt.Errorf("relay events of committed changes: %w", err)
	}
	return o, nil
}

// Change is a transaction that says what it changes.
type Change struct {
	*store.Tx

	events []*event.Event
	after  []func(context.Context)
	now    time.Time
}

// Now is the time of the change: the same for its rows and its events.
func (c *Change) Now() time.Time { return c.now }

// Record has the event recorded if, and only if, the change is committed. Its id and its time are filled in.
func (c *Change) Record(e *event.Event) { c.events = append(c.events, e) }

// After runs f once the change is committed: caches, wake-ups. Its context does not end with whoever asked.
func (c *Change) After(f func(context.Context)) { c.after = append(c.after, f) }

// errUnwritable refuses what could not be recorded.
var errUnwritable = problem.New("event.record.unwritable", "This cannot be recorded now, so it was not done.",
	"Try again in a minute; whoever runs this server should look at its disk.")

// Do runs do in a transaction, commits it, and returns once its events are durable on the record. While the record
// cannot be written nothing is begun. do may run more than once, as in store.DB.Tx.
func (o *Outbox) Do(ctx context.Context, do func(*Change) error) error {
	if h := o.record.Health(); !h.Writable {
		return errUnwritable.Because(h.Err)
	}
	if o.left.Swap(false) {
		if err := o.relayRest(ctx); err != nil {
			o.left.Store(true)
			return errUnwritable.Because(err)
		}
	}
	var c *Change
	err := o.db.Tx(ctx, func(tx *store.Tx) error {
		c = &Change{Tx: tx, now: o.now()}
		if err := do(c); err != nil {
			return err
		}
		return o.put(ctx, c)
	})
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // the change stands now, whatever becomes of whoever asked for it
	for _, f := range c.after {
		f(ctx)
	}
	return o.relay(ctx, c.events)
}

// put writes the change's events into its transaction.
func (o *Outbox) put(ctx context.Context, c *Change) error {
	for _, e := range c.events {
		if e.UID == (event.ID{}) {
			e.UID = event.NewID(c.now)
		}
		if e.Time.IsZero() {
			e.Time = c.now
		}
		if err := Put(ctx, c.Tx, o.node, e, c.now); err != nil {
			return err
		}
	}
	return nil
}

// Put writes an event into a transaction, for the node whose record it is to reach: with its next start, or the next
// change that it makes. What was put at an earlier time is relayed before what was at a later one.
func Put(ctx context.Context, tx *store.Tx, node string, e *event.Event, at time.Time) error {
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write event %s: %w", e.Kind, err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO event_outbox (id, node, body, created_at) VALUES ($1, $2, $3, $4)",
		e.UID.String(), node, body, at.UnixMicro()); err != nil {
		return fmt.Errorf("put event %s: %w", e.Kind, err)
	}
	return nil
}

// relay moves events from the outbox to the record.
func (o *Outbox) relay(ctx context.Context, events []*event.Event) error {
	for _, e := range events {
		if err := o.record.Append(ctx, e); err != nil {
			o.left.Store(true) // the next change, or the next start, brings it
			return fmt.Errorf("record %s: %w", e.Kind, err)
		}
		if _, err := o.db.Exec(ctx, "DELETE FROM event_outbox WHERE id = $1", e.UID.String()); err != nil {
			o.left.Store(true)
			o.log.Warn("an event stays in the outbox", "event", e.UID.String(), "error", err)
		}
	}
	return nil
}

// relayRest relays what is in the outbox, unless the record has it already.
func (o *Outbox) relayRest(ctx context.Context) error {
	rows, err := o.db.Query(ctx, "SELECT body FROM event_outbox WHERE node = $1 ORDER BY created_at, id", o.node)
	if err != nil {
		return err
	}
	rest, err := store.All(rows, func(rows *sql.Rows, e **event.Event) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		return json.Unmarshal(body, e)
	})
	if err != nil {
		return err
	}
	for _, e := range rest {
		_, _, err := o.record.Find(ctx, e.UID)
		switch {
		case errors.Is(err, event.ErrNoEvent):
			if err := o.relay(ctx, []*event.Event{e}); err != nil {
				return err
			}
		case err != nil:
			return fmt.Errorf("look for event %s: %w", e.UID, err)
		default: // recorded, and the process died before it could say so here
			if _, err := o.db.Exec(ctx, "DELETE FROM event_outbox WHERE id = $1", e.UID.String()); err != nil {
				return err
			}
		}
	}
	return nil
}
