package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// undo is what has been started and must be stopped, last in, first out. Each start is followed at once by its
// named stop, so that a start that fails half-way stops exactly what stands.
type undo struct {
	log   *slog.Logger
	steps []step
}

type step struct {
	name string
	stop func(context.Context) error
}

// checkEnds is how long a check's own code may go on once everything that it could ask about has stopped.
const checkEnds = 5 * time.Second

var errStopSlow = errors.New("it took too long")

// within bounds a stop that could wait for ever.
func within(d time.Duration, stop func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeoutCause(ctx, d, errStopSlow)
		defer cancel()
		return stop(ctx)
	}
}

func (u *undo) add(name string, stop func(context.Context) error) {
	u.steps = append(u.steps, step{name, stop})
}

// run stops everything, also when one stop fails, and gives all errors.
func (u *undo) run(ctx context.Context) error {
	var errs []error
	for len(u.steps) > 0 {
		last := u.steps[len(u.steps)-1]
		u.steps = u.steps[:len(u.steps)-1]
		u.log.Debug("stopping", "what", last.name)
		if err := last.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", last.name, err))
		}
	}
	return errors.Join(errs...)
}
