package console

import (
	"context"
	"fmt"
	"html/template"
	"sync"
	"time"

	"github.com/tenward/tenward/console/ui/chart"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
)

// The week is seven days of UTC, today the last. It is counted at most once a minute for all who look: it is about
// days, and a week of minutes is a lot to add up each second.
const (
	weekDays  = 7
	dayHours  = 24
	weekEvery = time.Minute
)

// hour is how many requests were refused within an hour.
type hour struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"` // not included; of the hour that runs, when it was counted
	Count int64     `json:"count"`

	query string
}

// Link leads to exactly the rows that were counted.
func (h hour) Link() string { return eventsOf(h.query) }

// week is the hours of the last seven days, the oldest first. It begins at midnight.
type week []hour

// weeks counts what was refused in each hour.
type weeks struct {
	index *index.Index
	now   func() time.Time

	mu     sync.Mutex
	looked time.Time
	last   week
}

// of gives the hours, counted within the last minute.
func (w *weeks) of(ctx context.Context) (week, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if age := now.Sub(w.looked); w.last == nil || age < 0 || age >= weekEvery {
		last, err := w.count(ctx, now)
		if err != nil {
			return nil, err
		}
		w.last, w.looked = last, now
	}
	return w.last, nil
}

func (w *weeks) count(ctx context.Context, now time.Time) (week, error) {
	now = now.UTC()
	first := now.Truncate(24*time.Hour).AddDate(0, 0, 1-weekDays)
	all, err := refusedWithin(now, first, now)
	if err != nil {
		return nil, err
	}
	buckets, err := w.index.Histogram(ctx, all, weekDays*dayHours)
	if err != nil {
		return nil, fmt.Errorf("count what was refused by hour: %w", err)
	}
	counts := map[time.Time]int64{}
	for _, b := range buckets {
		counts[b.From.Truncate(time.Hour)] += b.Count
	}
	var hours week
	for from := first; from.Before(now); from = from.Add(time.Hour) {
		to := from.Add(time.Hour)
		if to.After(now) {
			to = now
		}
		q, err := refusedWithin(now, from, to)
		if err != nil {
			return nil, err
		}
		hours = append(hours, hour{From: from, To: to, Count: counts[from], query: q.String()})
	}
	return hours, nil
}

// refusedWithin asks for what was refused in a part of the time.
func refusedWithin(now, from, to time.Time) (index.Query, error) {
	q, err := peopleWithin(now, from, to)
	if err != nil {
		return index.Query{}, err
	}
	return q.With("verdict", event.Refused.String())
}

// Sum is how many were refused in all of it.
func (w week) Sum() int64 {
	var n int64
	for _, h := range w {
		n += h.Count
	}
	return n
}

// Chart draws a day in each row. Hours with nothing say nothing and lead nowhere.
func (w week) Chart() template.HTML {
	h := chart.Heat{
		ID: "hours", Title: "Refused requests by hour, last seven days", Desc: fmt.Sprintf("%d requests were refused.", w.Sum()),
		Columns: make([]string, dayHours), Cells: make([][]chart.Cell, 0, weekDays),
	}
	for at := 0; at < dayHours; at += 4 {
		h.Columns[at] = fmt.Sprintf("%02d", at)
	}
	for i, one := range w {
		if i%dayHours == 0 {
			h.Rows = append(h.Rows, one.From.Format("Mon"))
			h.Cells = append(h.Cells, make([]chart.Cell, dayHours))
		}
		c := chart.Cell{Known: true, Value: float64(one.Count)}
		if one.Count > 0 {
			c.Says, c.Link = fmt.Sprintf("%d refused, %s", one.Count, one.From.Format("Mon 2 Jan, 15:04 UTC")), one.Link()
		}
		h.Cells[len(h.Cells)-1][i%dayHours] = c
	}
	return h.HTML()
}
