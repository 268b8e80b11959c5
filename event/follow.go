package event

import (
	"context"
	"fmt"
	"time"
)

// What a reader gets at once. Readers that write into a database are the quicker the more that is.
const (
	maxBatchRead  = 4000
	maxBatchBytes = 8 << 20 // as recorded; reached by what strangers made long
)

// Follow hands the events behind a reader's stored cursor to read, in order and in batches, and then each new one,
// until ctx ends. The cursor moves only after read succeeded, so an event may come twice, and none is left out. A
// read that fails is tried again a second later.
func (l *Log) Follow(ctx context.Context, reader string, read func(context.Context, []*Event) error) error {
	next, _, err := l.o.Cursors.Cursor(ctx, reader)
	if err != nil {
		return fmt.Errorf("follow record as %s: %w", reader, err)
	}
	if next > l.begun+1 && next > l.durable.Load()+1 {
		// The record is shorter than it was: an older copy, or a new one. What this process writes is new for sure.
		l.o.Logger.Warn("the record ends before what a reader has read; it goes on with what is new", "reader", reader, "read", next-1, "end", l.begun)
		next = l.begun + 1
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
			if ctx.Err() != nil {
				return nil
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

func (c *cursor) batch(ctx context.Context) ([]*Event, error) {
	var batch []*Event
	for size := 0; len(batch) < maxBatchRead && size < maxBatchBytes; {
		frame, err := c.frame()
		if err != nil || frame.Seq == 0 {
			return batch, err
		}
		e, err := decode(ctx, c.log.o.Keys, frame.Payload)
		if err != nil {
			return batch, err
		}
		batch, size = append(batch, e), size+len(frame.Payload)
	}
	return batch, nil
}

// Tail gives each new batch of events from now on until ctx ends or the record is closed, then closes the channel.
// Whoever takes them too slowly misses the oldest: the record has them all, this is only for watching.
func (l *Log) Tail(ctx context.Context) <-chan []*Event {
	out := make(chan []*Event, 16)
	c, err := l.cursorAtEnd()
	if err != nil {
		l.o.Logger.Error("the record cannot be watched", "error", err)
		close(out)
		return out
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed { // nobody would wait for it
		close(out)
		_ = c.close() // it was only read
		return out
	}
	l.tailing.Go(func() {
		defer close(out)
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
	})
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
