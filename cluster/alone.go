package cluster

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// alone keeps counters in memory, in the order of their ends.
type alone struct {
	now func() time.Time

	mu    sync.Mutex
	byKey map[string]*counter
	ends  byEnd
}

type counter struct {
	key   string
	sum   int64
	until time.Time
	at    int // in ends
}

// Alone is a cluster of one node.
func Alone(now func() time.Time) Cluster {
	return &alone{now: now, byKey: map[string]*counter{}}
}

// maxCounters bounds the memory that strangers can have filled: the counter that would end first goes.
const maxCounters = 1 << 20

func (a *alone) Count(_ context.Context, key string, n int64, window time.Duration) (int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	for len(a.ends) > 0 && !now.Before(a.ends[0].until) {
		a.drop(a.ends[0])
	}
	one := a.byKey[key]
	if one == nil {
		if len(a.ends) >= maxCounters {
			a.drop(a.ends[0])
		}
		one = &counter{key: key, until: now.Add(window)}
		a.byKey[key] = one
		heap.Push(&a.ends, one)
	}
	one.sum += n
	return one.sum, nil
}

func (a *alone) Forget(_ context.Context, key string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if one := a.byKey[key]; one != nil {
		a.drop(one)
	}
	return nil
}

func (a *alone) drop(one *counter) {
	heap.Remove(&a.ends, one.at)
	delete(a.byKey, one.key)
}

// Wake has nobody to tell.
func (a *alone) Wake(context.Context, string, string) error { return nil }

func (a *alone) Close() error { return nil }

// byEnd is a heap: the counter that ends first is on top.
type byEnd []*counter

func (h byEnd) Len() int           { return len(h) }
func (h byEnd) Less(i, j int) bool { return h[i].until.Before(h[j].until) }
func (h byEnd) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].at, h[j].at = i, j }

func (h *byEnd) Push(one any) {
	c := one.(*counter)
	c.at = len(*h)
	*h = append(*h, c)
}

func (h *byEnd) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
