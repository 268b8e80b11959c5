package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"time"

	"github.com/tenward/tenward/event"
)

// MaxPage is how many rows a page has at most.
const MaxPage = 100

// Row is what the index knows of one event: enough for a line of a list.
type Row struct {
	ID       event.ID
	Time     time.Time
	Node     string
	Seq      uint64
	Class    event.Class
	Severity event.Severity
	Kind     string
	Verdict  event.Verdict
	Stage    string
	Service  string
	Message  string
	Method   string // as all up to Latency, empty for what is no exchange
	Host     string
	Path     string
	Query    string
	Status   int
	Latency  time.Duration
	Client   netip.Addr // invalid when there is none, or when it was forgotten
	Person   string     // the id of who acted
	Rules    []string   // the ids of what matched

	day Day
	row int64
}

// Page is a part of what was found, the newest first.
type Page struct {
	Rows  []Row
	Newer string // the cursor of the page before; empty when this is the first
	Older string // the cursor of the page behind; empty when this is the last
}

// Search gives one page of what a query finds: the newest, or what lies beside a cursor that another page of the same
// query gave. It has up to limit rows, 0 is MaxPage. Rows that come in meanwhile move nothing.
func (x *Index) Search(ctx context.Context, q Query, cursor string, limit int) (Page, error) {
	at, err := parsePlace(cursor)
	if err != nil {
		return Page{}, err
	}
	if limit <= 0 || limit > MaxPage {
		limit = MaxPage
	}
	newer := at != nil && at.newer
	var found []Row
	err = x.each(ctx, q, newer, func(f *file, s span) (bool, error) {
		r := rowsOf(f.day, s)
		if at != nil {
			r = r.beside(*at, f.day)
		}
		if r.from >= r.to {
			return true, nil
		}
		p, err := f.plan(ctx, q)
		if err != nil || p.never {
			return true, err
		}
		list, err := f.find(ctx, p, r, newer, limit+1-len(found))
		found = append(found, list...)
		return len(found) <= limit, err
	})
	if err != nil {
		return Page{}, err
	}
	more := len(found) > limit
	found = found[:min(len(found), limit)]
	if newer {
		slices.Reverse(found)
	}
	page := Page{Rows: found}
	if len(found) == 0 {
		if at != nil { // back to where it came from
			if newer {
				page.Older = place{false, at.day, at.row + 1}.String()
			} else {
				page.Newer = place{true, at.day, max(at.row-1, 0)}.String()
			}
		}
		return page, nil
	}
	first, last := found[0], found[len(found)-1]
	if newer && more || at != nil && !newer {
		page.Newer = place{true, first.day, first.row}.String()
	}
	if !newer && more || newer {
		page.Older = place{false, last.day, last.row}.String()
	}
	return page, nil
}

// beside leaves the rows of a day that lie in the cursor's direction.
func (r rows) beside(at place, d Day) rows {
	switch {
	case at.newer && d < at.day, !at.newer && d > at.day:
		return rows{}
	case d != at.day:
	case at.newer:
		r.from = max(r.from, at.row+1)
	default:
		r.to = min(r.to, at.row)
	}
	return r
}

// each calls ask for the days of a query's window that have a file, the newest first or last, until it says false.
func (x *Index) each(ctx context.Context, q Query, oldestFirst bool, ask func(*file, span) (more bool, err error)) error {
	window, err := x.window(q)
	if err != nil {
		return err
	}
	done, err := x.ask(ctx)
	if err != nil {
		return err
	}
	defer done()
	days, err := daysIn(x.dir)
	if err != nil {
		return err
	}
	if oldestFirst {
		slices.Reverse(days)
	}
	for _, d := range days {
		s := window.clip(daySpan(d))
		if s.empty() {
			continue
		}
		more, err := x.inDay(ctx, d, func(f *file) (bool, error) { return ask(f, s) })
		if err != nil {
			return fmt.Errorf("search day %s of the index: %w", d, err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// inDay asks one day. One that turns out to be damaged is set aside and answers nothing.
func (x *Index) inDay(ctx context.Context, d Day, ask func(*file) (bool, error)) (more bool, err error) {
	f, release, err := x.shelf.take(ctx, d, false)
	if errors.Is(err, fs.ErrNotExist) { // it was dropped just now
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer release()
	more, err = ask(f)
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if damaged(err) {
		if aside := x.shelf.setAside(ctx, f, err); aside != nil {
			return false, aside
		}
		return false, errDamaged.Because(err)
	}
	return more, err
}
