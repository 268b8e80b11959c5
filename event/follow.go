package event

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// maxBatchRead is how many events a reader gets at once.
const maxBatchRead = 500

// Follow hands the events behind a reader's stored cursor to read, in order and in batches, and then each new one,
// until ctx ends. The cursor moves only after read succeeded, so an event may come twice, and none is left out. A
// read that fails is tried again a second later.
func (l *Log) Follow(ctx context.Context, reader string, read func(context.Context, []*Event) error) error {
	next, _, err := l.o.Cursors.Cursor(ctx, reader)
	if err != nil {
		return fmt.Errorf("follow record as %s: %w", reader, err)
	}
	c, err := l.cursorBefore(max(next, 1))
	if err != nil {
		return fmt.Errorf("follow record as %s: %w", reader, err)
	}
	defer c.close() //nolint:errcheck // it was only read
	for ctx.Err() == nil {
		more := l.written.wait()
		batch, err := c.batch(ctx)
		if err != nil {
			return fmt.Errorf("follow record as %s: %w", reader, err)
		}
		if len(batch) == 0 {
			select {
			case <-more:
			case <-ctx.Done():
			}
			if l.isClosed() {
				return nil
			}
			continue
		}
		for {
			err := read(ctx, batch)
			if err == nil {
				err = l.o.Cursors.SetCursor(ctx, reader, batch[len(batch)-1].Seq+1)
			}
			if err == nil {
				break
			}
			l.o.Logger.Error("a reader of the record failed and tries again", "reader", reader, "error", err)
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return nil
			}
		}
	}
	return nil
}

func (l *Log) isClosed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// cursorBefore gives a cursor whose next event is seq.
func (l *Log) cursorBefore(seq uint64) (*cursor, error) {
	files, err := segments(l.dir)
	if err != nil {
		return nil, err
	}
	c := l.cursorAt(place{})
	if i, exact := slices.BinarySearch(files, seq); exact {
		c.at.file = files[i]
	} else if i > 0 {
		c.at.file = files[i-1]
	}
	for c.seq+1 < seq {
		frame, err := c.frame()
		if err != nil {
			return nil, errors.Join(err, c.close())
		}
		if frame.Seq == 0 {
			break // the record is shorter than the cursor says
		}
	}
	return c, nil
}

// cursorAtEnd gives a cursor behind the newest event.
func (l *Log) cursorAtEnd() (*cursor, error) {
	newest := l.recent.newest(1)
	if len(newest) == 0 {
		return l.cursorAt(place{}), nil
	}
	c := l.cursorAt(newest[0])
	if _, err := c.frame(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *cursor) batch(ctx context.Context) ([]*Event, error) {
	var batch []*Event
	for len(batch) < maxBatchRead {
		e, err := c.next(ctx)
		if err != nil || e == nil {
			return batch, err
		}
		batch = append(batch, e)
	}
	return batch, nil
}

// Tail gives each new batch of events from now on until ctx ends, then closes the channel. Whoever takes them too
// slowly misses the oldest: the record has them all, this is only for watching.
func (l *Log) Tail(ctx context.Context) <-chan []*Event {
	out := make(chan []*Event, 16)
	go func() {
		defer close(out)
		c, err := l.cursorAtEnd()
		if err != nil {
			l.o.Logger.Error("the record cannot be watched", "error", err)
			return
		}
		defer c.close() //nolint:errcheck // it was only read
		for ctx.Err() == nil && !l.isClosed() {
			more := l.written.wait()
			batch, err := c.batch(ctx)
			if err != nil {
				l.o.Logger.Error("the record cannot be watched", "error", err)
				return
			}
			if len(batch) > 0 {
				offerNewest(out, batch)
				continue
			}
			select {
			case <-more:
			case <-ctx.Done():
			}
		}
	}()
	return out
}

// offerNewest makes room by throwing the oldest away.
func offerNewest(out chan []*Event, batch []*Event) {
	for {
		select {
		case out <- batch:
			return
		default:
		}
		select {
		case <-out:
		default:
		}
	}
}
