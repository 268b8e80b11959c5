package evidence

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

const (
	// spread is the time over which a start asks everything, so that nothing else waits for all checks at once.
	spread = 10 * time.Second
	// glance is how often the clock looks at the database, where another node may have changed what is due.
	glance = time.Minute
	// grace is how much longer than a check's own time its turn lasts: long enough to keep what it answered.
	grace = 30 * time.Second
)

// Watch asks each check when it is due, until the context ends, and waits for those under way.
func (s *Service) Watch(ctx context.Context) {
	defer s.asking.Wait()
	enrolled := false
	for ctx.Err() == nil {
		if !enrolled {
			if err := s.enrol(ctx); err != nil {
				s.warn(ctx, "take up checks", err)
			} else {
				enrolled = true
			}
		}
		wait, err := s.begin(ctx)
		if err != nil {
			s.warn(ctx, "see which checks are due", err)
			wait = glance
		}
		if err := s.keepScores(ctx); err != nil {
			s.warn(ctx, "keep the day's scores", err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.look:
		}
		timer.Stop()
	}
}

// warn says what could not be done. A stop is no reason to.
func (s *Service) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.log.Warn("the checks' clock could not do something; it is tried again", "what", what, "error", err)
	}
}

// enrol has every check asked soon after a start, in no order: another binary or configuration may have other answers.
func (s *Service) enrol(ctx context.Context) error {
	now := s.now()
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		for _, id := range s.ids {
			due := now.Add(mathrand.N(min(spread, s.checks[id].Every))) //nolint:gosec // spreads load, keeps no secret
			if _, err := tx.Exec(ctx, `INSERT INTO evidence_check (id, asked_at, problem, due_at, began_at, holder, held_until)
				VALUES ($1, 0, '', $2, 0, '', 0) ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at`, id, due.UnixMicro()); err != nil {
				return fmt.Errorf("take up check %s: %w", id, err)
			}
		}
		return nil
	})
}

// begin has all checks asked that are due, and says when to look again.
func (s *Service) begin(ctx context.Context) (wait time.Duration, err error) {
	type turn struct {
		id string
		at int64
	}
	// A turn that was never ended is due when it is over: the process that had it has died.
	rows, err := s.db.Query(ctx, `SELECT id, CASE WHEN holder = '' THEN due_at ELSE held_until END AS next_at FROM evidence_check ORDER BY next_at, id`)
	if err != nil {
		return 0, err
	}
	turns, err := store.All(rows, func(rows *sql.Rows, t *turn) error { return rows.Scan(&t.id, &t.at) })
	if err != nil {
		return 0, err
	}
	now := s.now()
	wait = glance
	for _, t := range turns {
		check, known := s.checks[t.id]
		switch at := time.UnixMicro(t.at); {
		case !known: // another node's binary has it
		case at.After(now):
			wait = min(wait, at.Sub(now))
		default:
			s.start(ctx, check)
		}
	}
	return wait, nil
}

// start asks a check as soon as few enough are being asked.
func (s *Service) start(ctx context.Context, check practice.Check) {
	if !s.occupy(check.ID) {
		return
	}
	s.asking.Go(func() {
		ours, err := s.queue(ctx, check, false)
		s.free(check.ID)
		if err != nil {
			s.warn(ctx, "ask "+check.ID, err)
		} else if ours { // its answer may have been made stale meanwhile
			s.wake()
		}
	})
}

// occupy says whether nobody in this process asks the check, and that somebody does from now on.
func (s *Service) occupy(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] {
		return false
	}
	s.busy[id] = true
	return true
}

func (s *Service) free(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// errNotOurs says that another node asks the check now, or that it is not due any more.
var errNotOurs = errors.New("it is somebody else's turn")

// claim takes the check's turn for this process: until it is over no other node asks. The next one is set at the same
// time, so that what makes the answer stale meanwhile brings it forward, and is not lost when the turn ends.
func (s *Service) claim(ctx context.Context, check practice.Check, now time.Time, whenever bool) (turn string, err error) {
	turn = rand.Text()
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if whenever {
			if _, err := tx.Exec(ctx, `INSERT INTO evidence_check (id, asked_at, problem, due_at, began_at, holder, held_until)
				VALUES ($1, 0, '', 0, 0, '', 0) ON CONFLICT (id) DO UPDATE SET due_at = 0 WHERE evidence_check.holder = ''`, check.ID); err != nil {
				return err
			}
		}
		result, err := tx.Exec(ctx, `UPDATE evidence_check SET due_at = $1, began_at = $2, holder = $3, held_until = $4
			WHERE id = $5 AND held_until <= $2 AND (due_at <= $2 OR holder <> '')`,
			now.Add(check.Every).UnixMicro(), now.UnixMicro(), turn, now.Add(check.Timeout+grace).UnixMicro(), check.ID)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errNotOurs)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("claim turn: %w", err)
	}
	return turn, nil
}

// release gives a turn back that came to nothing because the process stops.
func (s *Service) release(ctx context.Context, id, turn string) error {
	_, err := s.db.Exec(ctx, "UPDATE evidence_check SET due_at = began_at, holder = '', held_until = 0 WHERE id = $1 AND holder = $2", id, turn)
	return err
}
