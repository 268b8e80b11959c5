package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// Copy is the record as far as one signed checkpoint covers it. The record itself goes on meanwhile: nothing that a
// checkpoint covers is ever written again.
type Copy struct {
	dir            string
	checkpoint     []byte
	events, leaves uint64
}

// Copy waits until everything that was appended or offered before the call is under a signed checkpoint, and gives the
// record as that one covers it.
func (l *Log) Copy(ctx context.Context) (*Copy, error) {
	if err := l.flush(ctx); err != nil {
		return nil, fmt.Errorf("copy record: %w", err)
	}
	unsealed := problem.New("event.record.unsealed", "The newest events are not signed, so the record cannot be copied.",
		"Look at the disk of the data folder, and try again.")
	ctx, cancel := context.WithTimeoutCause(ctx, patience*l.o.Wait+l.o.CheckpointEvery, unsealed)
	defer cancel()
	for target := l.durable.Load(); ; {
		more := l.sealer.more.wait()
		if l.sealer.sealed.Load() >= target {
			break
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	raw, err := tiles.ReadCheckpoint(treeDir(l.dir))
	if err != nil {
		return nil, fmt.Errorf("copy record: %w", err)
	}
	c, err := tiles.ParseCheckpoint(raw, l.o.Signing.verifier)
	if err != nil {
		return nil, fmt.Errorf("copy record: %w", err)
	}
	leaf, err := tiles.LastOf(treeDir(l.dir), c.Size)
	if err != nil {
		return nil, fmt.Errorf("copy record: %w", err)
	}
	out := &Copy{dir: l.dir, checkpoint: raw, leaves: c.Size}
	if leaf != nil {
		last, err := parseBatch(leaf)
		if err != nil {
			return nil, fmt.Errorf("copy record: %w", err)
		}
		out.events = last.last()
	}
	return out, nil
}

// Extent is the sequence number of the last event, and how many leaves the checkpoint covers.
func (c *Copy) Extent() (events, leaves uint64) { return c.events, c.leaves }

// Each gives each file by its name below the record's folder: the key, the checkpoint and its tree, then the segments, the
// last of them as long as it was under the checkpoint.
func (c *Copy) Each(give func(name string, r io.Reader) error) error {
	key, err := tiles.ReadFile(keyFile(c.dir), maxKey)
	if err != nil {
		return fmt.Errorf("copy record: %w", err)
	}
	if err := give("key.pub", bytes.NewReader(key)); err != nil {
		return err
	}
	if err := give("log/checkpoint", bytes.NewReader(c.checkpoint)); err != nil {
		return err
	}
	if err := tiles.Files(treeDir(c.dir), c.leaves, func(path string, data []byte) error {
		return give("log/"+path, bytes.NewReader(data))
	}); err != nil {
		return err
	}
	files, err := segments(c.dir)
	if err != nil {
		return err
	}
	for i, first := range files {
		if first > c.events {
			break
		}
		last := i+1 == len(files) || files[i+1] > c.events
		if err := c.segment(first, last, give); err != nil {
			return err
		}
	}
	return nil
}

func (c *Copy) segment(first uint64, last bool, give func(string, io.Reader) error) (err error) {
	f, err := os.Open(segmentPath(c.dir, first))
	if err != nil {
		return fmt.Errorf("copy record: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	name := filepath.Base(f.Name())
	if !last {
		return give(name, f)
	}
	end, err := behind(f, c.events)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("copy record: find event %d in %s: %w", c.events, name, err)
	}
	return give(name, io.LimitReader(f, end))
}

// behind is where the event of this number ends.
func behind(r io.Reader, seq uint64) (int64, error) {
	s, err := segment.NewReader(r)
	if err != nil {
		return 0, err
	}
	for {
		frame, err := s.Next()
		if err != nil {
			return 0, err
		}
		if frame.Seq == seq {
			return s.Offset(), nil
		}
	}
}

// Restored is the event that a record goes on with after it was put back from a backup: whatever came between the backup
// and the restore is in it no more, and whoever holds a checkpoint of that time is told why it does not fit.
func Restored(now time.Time, details ...Detail) *Event {
	return &Event{
		UID: NewID(now), Time: now, Class: EventLogActivity, Activity: OtherActivity, Severity: High, Kind: "app.backup.restored",
		Message: "This was restored from a backup: what happened between the backup and this event is not in it.", Details: details,
	}
}
