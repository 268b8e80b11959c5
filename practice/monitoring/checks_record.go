package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const (
	kindGap = "monitoring.record.gap"
	// signedWithin is how old a checkpoint may be while events wait for one. One is signed every second.
	signedWithin = time.Minute
	// lostWithin is how far back a loss counts.
	lostWithin = "30d"
	// MaxOff is how wrong the clock may be: beyond it, times of two machines cannot be put into an order.
	MaxOff = time.Second
	// maxShown is how many damages a proof names.
	maxShown = 20
)

// What must be free of the disk, for the record to go on, and for somebody to have the time to do something about it.
const (
	roomLeast  = 512 << 20
	roomSoon   = 2 << 30
	roomTenths = 10 // one part of so many
)

// intact verifies all of the record against the key that this process signs with, not the one beside the record.
func (s *Service) intact(ctx context.Context) ([]practice.Finding, error) {
	report, err := event.Verify(ctx, s.outside.Folder, event.VerifyOptions{Key: s.outside.Key})
	if err != nil {
		return nil, err
	}
	if report.Sealed == 0 && report.OK() {
		return nil, problem.New("monitoring.record.unsigned", "Nothing is signed yet.", "Wait for the first checkpoint: one is signed every second while there is something to sign.")
	}
	f := practice.Found(practice.Pass, "record", "%d events, from %s on, are as they were written.", report.Sealed, report.From.Format(time.DateOnly))
	if !report.OK() {
		more := report.More + uint64(max(0, len(report.Damage)-1))
		f = practice.Found(practice.Fail, "record", "The record was changed after it was written: %s. There are %d damages more.", report.Damage[0].Sentence, more)
		report.Damage = report.Damage[:min(len(report.Damage), maxShown)]
	}
	if f.Proof, err = json.Marshal(report); err != nil {
		return nil, fmt.Errorf("write what was verified: %w", err)
	}
	return []practice.Finding{f}, nil
}

func (s *Service) signed(context.Context) ([]practice.Finding, error) {
	h := s.outside.Record.Health()
	if h.Durable == 0 && h.Writable {
		return nil, problem.New("monitoring.record.empty", "Nothing was recorded yet.", "Ask again once something has happened.")
	}
	var found []practice.Finding
	switch {
	case !h.Writable:
		found = append(found, practice.Found(practice.Fail, "events", "Events cannot be written since %s.", h.Since.UTC().Format(time.RFC3339)))
	default:
		found = append(found, practice.Found(practice.Pass, "events", "%d events are on the disk.", h.Durable))
	}
	waiting := h.Durable - min(h.Sealed, h.Durable)
	switch {
	case h.SealErr != nil:
		found = append(found, practice.Found(practice.Fail, "checkpoints", "%d events wait for their signature, and cannot be signed.", waiting))
	case waiting > 0 && s.now().Sub(h.CheckpointAt) > signedWithin:
		found = append(found, practice.Found(practice.Fail, "checkpoints", "%d events wait for their signature; the last was made at %s.", waiting, h.CheckpointAt.UTC().Format(time.RFC3339)))
	default:
		found = append(found, practice.Found(practice.Pass, "checkpoints", "All events up to number %d are under a signed checkpoint.", h.Sealed))
	}
	return found, nil
}

// nothingLost counts the gaps that the record itself tells of, and those that it could not tell of yet.
func (s *Service) nothingLost(ctx context.Context) ([]practice.Finding, error) {
	n, err := s.outside.Count(ctx, "kind:"+kindGap+" last:"+lostWithin)
	if err != nil {
		return nil, fmt.Errorf("count the record's gaps: %w", err)
	}
	lost := s.outside.Record.Health().Gap
	if n > 0 || lost > 0 {
		return []practice.Finding{practice.Found(practice.Fail, "record", "In the last 30 days the record has %d gaps; since the start %d events could not be written.", n, lost)}, nil
	}
	return []practice.Finding{practice.Found(practice.Pass, "record", "The last 30 days have no gap.")}, nil
}

func (s *Service) room(context.Context) ([]practice.Finding, error) {
	free, total, err := s.outside.Room(s.outside.Folder)
	if err != nil {
		return nil, err
	}
	return []practice.Finding{practice.Found(Room(free, total), "disk", "%s of %s are free.", size(free), size(total))}, nil
}

// Room says how a disk with so many bytes free stands.
func Room(free, total uint64) practice.Status {
	switch {
	case free < roomLeast:
		return practice.Fail
	case free < roomSoon || free < total/roomTenths:
		return practice.Warn
	}
	return practice.Pass
}

func size(n uint64) string { return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)) }

func (s *Service) clock(context.Context) ([]practice.Finding, error) {
	c, err := s.outside.Clock()
	if err != nil {
		return nil, err
	}
	switch {
	case !c.Kept:
		return []practice.Finding{practice.Found(practice.Warn, "clock", "The kernel says that nothing sets this machine's clock: the times of events may be wrong.")}, nil
	case c.Error > MaxOff:
		return []practice.Finding{practice.Found(practice.Warn, "clock", "The clock may be off by up to %s.", c.Error.Round(time.Millisecond))}, nil
	}
	return []practice.Finding{practice.Found(practice.Pass, "clock", "The clock is set by a time service, and off by %s at most.", c.Error.Round(time.Millisecond))}, nil
}
