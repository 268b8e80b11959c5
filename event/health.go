package event

import (
	"errors"
	"sync/atomic"
	"time"
)

// Health says how the record is. Writable is false while writes fail, or hang for longer than Options.Wait.
type Health struct {
	Writable     bool
	Since        time.Time // since when it is not writable; zero while it is
	Err          error
	Durable      uint64 // last sequence number on disk
	Gap          uint64 // plain events lost since the start
	Sealed       uint64 // last sequence number that a signed checkpoint covers
	TreeSize     uint64 // leaves
	CheckpointAt time.Time
	SealErr      error // why events cannot be sealed; nil while they can. They are durable and are sealed later.
}

// fault is why something cannot be written.
type fault struct {
	err   error
	since time.Time
}

// errHung says that a call to the disk was begun and has not come back.
var errHung = errors.New("the disk does not answer")

// Health is cheap enough for the road: it reads what is in memory.
func (l *Log) Health() Health {
	durable := l.durable.Load()
	h := Health{
		Writable: true, Durable: durable, Gap: l.gaps.Load(),
		Sealed: l.sealer.sealed.Load(), TreeSize: l.sealer.size.Load(),
	}
	if at := l.sealer.at.Load(); at > 0 {
		h.CheckpointAt = time.UnixMicro(at).UTC()
	}
	if f := l.fault.Load(); f != nil {
		h.Writable, h.Err, h.Since = false, f.err, f.since
	} else if hung := l.busy.elapsed(); hung > l.o.Wait {
		h.Writable, h.Err, h.Since = false, errHung, l.o.Now().Add(-hung)
	}
	if f := l.sealer.fault.Load(); f != nil {
		h.SealErr = f.err
	} else if l.sealer.busy.elapsed() > l.o.Wait {
		h.SealErr = errHung
	}
	return h
}

// stopwatch says how long a call has been under way.
type stopwatch struct{ began atomic.Pointer[time.Time] }

func (s *stopwatch) start() {
	now := time.Now()
	s.began.Store(&now)
}

func (s *stopwatch) stop() { s.began.Store(nil) }

func (s *stopwatch) elapsed() time.Duration {
	if began := s.began.Load(); began != nil {
		return time.Since(*began)
	}
	return 0
}
