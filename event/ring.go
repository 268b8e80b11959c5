package event

import "sync"

// ring remembers where the newest frames stand.
type ring struct {
	mu     sync.Mutex
	places [1024]place
	n      int // how many were ever added
}

func (r *ring) add(p place) {
	r.mu.Lock()
	r.places[r.n%len(r.places)] = p
	r.n++
	r.mu.Unlock()
}

// newest gives up to n places, the oldest of them first.
func (r *ring) newest(n int) []place {
	r.mu.Lock()
	defer r.mu.Unlock()
	n = min(n, r.n, len(r.places))
	list := make([]place, 0, n)
	for i := r.n - n; i < r.n; i++ {
		list = append(list, r.places[i%len(r.places)])
	}
	return list
}

// broadcast wakes everybody who waits for more of the record.
type broadcast struct {
	mu     sync.Mutex
	more   chan struct{}
	closed bool
}

// wait gives a channel that is closed when there is more.
func (b *broadcast) wait() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.more == nil {
		b.more = make(chan struct{})
		if b.closed {
			close(b.more)
		}
	}
	return b.more
}

func (b *broadcast) signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake()
}

func (b *broadcast) wake() {
	if b.more != nil && !b.closed {
		close(b.more)
		b.more = nil
	}
}

// close wakes everybody for good.
func (b *broadcast) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wake()
	b.closed = true
}
