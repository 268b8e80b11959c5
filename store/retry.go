package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// Pauses between tries double from the first to the longest, each spread by half so that two losers do not meet again.
const (
	firstPause   = 2 * time.Millisecond
	longestPause = 250 * time.Millisecond
)

// retry runs do until it succeeds, fails with an error that is not passing, or patience is over.
func retry(ctx context.Context, patience time.Duration, passing func(error) bool, do func() error) error {
	began := time.Now()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := do()
		if err == nil || !passing(err) || time.Since(began)+pause > patience {
			return err
		}
		spread := pause/2 + rand.N(pause) //nolint:gosec // spreads load, keeps no secret
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(spread):
		}
	}
}

// passing tells whether the same transaction may succeed in a moment, and surely did not happen now.
func passing(err error) bool {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch server.Code {
		case "40001", "40P01": // serialization_failure, deadlock_detected: both roll back
			return true
		}
		return false
	}
	if file, ok := errors.AsType[*driver.Error](err); ok {
		switch file.Code() & 0xff {
		case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
			return true
		}
	}
	return false
}
