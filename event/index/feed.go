package index

import (
	"bytes"
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

// add writes one event, unless it is there.
func (w *feeding) add(ctx context.Context, e *event.Event, forgotten bool) error {
	values, m, err := w.columns(ctx, e, forgotten)
	if err != nil {
		return err
	}
	row, isNew, err := w.place(ctx, e, values)
	if err != nil || !isNew {
		return err
	}
	w.minutes[m]++
	for _, r := range e.Rules[:min(len(e.Rules), maxRules)] {
		id, err := w.name(ctx, ruleID(r))
		if err != nil {
			return err
		}
		if _, err := w.rule.ExecContext(ctx, id, row); err != nil {
			return err
		}
	}
	var path, query string
	if e.HTTP != nil {
		path, query = cut(e.HTTP.Path, maxPath), cut(e.HTTP.Query, maxQuery)
	}
	own := ""
	if !forgotten {
		own = personal(e)
	}
	_, err = w.word.ExecContext(ctx, row, path, query, said(e.Kind, e.Message, extra(e)), own)
	return err
}

// said is what an event's words are besides those of the request.
func said(kind, message, extra string) string {
	return kind + "\n" + cut(message, maxMessage) + "\n" + extra
}

// place writes the event into the first free row of its microsecond, from the one that its id says.
func (w *feeding) place(ctx context.Context, e *event.Event, values []any) (row int64, isNew bool, err error) {
	first := rowAt(w.f.day, e.Time.UnixMicro())
	tie := int64(e.UID[13])<<16 | int64(e.UID[14])<<8 | int64(e.UID[15])
	for {
		row = first | tie
		values[0] = row
		done, err := w.event.ExecContext(ctx, values...)
		if err != nil {
			return 0, false, err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return row, true, err
		}
		var there []byte
		if err := w.is.QueryRowContext(ctx, row).Scan(&there); err != nil {
			return 0, false, err
		}
		if bytes.Equal(there, e.UID[:]) {
			return row, false, nil
		}
		tie = (tie + 1) & tieMask
	}
}

// columns are the values of a row, its number still to be set, and the minute that counts it.
func (w *feeding) columns(ctx context.Context, e *event.Event, forgotten bool) ([]any, minute, error) {
	var h event.HTTP
	if e.HTTP != nil {
		h = *e.HTTP
	}
	var person string
	if e.User != nil {
		person = e.User.UID
	}
	var ids [8]int64
	for i, name := range [...]string{e.Node, e.Service, e.Kind, e.Stage, h.Method, h.Host, person, e.Subject} {
		var err error
		if ids[i], err = w.name(ctx, cut(name, maxName)); err != nil {
			return nil, minute{}, err
		}
	}
	m := minute{
		at: (e.Time.UnixMicro() - w.f.day.micros()) / minuteMicros, node: ids[0], service: ids[1], kind: ids[2], stage: ids[3],
		class: int64(e.Class), severity: int64(e.Severity), verdict: int64(e.Verdict), status: int64(h.Status),
	}
	var client any
	if a := addressBytes(e.Source.Addr()); a != nil && !forgotten {
		client = a
	}
	return []any{
		nil, e.UID[:], int64(e.Seq), m.node, m.service, m.kind, m.class, m.severity, m.verdict, m.stage, m.status, //nolint:gosec // a place in a log
		ids[4], ids[5], ids[6], ids[7], h.Duration.Microseconds(), client, absent(cut(h.Path, maxPath)),
		absent(cut(h.Query, maxQuery)), absent(cut(e.Message, maxMessage)), absent(ruleIDs(e.Rules)), absent(extra(e)),
	}, m, nil
}
