package index

import (
	"context"
	"slices"
	"strings"
)

// Count is how many events a query finds.
func (x *Index) Count(ctx context.Context, q Query) (int64, error) {
	var n int64
	err := x.tally(ctx, q, nil, func(_ *file, _ []int64, count int64) error {
		n += count
		return nil
	})
	return n, err
}

// tally counts what a query finds in each combination of some columns, day by day. A combination may come several times.
// Columns are those of events; the minutes answer where they can.
func (x *Index) tally(ctx context.Context, q Query, columns []string, take func(f *file, values []int64, count int64) error) error {
	return x.each(ctx, q, false, func(f *file, s span) (bool, error) {
		p, err := f.plan(ctx, q)
		if err != nil || p.never {
			return true, err
		}
		return true, f.tally(ctx, p, rowsOf(f.day, s), columns, func(values []int64, count int64) error { return take(f, values, count) })
	})
}

// tally splits rows into whole minutes, which are counted already, and what is left of the first and the last.
func (f *file) tally(ctx context.Context, p *plan, r rows, columns []string, take func([]int64, int64) error) error {
	first, last := (r.from+minuteRows-1)/minuteRows*minuteRows, r.to/minuteRows*minuteRows
	if !p.counted || !counted(columns) || first >= last {
		return f.tallyRows(ctx, p, r, columns, take)
	}
	for _, edge := range []rows{{r.from, first}, {last, r.to}} {
		if edge.from < edge.to {
			if err := f.tallyRows(ctx, p, edge, columns, take); err != nil {
				return err
			}
		}
	}
	where, args, _ := p.whereMinutes(rows{first, last})
	return f.group(ctx, "minutes e", where, args, "sum(e.n)", columns, take)
}

func (f *file) tallyRows(ctx context.Context, p *plan, r rows, columns []string, take func([]int64, int64) error) error {
	where, args := p.where(r)
	return f.group(ctx, p.from, where, args, "count(*)", columns, take)
}

// counted says whether the minutes have all the columns.
func counted(columns []string) bool {
	return !slices.ContainsFunc(columns, func(c string) bool {
		return !slices.ContainsFunc(fields, func(f Field) bool { return "e."+f.column == c && f.counted })
	})
}

// group runs one grouped count.
func (f *file) group(ctx context.Context, from, where string, args []any, count string, columns []string, take func([]int64, int64) error) error {
	list := strings.Join(columns, ", ")
	text := "SELECT " + count //nolint:gosec // of our own words; values are bound
	if list != "" {
		text += ", " + list
	}
	text += " FROM " + from + " WHERE " + where
	if list != "" {
		text += " GROUP BY " + list
	}
	found, err := f.read.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer found.Close() //nolint:errcheck // Err says what went wrong
	var n *int64
	values := make([]int64, len(columns))
	into := make([]any, 1+len(columns))
	into[0] = &n
	for i := range values {
		into[1+i] = &values[i]
	}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return err
		}
		if n == nil { // the sum of no minutes
			continue
		}
		if err := take(values, *n); err != nil {
			return err
		}
	}
	return found.Err()
}
