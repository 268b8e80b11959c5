package event

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event/segment"
)

// sealer puts what is durable into the Merkle tree, every CheckpointEvery while there is something new.
type sealer struct {
	log *Log

	mu     sync.Mutex
	first  uint64 // sequence number of hashes[0]
	hashes []segment.Hash

	new    chan struct{}
	sealed atomic.Uint64
	size   atomic.Uint64
	at     atomic.Int64 // when the tree last grew, microseconds since 1970 UTC
}

func newSealer(l *Log) *sealer {
	s := &sealer{log: l, new: make(chan struct{}, 1)}
	s.sealed.Store(l.tree.last.lastOrZero())
	s.size.Store(l.tree.size)
	return s
}

func (s *sealer) take(seq uint64, chain segment.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.hashes) == 0 {
		s.first = seq
	}
	s.hashes = append(s.hashes, chain)
}

func (s *sealer) kick() { signal(s.new) }

func (s *sealer) run() {
	for {
		select {
		case <-s.new:
		case <-s.log.seal:
			s.sealAll()
			return
		}
		timer := time.NewTimer(s.log.o.CheckpointEvery)
		select {
		case <-timer.C:
		case <-s.log.seal:
		}
		timer.Stop()
		s.sealAll()
	}
}

// sealAll seals what there is. What could not be sealed stays, and is tried again with what comes next.
func (s *sealer) sealAll() {
	for {
		b, n := s.next()
		if n == 0 {
			return
		}
		if err := s.log.tree.add(context.Background(), b); err != nil {
			s.log.o.Logger.Error("events could not be sealed", "first", b.first, "count", b.count, "error", err)
			return
		}
		s.mu.Lock()
		s.hashes = append(s.hashes[:0], s.hashes[n:]...)
		s.first += uint64(n) //nolint:gosec // a length
		s.mu.Unlock()
		s.sealed.Store(b.last())
		s.size.Store(s.log.tree.size)
		s.at.Store(s.log.o.Now().UnixMicro())
	}
}

func (s *sealer) next() (batch, int) {
	s.mu.Lock()
	n := min(len(s.hashes), maxBatch)
	if n == 0 {
		s.mu.Unlock()
		return batch{}, 0
	}
	first, hashes := s.first, append([]segment.Hash{}, s.hashes[:n]...)
	s.mu.Unlock()
	return batch{node: s.log.o.Node, first: first, count: uint64(n), root: rootOf(hashes)}, n
}
