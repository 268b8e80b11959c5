package validation

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/tenward/tenward/problem"
)

// The rules take seconds for a body of a megabyte that is made to cost. Bodies of more than light bytes are looked at
// a few at a time, on half of the processors, so that the others stay for everybody else; of those that wait there are
// at most waiting.
const (
	light   = 16 << 10
	waiting = 32
)

var errBusy = problem.New("validation.busy", "Too many large requests are being checked at once.", "Try again in a minute.").After(time.Minute)

type slots struct {
	working chan struct{}
	queue   chan struct{} // those who work and those who wait
}

func newSlots() *slots {
	n := max(1, runtime.GOMAXPROCS(0)/2)
	return &slots{working: make(chan struct{}, n), queue: make(chan struct{}, n+waiting)}
}

// enter waits for a turn to look at a body of so many bytes, as long as its client does.
func (s *slots) enter(ctx context.Context, size int) (leave func(), err error) {
	if size <= light {
		return func() {}, nil
	}
	select {
	case s.queue <- struct{}{}:
	default:
		return nil, errBusy
	}
	select {
	case s.working <- struct{}{}:
		return func() { <-s.working; <-s.queue }, nil
	case <-ctx.Done():
		<-s.queue
		return nil, fmt.Errorf("wait to look at a body: %w", context.Cause(ctx))
	}
}
