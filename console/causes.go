package console

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tenward/tenward/event/index"
)

// maxCauses is how many causes are shown.
const maxCauses = 6

// stoppedEvents are the exchanges of the last hour that were not simply let through.
const stoppedEvents = "-verdict:passed -verdict:none " + ofPeople + " last:1h"

// cause is why requests were not let through, and how many events say so.
type cause struct {
	Name   string `json:"name"` // a rule, or the kind of events that no rule explains
	Reason string `json:"reason"`
	Count  int64  `json:"count"`

	query string
}

// Label is what a person reads: the reason, or the name where there is none.
func (c cause) Label() string { return cmp.Or(c.Reason, c.Name) }

// Link leads to exactly the rows that were counted.
func (c cause) Link() string { return eventsOf(c.query) }

// causes counts what stopped requests, once a second for all who look.
type causes struct {
	index *index.Index
	now   func() time.Time

	mu     sync.Mutex
	looked time.Time
	list   []cause
}

// of gives the causes, the most frequent first. The rows say what the rules look for.
func (c *causes) of(ctx context.Context, rows []row) ([]cause, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); c.list == nil || now.Sub(c.looked) >= everyUpdate || !renewed(ctx) {
		list, err := c.count(ctx, now)
		if err != nil {
			return nil, err
		}
		c.list, c.looked = list, now
	}
	said := map[string]string{}
	for _, r := range rows {
		said[r.Cause] = r.Reason
	}
	list := slices.Clone(c.list)
	for i := range list {
		list[i].Reason = said[list[i].Name]
	}
	return list, nil
}

func (c *causes) count(ctx context.Context, now time.Time) ([]cause, error) {
	list := []cause{}
	for field, query := range map[string]string{"rule": stoppedEvents, "kind": "-rule:* " + stoppedEvents} {
		q, err := index.Parse(query, now)
		if err != nil {
			return nil, err
		}
		facets, err := c.index.Facets(ctx, q, field)
		if err != nil {
			return nil, err
		}
		for _, v := range facets[0].Values {
			one, err := q.With(field, v.Value)
			if err != nil {
				continue // a name that no query can have
			}
			list = append(list, cause{Name: v.Value, Count: v.Count, query: one.String()})
		}
	}
	slices.SortFunc(list, func(a, b cause) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return list[:min(len(list), maxCauses)], nil
}
