package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/store"
)

func TestRetry(t *testing.T) {
	busy, boom, ended := errors.New("busy"), errors.New("boom"), errors.New("ended")
	always := func(int) error { return busy }
	cases := []struct {
		name     string
		patience time.Duration
		deadline time.Duration
		do       func(try int) error
		want     error
		atLeast  int
		atMost   int
	}{
		{"success at once is not repeated", time.Hour, 0, func(int) error { return nil }, nil, 1, 1},
		{"a passing error is tried again until it has passed", time.Hour, 0, func(try int) error {
			if try < 5 {
				return busy
			}
			return nil
		}, nil, 5, 5},
		{"another error is final", time.Hour, 0, func(int) error { return boom }, boom, 1, 1},
		{"without patience there is one try", 0, 0, always, busy, 1, 1},
		{"patience ends it", 10 * time.Second, 0, always, busy, 20, 100},
		{"the context ends it", time.Hour, 10 * time.Second, always, ended, 20, 100},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.deadline != 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeoutCause(ctx, c.deadline, ended)
					defer cancel()
				}
				tries := 0
				err := store.Retry(ctx, c.patience, func(err error) bool { return errors.Is(err, busy) }, func() error {
					tries++
					return c.do(tries)
				})
				if !errors.Is(err, c.want) || tries < c.atLeast || tries > c.atMost {
					t.Errorf("%d tries, %v; want %d to %d, %v", tries, err, c.atLeast, c.atMost, c.want)
				}
			})
		})
	}
}
