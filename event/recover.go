package event

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/problem"
)

// place is where a frame stands.
type place struct {
	file   uint64 // the segment that begins with this sequence number
	offset int64
}

// position is where the log goes on.
type position struct {
	file  uint64 // 0: no segment yet
	size  int64
	day   int64 // days since 1970 UTC of the segment's start
	seq   uint64
	chain segment.Hash
	prev  segment.Hash // the chain hash before the segment's header
}

// segments lists the files of dir by their first sequence number.
func segments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	var list []uint64
	for _, e := range entries {
		if first, ok := segment.ParseName(e.Name()); ok {
			list = append(list, first)
		}
	}
	slices.Sort(list)
	return list, nil
}

func segmentPath(dir string, first uint64) string { return filepath.Join(dir, segment.Name(first)) }

// recovery finds where the log goes on after a stop of any kind.
//
// A write that was under way when the process was killed is cut off and kept beside the file: nobody was told that it
// is durable. Anything else that does not fit is damage, and the log is not continued over it.
type recovery struct {
	dir    string
	sealed uint64 // last sequence number that the tree covers
	log    *slog.Logger
	sealer *sealer // is given what lies behind, in order
	recent *ring   // is given every place that is met
}

func (r recovery) run() (position, error) {
	files, err := segments(r.dir)
	if err != nil {
		return position{}, err
	}
	if files, err = r.dropHeaderless(files); err != nil {
		return position{}, err
	}
	var at position
	for i, first := range files {
		last := i == len(files)-1
		if !last && files[i+1] <= r.sealed+1 {
			continue // its frames are sealed; verify looks at them
		}
		found, err := r.segment(first, last)
		if err == nil && at.file == 0 && first > r.sealed+1 {
			err = fmt.Errorf("events %d to %d, which nothing has sealed, are missing before it", r.sealed+1, first-1)
		}
		if err == nil && at.file > 0 && (found.prev != at.chain || first != at.seq+1) {
			err = errors.New("its header does not follow from the file before")
		}
		if err != nil {
			return position{}, damaged(r.dir, first, err)
		}
		at = found
	}
	if at.seq < r.sealed {
		return position{}, problem.New("event.record.cut", fmt.Sprintf("The record in %s ends at event %d, but its tree has sealed %d.", r.dir, at.seq, r.sealed),
			"Run `tenward log verify` on it, then restore the record from a backup, or move the folder aside to begin a new one.")
	}
	return at, nil
}

// dropHeaderless takes the last segment away when the process was killed while it was being begun: nothing stands in
// it yet, and the segment before goes on.
func (r recovery) dropHeaderless(files []uint64) ([]uint64, error) {
	if len(files) == 0 {
		return files, nil
	}
	first := files[len(files)-1]
	f, err := os.Open(segmentPath(r.dir, first))
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	_, err = segment.NewReader(f)
	if err == nil || first <= r.sealed || info.Size() > segment.HeaderSize {
		return files, nil // whole, or damaged: segment says which
	}
	if err := r.cutTail(first, &segment.DamageError{Why: err.Error()}); err != nil {
		return nil, err
	}
	return files[:len(files)-1], nil
}

func damaged(dir string, first uint64, err error) error {
	return problem.New("event.record.damaged", fmt.Sprintf("The record is damaged in %s.", segmentPath(dir, first)),
		"Run `tenward log verify` on it, then restore the record from a backup, or move the folder aside to begin a new one.").Because(err)
}

// segment reads one segment to its end, or to the torn write at its end, which it cuts off.
func (r recovery) segment(first uint64, last bool) (position, error) {
	f, err := os.Open(segmentPath(r.dir, first))
	if err != nil {
		return position{}, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	s, err := segment.NewReader(f)
	if err != nil {
		return position{}, err
	}
	at := position{file: first, size: segment.HeaderSize, day: s.Header.Start / dayMicros, seq: s.Header.First - 1, chain: s.Header.Seed(), prev: s.Header.Prev}
	if s.Header.First != first {
		return position{}, errors.New("its name and its header name different events")
	}
	for {
		frame, err := s.Next()
		var cut *segment.DamageError
		switch {
		case errors.Is(err, io.EOF):
			return at, nil
		case errors.As(err, &cut) && last:
			return at, r.torn(f, at, cut)
		case err != nil:
			return position{}, err
		case frame.Seq != at.seq+1 || segment.ChainOf(at.chain, frame) != frame.Chain:
			return position{}, fmt.Errorf("event %d at byte %d does not follow from the one before", frame.Seq, frame.Offset)
		}
		at.seq, at.chain, at.size = frame.Seq, frame.Chain, s.Offset()
		r.recent.add(place{first, frame.Offset})
		if frame.Seq > r.sealed {
			r.sealer.take(frame.Seq, frame.Chain)
		}
	}
}

// torn cuts the last segment off where its last write was torn. What was acknowledged is never cut: that it is
// damaged is said, and the log is not continued.
func (r recovery) torn(f *os.File, at position, cut *segment.DamageError) error {
	acknowledged, err := segment.Acknowledged(f, cut.Offset, at.seq)
	if err != nil {
		return err
	}
	if acknowledged {
		return fmt.Errorf("event %d was acknowledged and cannot be read: %w", at.seq+1, cut)
	}
	if at.seq < r.sealed {
		return nil // run says what is missing
	}
	return r.cutTail(at.file, cut)
}

// cutTail takes a torn tail off the last segment and keeps it beside it.
func (r recovery) cutTail(first uint64, at *segment.DamageError) error {
	path := segmentPath(r.dir, first)
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // in our own folder
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // what was written was synced
	kept := fmt.Sprintf("%s.%d.torn", path, at.Offset)
	bytes, err := keep(kept, f, at.Offset)
	if err != nil {
		return fmt.Errorf("keep torn tail: %w", err)
	}
	r.log.Warn("the record's last write was torn by a stop; it was acknowledged to nobody and is kept aside", "file", kept, "bytes", bytes, "why", at.Why)
	if at.Offset == 0 {
		return errors.Join(os.Remove(path), syncDir(r.dir))
	}
	if err := f.Truncate(at.Offset); err != nil {
		return fmt.Errorf("cut torn tail: %w", err)
	}
	return f.Sync()
}

// keep copies what stands from an offset on into a file of its own.
func keep(path string, from io.ReaderAt, offset int64) (n int64, err error) {
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // in our own folder
	if err != nil {
		return 0, err
	}
	n, err = io.Copy(to, io.NewSectionReader(from, offset, 1<<62))
	return n, errors.Join(err, to.Sync(), to.Close())
}
