package index

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/event"
)

// Feed takes events, in any order and also again: an event that is there already is left as it is. All events of a
// batch that lie in one day are one transaction; batches of some thousand are the cheapest. When it fails, a part of
// the batch may be there.
func (x *Index) Feed(ctx context.Context, batch []*event.Event) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	return x.feed(ctx, batch, nil)
}

// feed takes those of a batch whose day is among the wanted; nil wants all.
func (x *Index) feed(ctx context.Context, batch []*event.Event, wanted []Day) error {
	byDay := map[Day][]*event.Event{}
	for _, e := range batch {
		d := DayOf(e.Time)
		if d < firstDay || d > lastDay {
			return fmt.Errorf("feed index: the time of event %s is no time: %s", e.UID, e.Time.Format(time.RFC3339))
		}
		if d < x.dropped || wanted != nil && !slices.Contains(wanted, d) {
			continue
		}
		byDay[d] = append(byDay[d], e)
	}
	for d, events := range byDay {
		err := x.feedDay(ctx, d, events)
		if damaged(err) { // it is a new file now
			err = x.feedDay(ctx, d, events)
		}
		if err != nil {
			return fmt.Errorf("feed index: day %s: %w", d, err)
		}
	}
	return nil
}

func (x *Index) feedDay(ctx context.Context, d Day, events []*event.Event) error {
	f, release, err := x.shelf.take(ctx, d, true)
	if err != nil {
		return err
	}
	defer release()
	err = f.tx(ctx, func(tx *sql.Tx) error {
		w, err := f.feeding(ctx, tx)
		if err != nil {
			return err
		}
		for _, e := range inOrder(events) {
			if err := w.add(ctx, e, x.isForgotten(e)); err != nil {
				return fmt.Errorf("event %s: %w", e.UID, err)
			}
		}
		if err := w.countPaces(ctx, tx); err != nil {
			return err
		}
		return w.count(ctx, tx)
	})
	if damaged(err) {
		if aside := x.shelf.setAside(ctx, f, err); aside != nil {
			return aside
		}
	}
	return err
}

// inOrder gives events by time: the table grows at its end.
func inOrder(events []*event.Event) []*event.Event {
	earlier := func(a, b *event.Event) int { return cmp.Compare(a.Time.UnixMicro(), b.Time.UnixMicro()) }
	if !slices.IsSortedFunc(events, earlier) {
		events = slices.Clone(events)
		slices.SortStableFunc(events, earlier)
	}
	return events
}
