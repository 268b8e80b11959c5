package event

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/tenward/tenward/event/segment"
)

// cursor reads durable frames one by one, from file to file.
type cursor struct {
	log  *Log
	at   place
	seq  uint64 // of the frame last read
	file *os.File
	r    *segment.Reader
}

func (l *Log) cursorAt(p place) *cursor { return &cursor{log: l, at: p} }

// cursorBefore gives a cursor whose next event is seq.
func (l *Log) cursorBefore(seq uint64) (*cursor, error) {
	files, err := segments(l.dir)
	if err != nil {
		return nil, err
	}
	c := l.cursorAt(place{})
	if i, exact := slices.BinarySearch(files, seq); exact {
		c.begin(files[i])
	} else if len(files) > 0 {
		c.begin(files[max(i-1, 0)])
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
		c := l.cursorAt(l.end)
		c.seq = l.begun
		return c, nil
	}
	c := l.cursorAt(newest[0])
	if _, err := c.frame(); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// begin puts the cursor before a file's first event.
func (c *cursor) begin(file uint64) {
	c.at, c.seq = place{file: file}, file-1
}

// next gives the next durable event; nil when there is none yet.
func (c *cursor) next(ctx context.Context) (*Event, error) {
	frame, err := c.frame()
	if err != nil || frame.Seq == 0 {
		return nil, err
	}
	return decode(ctx, c.log.o.Keys, frame.Payload)
}

// frame gives the next durable frame; the zero one when there is none yet. What a buffer holds may have been read
// while it was being written, or from a file that another has replaced since: only what a file says that was just
// opened counts.
func (c *cursor) frame() (segment.Frame, error) {
	for fresh := false; c.seq < c.log.durable.Load(); {
		if c.file == nil {
			if err := c.open(); err != nil {
				return segment.Frame{}, err
			}
			fresh = true
		}
		frame, err := c.r.Next()
		if err == nil {
			c.seq, c.at.offset = frame.Seq, c.r.Offset()
			return frame, nil
		}
		if err := c.close(); err != nil {
			return segment.Frame{}, err
		}
		if !fresh {
			continue
		}
		if !errors.Is(err, io.EOF) {
			return segment.Frame{}, fmt.Errorf("read segment %d: %w", c.at.file, err)
		}
		if err := c.following(); err != nil {
			return segment.Frame{}, err
		}
		fresh = false
	}
	return segment.Frame{}, nil
}

// open opens the file and goes to the offset.
func (c *cursor) open() error {
	if c.at.file == 0 {
		files, err := segments(c.log.dir)
		if err != nil {
			return err
		}
		if len(files) == 0 {
			return errors.New("the segments are gone")
		}
		c.begin(files[0])
	}
	f, err := os.Open(segmentPath(c.log.dir, c.at.file))
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	r, err := segment.ReaderAt(f, max(c.at.offset, segment.HeaderSize))
	if err != nil {
		return errors.Join(fmt.Errorf("read segment %d: %w", c.at.file, err), f.Close())
	}
	c.file, c.r = f, r
	return nil
}

// following goes to the next file.
func (c *cursor) following() error {
	files, err := segments(c.log.dir)
	if err != nil {
		return err
	}
	i := slices.Index(files, c.at.file)
	if i < 0 || i+1 >= len(files) || files[i+1] != c.seq+1 {
		return fmt.Errorf("event %d is not in the segments any more", c.seq+1)
	}
	c.at = place{file: files[i+1]}
	return nil
}

func (c *cursor) close() error {
	if c.file == nil {
		return nil
	}
	err := c.file.Close()
	c.file, c.r = nil, nil
	return err
}
