package console

import (
	"context"
	"fmt"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
)

// figure is a number and the rows that it counts.
type figure struct {
	Verdict string `json:"verdict"`
	Query   string `json:"query"` // with both ends of its time, so that it finds the same rows tomorrow
	Count   int64  `json:"count"`
}

// Link leads to exactly the rows that were counted.
func (f figure) Link() string { return eventsOf(f.Query) }

// Word is what people call it.
func (f figure) Word() string {
	if f.Verdict == event.Errored.String() {
		return "errors"
	}
	return f.Verdict
}

// Became is how people say it of some requests: 3 passed, 1 failed.
func (f figure) Became() string {
	if f.Verdict == event.Errored.String() {
		return "failed"
	}
	return f.Verdict
}

// lastHour counts what became of requests. Its end is the last whole second: what comes later lies behind it, and is in no
// row that a link leads to.
func (c *Console) lastHour(ctx context.Context) ([]figure, error) {
	now := c.o.Now().UTC()
	to := now.Truncate(time.Second)
	all, err := peopleWithin(now, to.Add(-time.Hour), to)
	if err != nil {
		return nil, err
	}
	facets, err := c.o.Index.Facets(ctx, all, "verdict")
	if err != nil {
		return nil, fmt.Errorf("count what became of requests: %w", err)
	}
	counts := map[string]int64{}
	for _, v := range facets[0].Values {
		counts[v.Value] = v.Count
	}
	list := make([]figure, 0, event.Errored)
	for v := event.Passed; v <= event.Errored; v++ {
		q, err := all.With("verdict", v.String())
		if err != nil {
			return nil, err
		}
		list = append(list, figure{v.String(), q.String(), counts[v.String()]})
	}
	return list, nil
}

// ofPeople leaves out what Tenward tries on itself: what people do is counted.
const ofPeople = "-run:*"

// peopleWithin is within, for what is counted.
func peopleWithin(now, from, to time.Time) (index.Query, error) {
	q, err := within(now, from, to)
	if err != nil {
		return index.Query{}, err
	}
	return index.Parse(ofPeople+" "+q.String(), now)
}

// within is a query for a part of the time, whose link still finds the same rows tomorrow.
func within(now, from, to time.Time) (index.Query, error) {
	q, err := index.Parse("from:"+from.Format(time.RFC3339Nano), now)
	if err == nil {
		q, err = q.With("to", to.Format(time.RFC3339Nano))
	}
	return q, err
}
