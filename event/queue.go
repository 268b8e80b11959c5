package event

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// item is an event on its way to the disk: its recorded form up to the sequence number.
type item struct {
	payload *[]byte // nil for a mark: somebody only waits for what was queued before it
	time    int64   // microseconds since 1970 UTC
	wait    *waiter // nil for a plain event
}

// waiter is a caller of Append. What it has given up is not written any more, but for a write that hangs just then.
type waiter struct {
	answer chan error
	state  atomic.Int32
}

const (
	waiting int32 = iota
	taken
	givenUp
)

// maxQueued bounds the queue in bytes, for when events are large. Protected ones may have as much again, as they may
// have of its length: plain ones must not keep them out.
const maxQueued = 64 << 20

var payloads = sync.Pool{New: func() any { b := make([]byte, 0, 2<<10); return &b }}

// atOnce is a context that has ended: under it keys answer from memory or not at all.
var atOnce = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

var errLate = errors.New("the event did not become durable in time")

// Offer takes a plain event and never waits for the disk, and for a key that is not in memory at most Options.Wait; it is
// done with the event when it returns. False says that the event is lost, and counted: a gap is recorded as soon as
// writing works again. What is protected is not only offered.
func (l *Log) Offer(e *Event) bool {
	if e.Class.Protected() {
		l.o.Logger.Error("a protected event was offered, and not appended", "kind", e.Kind)
		l.gap()
		return false
	}
	it, err := l.prepare(context.Background(), e)
	if err != nil {
		l.o.Logger.Error("event could not be encoded", "event", e.UID.String(), "kind", e.Kind, "error", err)
		l.gap()
		return false
	}
	if l.push(it, false) {
		return true
	}
	l.gap()
	return false
}

func (l *Log) gap() {
	l.lost.Add(1)
	l.gaps.Add(1)
	signal(l.wake) // the gap is recorded also when no event follows
}

// Append takes an event and returns nil once it is durable. When it cannot become durable within Options.Wait the
// error is ErrUnwritable: what the event records must not happen. (A disk that hangs may still write it later.)
func (l *Log) Append(ctx context.Context, e *Event) error {
	timer := time.NewTimer(l.o.Wait)
	defer timer.Stop()
	it, err := l.prepare(ctx, e)
	if err != nil {
		return ErrUnwritable.Because(fmt.Errorf("encode event %s: %w", e.Kind, err))
	}
	it.wait = &waiter{answer: make(chan error, 1)}
	return l.await(ctx, it, timer.C)
}

// flush returns once everything that was queued before is written.
func (l *Log) flush(ctx context.Context) error {
	timer := time.NewTimer(l.o.Wait)
	defer timer.Stop()
	return l.await(ctx, item{wait: &waiter{answer: make(chan error, 1)}}, timer.C)
}

// await queues what somebody waits for, and waits until late.
func (l *Log) await(ctx context.Context, it item, late <-chan time.Time) error {
	if !l.push(it, true) {
		return ErrUnwritable.Because(errors.New("the queue is full, or the record is closed"))
	}
	w, why := it.wait, errLate
	select {
	case err := <-w.answer:
		return err
	case <-late:
	case <-ctx.Done():
		why = context.Cause(ctx)
	}
	w.state.Store(givenUp)
	select {
	case err := <-w.answer: // it came this moment
		return err
	default:
	}
	if f := l.fault.Load(); f != nil {
		why = f.err
	}
	return ErrUnwritable.Because(why)
}

// prepare encodes an event, and waits for its key at most Options.Wait.
func (l *Log) prepare(ctx context.Context, e *Event) (item, error) {
	it, err := l.encode(atOnce, e) //nolint:contextcheck // first without waiting for anything, whatever ctx allows
	if err == nil {
		return it, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.o.Wait, errLate)
	defer cancel()
	return l.encode(ctx, e)
}

func (l *Log) encode(ctx context.Context, e *Event) (item, error) {
	p := payloads.Get().(*[]byte) //nolint:forcetypeassert // the pool holds nothing else
	b, err := l.encoder.append(ctx, (*p)[:0], e)
	if err == nil && len(b) > maxEncoded {
		b, err = l.encoder.shorten(ctx, b[:0], e)
	}
	*p = b
	if err != nil {
		payloads.Put(p)
		return item{}, err
	}
	return item{payload: p, time: e.Time.UnixMicro()}, nil
}

func (l *Log) push(it item, urgent bool) bool {
	most := 1
	if urgent {
		most = 2
	}
	l.mu.Lock()
	if l.closed || len(l.queue) >= most*l.o.Queue || l.bytes >= most*maxQueued {
		l.mu.Unlock()
		return false
	}
	l.queue = append(l.queue, it)
	if it.payload != nil {
		l.bytes += len(*it.payload)
	}
	first := len(l.queue) == 1
	l.mu.Unlock()
	if first {
		signal(l.wake)
	}
	if urgent {
		signal(l.urgent)
	}
	return true
}

// swap gives what is queued and goes on with an empty queue.
func (l *Log) swap(empty []item) []item {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.queue
	l.queue, l.bytes = empty, 0
	return full
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
