package evidence

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// standings are the ten as they stand now, without their history and their findings.
func (s *Service) standings(ctx context.Context, now time.Time) ([]Standing, error) {
	asked, err := s.asked(ctx, now)
	if err != nil {
		return nil, err
	}
	all := make([]Standing, 0, len(s.practices))
	for _, p := range s.practices {
		one := Standing{Slug: p.Slug, Title: p.Title, Icon: p.Icon, Source: p.Source, Assessed: len(p.Checks) > 0, Checks: []Asked{}}
		for _, c := range p.Checks {
			check := asked[c.ID]
			one.Checks = append(one.Checks, *check)
			one.Score = one.Score.plus(scoreOf(check))
		}
		slices.SortFunc(one.Checks, func(a, b Asked) int {
			return cmp.Or(badness(b.Status)-badness(a.Status), cmp.Compare(a.ID, b.ID))
		})
		all = append(all, one)
	}
	return all, nil
}

// asked is every check with its answers counted as they are good now.
func (s *Service) asked(ctx context.Context, now time.Time) (map[string]*Asked, error) {
	all := make(map[string]*Asked, len(s.checks))
	for id, c := range s.checks {
		all[id] = &Asked{ID: id, Title: c.Title, Source: c.Source, Fix: c.Fix, Every: c.Every, Weight: c.Weight}
	}
	if err := s.states(ctx, all); err != nil {
		return nil, fmt.Errorf("read checks: %w", err)
	}
	if err := s.counts(ctx, all, now); err != nil {
		return nil, fmt.Errorf("count findings: %w", err)
	}
	for _, a := range all {
		if n := a.Counts.sum(); a.Problem != "" || n == 0 {
			a.Counts = Counts{Unknown: max(n, 1)}
		}
		a.Status = a.Counts.worst()
	}
	return all, nil
}

func (s *Service) states(ctx context.Context, all map[string]*Asked) error {
	type state struct {
		id, problem string
		asked       int64
	}
	rows, err := s.db.Query(ctx, "SELECT id, asked_at, problem FROM evidence_check")
	if err != nil {
		return err
	}
	states, err := store.All(rows, func(rows *sql.Rows, one *state) error { return rows.Scan(&one.id, &one.asked, &one.problem) })
	for _, one := range states {
		if a := all[one.id]; a != nil && one.asked > 0 {
			a.At, a.Problem = time.UnixMicro(one.asked).UTC(), one.problem
		}
	}
	return err
}

func (s *Service) counts(ctx context.Context, all map[string]*Asked, now time.Time) error {
	type count struct {
		id, status string
		n          int
		ends       int64
	}
	rows, err := s.db.Query(ctx, `SELECT check_id, CASE WHEN ends_at <= $1 THEN 'unknown' ELSE status END AS answer, COUNT(*), MIN(ends_at)
		FROM evidence_finding GROUP BY 1, 2`, now.UnixMicro())
	if err != nil {
		return err
	}
	counts, err := store.All(rows, func(rows *sql.Rows, c *count) error { return rows.Scan(&c.id, &c.status, &c.n, &c.ends) })
	for _, c := range counts {
		a := all[c.id]
		if a == nil {
			continue
		}
		switch status(c.status) {
		case practice.Pass:
			a.Counts.Pass += c.n
		case practice.Warn:
			a.Counts.Warn += c.n
		case practice.Fail:
			a.Counts.Fail += c.n
		default:
			a.Counts.Unknown += c.n
		}
		if ends := time.UnixMicro(c.ends).UTC(); a.Until.IsZero() || ends.Before(a.Until) {
			a.Until = ends
		}
	}
	return err
}

func (c Counts) worst() practice.Status {
	switch {
	case c.Fail > 0:
		return practice.Fail
	case c.Unknown > 0:
		return practice.Unknown
	case c.Warn > 0:
		return practice.Warn
	case c.Pass > 0:
		return practice.Pass
	default:
		return practice.Unknown
	}
}
