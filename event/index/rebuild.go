package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tenward/tenward/event"
)

// A Reader hands all events of the record to feed, in batches.
type Reader func(ctx context.Context, feed func(context.Context, []*event.Event) error) error

// Incomplete lists the days whose file was set aside because it was damaged or of another version. Until Rebuild has
// filled them, they have only what was fed since; searches that touch them find too little.
func (x *Index) Incomplete() ([]Day, error) { return daysWith(x.dir, asideExtension) }

// Rebuild fills the days that are incomplete from the record; new events can be fed at the same time. When it is cut
// short, the days stay incomplete, and the next time goes over what is there already.
func (x *Index) Rebuild(ctx context.Context, read Reader) error {
	days, err := x.Incomplete()
	if err != nil || len(days) == 0 {
		return err
	}
	before := make([]fs.FileInfo, len(days))
	for i, d := range days {
		if before[i], err = os.Stat(asidePath(x.dir, d)); err != nil {
			return fmt.Errorf("rebuild index: %w", err)
		}
	}
	err = read(ctx, func(ctx context.Context, batch []*event.Event) error {
		x.writing.Lock()
		defer x.writing.Unlock()
		return x.feed(ctx, batch, days)
	})
	if err != nil {
		return fmt.Errorf("rebuild index: %w", err)
	}
	x.writing.Lock()
	defer x.writing.Unlock()
	for i, d := range days {
		now, err := os.Stat(asidePath(x.dir, d))
		if err == nil && os.SameFile(now, before[i]) { // else the day broke again, or was dropped
			err = os.Remove(asidePath(x.dir, d))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("rebuild index: %w", err)
		}
	}
	return nil
}
