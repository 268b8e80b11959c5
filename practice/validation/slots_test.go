package validation

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestLargeBodiesWaitTheirTurnAndSmallOnesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slots{working: make(chan struct{}, 1), queue: make(chan struct{}, 2)}
		enter := func(ctx context.Context, size int) func() {
			t.Helper()
			leave, err := s.enter(ctx, size)
			if err != nil {
				t.Fatal(err)
			}
			return leave
		}
		first := enter(t.Context(), light+1)
		enter(t.Context(), light)() // in and out while the only slot is taken

		gone, cancel := context.WithCancelCause(t.Context())
		why := errors.New("the client hung up")
		second := make(chan error, 1)
		go func() {
			_, err := s.enter(gone, light+1)
			second <- err
		}()
		synctest.Wait()
		if _, err := s.enter(t.Context(), light+1); !errors.Is(err, errBusy) {
			t.Errorf("with the queue full: %v", err)
		}
		cancel(why)
		if err := <-second; !errors.Is(err, why) {
			t.Errorf("a client that left waited on: %v", err)
		}

		third := make(chan func(), 1)
		go func() { third <- enter(t.Context(), light+1) }()
		synctest.Wait()
		select {
		case <-third:
			t.Error("two at once")
		default:
		}
		first()
		(<-third)()
		if len(s.working)+len(s.queue) != 0 {
			t.Errorf("%d slots and %d places are never given back", len(s.working), len(s.queue))
		}
	})
}
