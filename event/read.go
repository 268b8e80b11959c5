package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/tenward/tenward/event/segment"
)

// ErrNoEvent says that the record has no event of this id.
var ErrNoEvent = errors.New("no event of this id is in the record")

// longest is the longest time between an event's beginning and its being written that Find looks for: an exchange's
// event is written when the exchange ends.
const longest = 25 * time.Hour

// apart is how far an event's time and the time in its id may lie apart.
const apart = time.Second

// Find gives the event of this id, and its recorded form with the personal fields sealed.
func (l *Log) Find(ctx context.Context, id ID) (*Event, []byte, error) {
	if err := l.flush(ctx); err != nil {
		l.o.Logger.Debug("looking for an event while the record cannot be written", "error", err)
	}
	durable := l.durable.Load()
	files, err := segments(l.dir)
	if err != nil {
		return nil, nil, err
	}
	missing := ErrNoEvent
	for _, first := range files {
		if first > durable {
			break
		}
		payload, err := l.findIn(ctx, first, durable, id)
		var damage *segment.DamageError
		switch {
		case errors.As(err, &damage): // it may stand in another
			missing = damaged(l.dir, first, err)
		case err != nil:
			return nil, nil, err
		case payload != nil:
			e, err := decode(ctx, l.o.Keys, payload)
			return e, payload, err
		}
	}
	return nil, nil, missing
}

// findIn looks through what is durable of one segment; nil when the event is not there.
func (l *Log) findIn(ctx context.Context, first, durable uint64, id ID) ([]byte, error) {
	f, err := os.Open(segmentPath(l.dir, first))
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := segment.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read segment %d: %w", first, err)
	}
	at := id.Time().UnixMicro()
	if start := r.Header.Start; at < start-longest.Microseconds() || at > start+dayMicros+longest.Microseconds() {
		return nil, nil
	}
	name := append([]byte(`"uid":"`), id.String()...)
	near := func(time int64) bool { return time-at < apart.Microseconds() && at-time < apart.Microseconds() }
	for ctx.Err() == nil {
		frame, whole, err := r.Skip(near)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read segment %d: %w", first, err)
		}
		// The id stands in the first bytes; the same text further on would be quoted differently.
		if whole && bytes.Contains(frame.Payload[:min(len(frame.Payload), 120)], name) {
			return bytes.Clone(frame.Payload), nil
		}
		if frame.Seq >= durable {
			return nil, nil // the next may be being written
		}
	}
	return nil, context.Cause(ctx)
}

// Recent gives up to n of the newest events, newest first; at most 1,024.
func (l *Log) Recent(ctx context.Context, n int) ([]*Event, error) {
	places := l.recent.newest(n)
	events := make([]*Event, 0, len(places))
	for at := 0; at < len(places); {
		c := l.cursorAt(places[at])
		for ; at < len(places) && places[at].file == c.at.file; at++ {
			e, err := c.next(ctx)
			if err != nil || e == nil {
				return nil, errors.Join(err, c.close())
			}
			events = append(events, e)
		}
		if err := c.close(); err != nil {
			return nil, err
		}
	}
	slices.Reverse(events)
	return events, nil
}
