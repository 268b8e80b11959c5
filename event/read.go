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

// Find gives the event of this id, and its recorded form with the personal fields sealed.
func (l *Log) Find(ctx context.Context, id ID) (*Event, []byte, error) {
	if err := l.flush(ctx); err != nil {
		l.o.Logger.Debug("looking for an event while the record cannot be written", "error", err)
	}
	files, err := segments(l.dir)
	if err != nil {
		return nil, nil, err
	}
	for _, first := range files {
		payload, err := l.findIn(ctx, first, id)
		if err != nil {
			return nil, nil, err
		}
		if payload != nil {
			e, err := decode(ctx, l.o.Keys, payload)
			return e, payload, err
		}
	}
	return nil, nil, ErrNoEvent
}

// findIn looks through one segment; nil when the event is not there.
func (l *Log) findIn(ctx context.Context, first uint64, id ID) ([]byte, error) {
	f, err := os.Open(segmentPath(l.dir, first))
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := segment.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read segment %d: %w", first, err)
	}
	ms := id.Time().UnixMilli()
	if start := r.Header.Start / 1000; ms < start-longest.Milliseconds() || ms > start+dayMicros/1000+longest.Milliseconds() {
		return nil, nil
	}
	name := append([]byte(`"uid":"`), id.String()...)
	for ctx.Err() == nil {
		frame, there, err := r.Skip(func(at int64) bool { return at/1000 == ms })
		if err != nil {
			return nil, clean(err)
		}
		// The id stands in the first bytes; the same text further on would be quoted differently.
		if there && bytes.Contains(frame.Payload[:min(len(frame.Payload), 120)], name) {
			return bytes.Clone(frame.Payload), nil
		}
	}
	return nil, context.Cause(ctx)
}

// clean takes the end of what is written so far for what it is: the writer may be in the middle of the next frame.
func clean(err error) error {
	var damage *segment.DamageError
	if errors.Is(err, io.EOF) || errors.As(err, &damage) {
		return nil
	}
	return err
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

// cursor reads durable frames one by one, from file to file.
type cursor struct {
	log  *Log
	at   place
	seq  uint64 // of the frame last read
	file *os.File
	r    *segment.Reader
}

func (l *Log) cursorAt(p place) *cursor { return &cursor{log: l, at: p} }

// next gives the next durable event; nil when there is none yet.
func (c *cursor) next(ctx context.Context) (*Event, error) {
	frame, err := c.frame()
	if err != nil || frame.Seq == 0 {
		return nil, err
	}
	return decode(ctx, c.log.o.Keys, frame.Payload)
}

func (c *cursor) frame() (segment.Frame, error) {
	for {
		if c.seq >= c.log.durable.Load() {
			return segment.Frame{}, nil
		}
		if c.file == nil {
			if ok, err := c.open(); !ok {
				return segment.Frame{}, err
			}
		}
		frame, err := c.r.Next()
		if err == nil {
			c.seq, c.at.offset = frame.Seq, c.r.Offset()
			return frame, nil
		}
		if !errors.Is(err, io.EOF) {
			// The buffer may have been filled while the frame was being written: it is read afresh.
			again := c.at
			if err := c.close(); err != nil {
				return segment.Frame{}, err
			}
			c.at = again
			if ok, err := c.open(); !ok {
				return segment.Frame{}, err
			}
			if frame, err = c.r.Next(); err != nil {
				return segment.Frame{}, fmt.Errorf("read segment %d: %w", c.at.file, err)
			}
			c.seq, c.at.offset = frame.Seq, c.r.Offset()
			return frame, nil
		}
		if moved, err := c.following(); err != nil || !moved {
			return segment.Frame{}, err
		}
	}
}

// open opens the file and goes to the offset.
func (c *cursor) open() (bool, error) {
	if c.at.file == 0 {
		files, err := segments(c.log.dir)
		if err != nil || len(files) == 0 {
			return false, err
		}
		c.at = place{file: files[0]}
	}
	f, err := os.Open(segmentPath(c.log.dir, c.at.file))
	if err != nil {
		return false, fmt.Errorf("open segment: %w", err)
	}
	c.file = f
	if c.at.offset == 0 {
		c.at.offset = segment.HeaderSize
	}
	c.r, err = segment.ReaderAt(f, c.at.offset)
	if err != nil {
		return false, fmt.Errorf("read segment %d: %w", c.at.file, err)
	}
	return true, nil
}

// following goes to the next file, if there is one.
func (c *cursor) following() (bool, error) {
	files, err := segments(c.log.dir)
	if err != nil {
		return false, err
	}
	i := slices.Index(files, c.at.file)
	if i < 0 || i+1 >= len(files) {
		// More may come into this file: a fresh buffer reads on from here.
		return false, c.close()
	}
	if err := c.close(); err != nil {
		return false, err
	}
	c.at = place{file: files[i+1]}
	return true, nil
}

func (c *cursor) close() error {
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file, c.r = nil, nil
	return err
}
