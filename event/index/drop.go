package index

import (
	"context"
	"slices"
	"time"
)

// Drop removes the days that ended before a moment. Events of them are not taken any more.
func (x *Index) Drop(ctx context.Context, before time.Time) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.dropped = max(x.dropped, DayOf(before))
	days, err := daysIn(x.dir)
	if err != nil {
		return err
	}
	aside, err := daysWith(x.dir, asideExtension)
	if err != nil {
		return err
	}
	for _, d := range slices.Concat(days, aside) {
		if d >= x.dropped {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := x.shelf.remove(d); err != nil {
			return err
		}
	}
	return nil
}
