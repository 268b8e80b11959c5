package event

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
)

// sealer puts what is durable into the Merkle tree, every CheckpointEvery while there is something new.
type sealer struct {
	log   *Log
	tree  *tiles.Tree
	tried []batch // were given to the tree and not taken: they come again first, as they were

	mu     sync.Mutex
	first  uint64 // sequence number of hashes[0]
	hashes []segment.Hash

	new    chan struct{}
	more   broadcast // more is sealed
	sealed atomic.Uint64
	size   atomic.Uint64
	at     atomic.Int64 // when the tree last grew, microseconds since 1970 UTC
	busy   stopwatch
	fault  atomic.Pointer[fault]
}

// maxUnsealed is how many hashes wait in memory: 8 MiB. What comes while the tree cannot be written for long is read
// back from the segments.
const maxUnsealed = 4 * maxBatch

// maxLeaves is how many leaves one checkpoint adds at most.
const maxLeaves = 64

func newSealer(l *Log, tree *tiles.Tree, last batch) *sealer {
	s := &sealer{log: l, tree: tree, new: make(chan struct{}, 1)}
	s.sealed.Store(last.last())
	s.size.Store(tree.Size())
	return s
}

// take takes the chain hash of a durable frame.
func (s *sealer) take(seq uint64, chain segment.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.hashes) == 0 {
		s.first = seq
	}
	if seq == s.first+uint64(len(s.hashes)) && len(s.hashes) < maxUnsealed {
		s.hashes = append(s.hashes, chain)
	}
}

func (s *sealer) kick() { signal(s.new) }

// run seals until seal is closed, and then what is left.
func (s *sealer) run(seal <-chan struct{}) {
	for {
		select {
		case <-s.new:
		case <-seal:
			s.sealAll()
			return
		}
		timer := time.NewTimer(s.log.o.CheckpointEvery)
		select {
		case <-timer.C:
		case <-seal:
		}
		timer.Stop()
		s.sealAll()
	}
}

// sealAll seals what there is. What could not be sealed stays, and is tried again at the next turn.
func (s *sealer) sealAll() {
	s.busy.start()
	defer s.busy.stop()
	// What becomes durable meanwhile waits for the next turn, so that checkpoints keep their distance.
	for target := s.log.durable.Load(); s.sealed.Load() < target; {
		if err := s.sealSome(); err != nil {
			s.failed(err)
			s.kick()
			return
		}
	}
	if f := s.fault.Swap(nil); f != nil {
		s.log.o.Logger.Info("events are sealed again", "after", s.log.o.Now().Sub(f.since).Round(time.Millisecond).String())
	}
}

func (s *sealer) failed(err error) {
	since := s.log.o.Now()
	if f := s.fault.Load(); f != nil {
		since = f.since
	} else {
		s.log.o.Logger.Error("events cannot be sealed; they are kept and sealed later", "first", s.sealed.Load()+1, "error", err)
	}
	s.fault.Store(&fault{err, since})
}

func (s *sealer) sealSome() error {
	if len(s.tried) == 0 {
		var err error
		if s.tried, err = s.batches(); err != nil {
			return err
		}
	}
	leaves := make([][]byte, len(s.tried))
	for i, b := range s.tried {
		leaves[i] = b.marshal()
	}
	if err := s.tree.Add(leaves...); err != nil {
		return fmt.Errorf("seal events: %w", err)
	}
	last := s.tried[len(s.tried)-1].last()
	s.tried = nil
	s.forget(last)
	s.sealed.Store(last)
	s.size.Store(s.tree.Size())
	s.at.Store(s.log.o.Now().UnixMicro())
	s.more.signal()
	return nil
}

// forget drops the hashes up to a sequence number.
func (s *sealer) forget(last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := last + 1 - s.first; len(s.hashes) > 0 && last >= s.first {
		n = min(n, uint64(len(s.hashes)))
		s.hashes = append(s.hashes[:0], s.hashes[n:]...)
		s.first += n
	}
}

// batches gives the next batches to seal, from memory or, where memory lacks them, from the segments.
func (s *sealer) batches() ([]batch, error) {
	next := s.sealed.Load() + 1
	hashes := s.remembered(next)
	if len(hashes) == 0 {
		var err error
		if hashes, err = s.log.chains(next, maxBatch); err != nil {
			return nil, err
		}
	}
	if len(hashes) == 0 {
		return nil, errors.New("events that are durable cannot be found in the segments")
	}
	var list []batch
	for len(hashes) > 0 && len(list) < maxLeaves {
		n := min(len(hashes), maxBatch)
		list = append(list, batch{node: s.log.o.Node, first: next, count: uint64(n), root: rootOf(hashes[:n])})
		next += uint64(n)
		hashes = hashes[n:]
	}
	return list, nil
}

// remembered gives a copy of the hashes from next on.
func (s *sealer) remembered(next uint64) []segment.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.hashes) == 0 || s.first != next {
		s.hashes = s.hashes[:0] // of later frames: what lies between is not in memory
		return nil
	}
	return append([]segment.Hash{}, s.hashes...)
}

// chains reads the chain hashes of up to n durable frames from a sequence number on.
func (l *Log) chains(from uint64, n int) (hashes []segment.Hash, err error) {
	c, err := l.cursorBefore(from)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for len(hashes) < n {
		frame, err := c.frame()
		if err != nil {
			return nil, err
		}
		if frame.Seq == 0 {
			break
		}
		if frame.Seq != from+uint64(len(hashes)) {
			return nil, fmt.Errorf("event %d stands where event %d must", frame.Seq, from+uint64(len(hashes)))
		}
		hashes = append(hashes, frame.Chain)
	}
	return hashes, nil
}
