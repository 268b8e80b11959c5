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

// recovery finds where the log goes on after a stop of any kind. sealed is the last sequence number that the tree
// covers: what lies behind it is given to each in the log's order, to be sealed.
//
// A frame that was being written when the process was killed is cut off and kept beside the file: nobody was told
// that it is durable. Anything else that does not fit is damage, and the log is not continued over it.
func recovery(dir string, sealed uint64, log *slog.Logger, unsealed func(segment.Frame), every func(place)) (position, error) {
	files, err := segments(dir)
	if err != nil {
		return position{}, err
	}
	if files, err = dropHeaderless(dir, files, sealed, log); err != nil {
		return position{}, err
	}
	var at position
	for i, first := range files {
		last := i == len(files)-1
		if !last && files[i+1] <= sealed+1 {
			continue // its frames are sealed; verify looks at them
		}
		found, cut, err := scan(dir, first, sealed, unsealed, every)
		switch {
		case err != nil:
		case cut != nil && last && found.seq >= sealed:
			err = cutTail(dir, first, cut, log)
		case cut != nil && last && cut.Short: // sealed events are missing at the end: said below
		case cut != nil:
			err = cut
		}
		if err == nil && at.seq > 0 && found.prev != at.chain {
			err = errors.New("its header does not follow from the file before")
		}
		if err != nil {
			return position{}, damaged(dir, first, err)
		}
		at = found.position
	}
	if at.seq < sealed {
		return position{}, problem.New("event.record.cut", fmt.Sprintf("The record in %s ends at event %d, but its tree has sealed %d.", dir, at.seq, sealed),
			"Run `tenward log verify` on it, then restore the record from a backup, or move the folder aside to begin a new one.")
	}
	return at, nil
}

// dropHeaderless takes the last segment away when the process was killed while it was being begun: nothing stands in
// it yet, and the segment before goes on.
func dropHeaderless(dir string, files []uint64, sealed uint64, log *slog.Logger) ([]uint64, error) {
	if len(files) == 0 {
		return files, nil
	}
	first := files[len(files)-1]
	f, err := os.Open(segmentPath(dir, first)) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	_, err = segment.NewReader(f)
	var cut *segment.DamageError
	if !errors.As(err, &cut) || first <= sealed {
		return files, nil // whole, or damaged: scan says which
	}
	if err := cutTail(dir, first, &segment.DamageError{Why: cut.Why}, log); err != nil {
		return nil, err
	}
	return files[:len(files)-1], nil
}

func damaged(dir string, first uint64, err error) error {
	return problem.New("event.record.damaged", fmt.Sprintf("The record is damaged in %s.", segmentPath(dir, first)),
		"Run `tenward log verify` on it, then restore the record from a backup, or move the folder aside to begin a new one.").Because(err)
}

type scanned struct {
	position
	prev segment.Hash
}

// scan reads one segment. cut is where a torn tail begins.
func scan(dir string, first, sealed uint64, unsealed func(segment.Frame), every func(place)) (found scanned, cut *segment.DamageError, err error) {
	f, err := os.Open(segmentPath(dir, first)) //nolint:gosec // in our own folder
	if err != nil {
		return found, nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := segment.NewReader(f)
	if errors.As(err, &cut) {
		return found, cut, nil
	}
	if err != nil {
		return found, nil, err
	}
	found.position = position{file: first, size: segment.HeaderSize, day: r.Header.Start / dayMicros, seq: r.Header.First - 1, chain: r.Header.Seed()}
	found.prev = r.Header.Prev
	if r.Header.First != first {
		return found, nil, errors.New("its name and its header name different events")
	}
	for {
		frame, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return found, nil, nil
		case errors.As(err, &cut):
			return found, cut, nil
		case err != nil:
			return found, nil, err
		case frame.Seq != found.seq+1 || segment.ChainOf(found.chain, frame.Time, frame.Seq, frame.Payload) != frame.Chain:
			return found, nil, fmt.Errorf("event %d at byte %d does not follow from the one before", frame.Seq, frame.Offset)
		}
		found.seq, found.chain, found.size = frame.Seq, frame.Chain, r.Offset()
		every(place{first, frame.Offset})
		if frame.Seq > sealed {
			unsealed(frame)
		}
	}
}

// cutTail takes a torn tail off the last segment and keeps it beside it.
func cutTail(dir string, first uint64, at *segment.DamageError, log *slog.Logger) error {
	path := segmentPath(dir, first)
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // in our own folder
	if err != nil {
		return fmt.Errorf("open segment: %w", err)
	}
	defer f.Close() //nolint:errcheck // what was written was synced
	torn, err := io.ReadAll(io.NewSectionReader(f, at.Offset, 1<<30))
	if err != nil {
		return fmt.Errorf("read torn tail: %w", err)
	}
	kept := fmt.Sprintf("%s.%d.torn", path, at.Offset)
	if err := os.WriteFile(kept, torn, 0o600); err != nil {
		return fmt.Errorf("keep torn tail: %w", err)
	}
	log.Warn("the record's last write was torn by a stop; it was acknowledged to nobody and is kept aside", "file", kept, "bytes", len(torn), "why", at.Why)
	if at.Offset == 0 {
		return os.Remove(path)
	}
	if err := f.Truncate(at.Offset); err != nil {
		return fmt.Errorf("cut torn tail: %w", err)
	}
	return f.Sync()
}
