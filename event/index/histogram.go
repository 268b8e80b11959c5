package index

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/event"
)

// Bucket is how many rows of a query lie within one part of its time.
type Bucket struct {
	From, To time.Time // To is not included
	Count    int64
	Verdicts [event.Errored + 1]int64 // of these, by verdict
}

// MaxBuckets is how many parts a histogram has at most.
const MaxBuckets = 500

// widths are the lengths that parts have, so that their edges are times that people name.
var widths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
}

// Histogram counts what a query finds along its time, in up to as many parts as wanted. All parts have one length but
// the first and the last, which end where the time does. The counts add up to Count.
func (x *Index) Histogram(ctx context.Context, q Query, parts int) ([]Bucket, error) {
	window, err := x.window(q)
	if err != nil || window.empty() {
		return nil, err
	}
	width := widthOf(window, min(max(parts, 1), MaxBuckets))
	buckets := bucketsOf(window, width)
	err = x.each(ctx, q, false, func(f *file, s span) (bool, error) {
		p, err := f.plan(ctx, q)
		if err != nil || p.never {
			return true, err
		}
		return true, f.along(ctx, p, s, width, func(at int64, verdict event.Verdict, n int64) {
			b := &buckets[at/width-window.from/width]
			b.Count += n
			b.Verdicts[verdict] += n
		})
	})
	return buckets, err
}

// widthOf is the shortest length of which the window has no more parts than wanted, in microseconds.
func widthOf(window span, parts int) int64 {
	fits := func(width int64) bool { return (window.to-1)/width-window.from/width < int64(parts) }
	i := slices.IndexFunc(widths, func(d time.Duration) bool { return fits(d.Microseconds()) })
	if i >= 0 {
		return widths[i].Microseconds()
	}
	width := dayMicros
	for !fits(width) && width < window.to {
		width += dayMicros
	}
	return width
}

func bucketsOf(window span, width int64) []Bucket {
	var list []Bucket
	for at := window.from / width * width; at < window.to; at += width {
		s := span{at, at + width}.clip(window)
		list = append(list, Bucket{From: time.UnixMicro(s.from).UTC(), To: time.UnixMicro(s.to).UTC()})
	}
	return list
}

// along counts rows by part and verdict. Where parts are whole minutes, the minutes answer for those within.
func (f *file) along(ctx context.Context, p *plan, s span, width int64, take func(at int64, v event.Verdict, n int64)) error {
	r := rowsOf(f.day, s)
	first, last := (r.from+minuteRows-1)/minuteRows*minuteRows, r.to/minuteRows*minuteRows
	byRows := func(r rows) error {
		if r.from >= r.to {
			return nil
		}
		where, args := p.where(r)
		at := fmt.Sprintf("((%s >> %d) + %d) / %d", p.row, tieBits, f.day.micros(), width)
		return f.group(ctx, p.from, where, args, "count(*)", []string{at, "e.verdict"}, partTaker(width, take))
	}
	if !p.counted || width%minuteMicros != 0 || first >= last {
		return byRows(r)
	}
	for _, edge := range []rows{{r.from, first}, {last, r.to}} {
		if err := byRows(edge); err != nil {
			return err
		}
	}
	where, args, _ := p.whereMinutes(rows{first, last})
	at := fmt.Sprintf("(e.minute * %d + %d) / %d", minuteMicros, f.day.micros(), width)
	return f.group(ctx, "minutes e", where, args, "sum(e.n)", []string{at, "e.verdict"}, partTaker(width, take))
}

func partTaker(width int64, take func(int64, event.Verdict, int64)) func([]int64, int64) error {
	return func(values []int64, n int64) error {
		take(values[0]*width, event.Verdict(min(max(values[1], 0), int64(event.Errored))), n)
		return nil
	}
}
