package event

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tenward/tenward/event/segment"
)

// rotate begins a new segment when there is none, or the present one is full or of another day. One of another day in
// which nothing stands yet is begun again under its name: its header says from when on its events are.
func (w *writer) rotate() error {
	l := w.log
	now := l.o.Now().UnixMicro()
	if w.file != nil && w.at.size < l.o.SegmentSize && w.at.day == now/dayMicros {
		return nil
	}
	empty := w.file != nil && w.at.size == segment.HeaderSize
	if empty && w.at.day == now/dayMicros {
		return nil
	}
	head := segment.Header{Node: l.o.Node, First: w.at.seq + 1, Start: now, Prev: w.at.chain}
	if empty {
		head.Prev = w.at.prev
	}
	f, err := createSegment(l.dir, head)
	if err != nil {
		return err
	}
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			l.o.Logger.Warn("the full segment could not be closed", "error", err)
		}
	}
	w.file, w.dirty = f, false
	w.at = position{file: head.First, size: segment.HeaderSize, day: now / dayMicros, seq: w.at.seq, chain: head.Seed(), prev: head.Prev}
	return nil
}

// createSegment makes a file whose header and name are durable. Under its name there may be one that holds a header
// at most.
func createSegment(dir string, h segment.Header) (*os.File, error) {
	raw, err := h.Append(nil)
	if err != nil {
		return nil, err
	}
	path := segmentPath(dir, h.First)
	if info, err := os.Lstat(path); err == nil && (!info.Mode().IsRegular() || info.Size() > segment.HeaderSize) {
		return nil, fmt.Errorf("begin segment: something stands in %s already", path)
	}
	f, err := os.OpenFile(path+".tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("begin segment: %w", err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin segment: %w", err), f.Close(), ignoreMissing(os.Remove(f.Name())))
	}
	return f, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
