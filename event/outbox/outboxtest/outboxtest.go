// Package outboxtest is a record in memory, for tests of what makes changes.
package outboxtest

import (
	"context"
	"slices"
	"sync"

	"github.com/tenward/tenward/event"
)

// Record keeps what is appended. The zero value is ready to use.
type Record struct {
	mu     sync.Mutex
	events []event.Event
	broken error
}

// Break has everything that follows fail with this error; nil mends it.
func (r *Record) Break(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
}

// Append keeps an event.
func (r *Record) Append(_ context.Context, e *event.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return r.broken
	}
	r.events = append(r.events, *e)
	return nil
}

// Find gives an event that was appended.
func (r *Record) Find(_ context.Context, id event.ID) (*event.Event, []byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return nil, nil, r.broken
	}
	for i := range r.events {
		if r.events[i].UID == id {
			return &r.events[i], nil, nil
		}
	}
	return nil, nil, event.ErrNoEvent
}

// Health says whether Append works.
func (r *Record) Health() event.Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	return event.Health{Writable: r.broken == nil, Err: r.broken}
}

// Events are all so far.
func (r *Record) Events() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Kinds are the events' kinds, in order.
func (r *Record) Kinds() []string {
	events := r.Events()
	kinds := make([]string, 0, len(events))
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}
