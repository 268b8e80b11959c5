// Package cluster is what the nodes of one cluster share while they run: counters that many hands add to, and wake-ups
// that tell the others what they must look at again.
//
// Nothing in it lasts: what must outlive a restart is the store's. One machine needs nothing installed (Alone); several
// share a Valkey or Redis server (Join).
package cluster

import (
	"context"
	"time"
)

// Cluster is one node's side of what is shared. It has two forms, Alone and Join, that behave alike.
type Cluster interface {
	// Count adds n to a counter and gives its sum. A counter begins with its first count and is gone after window.
	Count(ctx context.Context, key string, n int64, window time.Duration) (int64, error)
	// Forget sets a counter back.
	Forget(ctx context.Context, key string) error
	// Wake tells every other node.
	Wake(ctx context.Context, subject, message string) error
	// Close leaves the cluster.
	Close() error
}

// Ears hear what other nodes say. Both are called one at a time, and must not wait long.
type Ears struct {
	// Woken is called with each message.
	Woken func(subject, message string)
	// Missed is called when messages may have been lost: the link was down. Whoever relies on wake-ups reads anew.
	Missed func()
}
