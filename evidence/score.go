package evidence

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tenward/tenward/store"
)

// whole is what one check of weight 1 gives when all its subjects pass.
const whole = 100

// scoreOf is what a check gives to its practice's score: the share of its subjects that pass, and half of that for those
// with a warning. What fails, what nobody knows and what has expired give nothing.
func scoreOf(a *Asked) Score {
	s := Score{Of: whole * a.Weight}
	if n := a.Counts.sum(); n > 0 {
		s.Proven = s.Of * (2*a.Counts.Pass + a.Counts.Warn) / (2 * n)
	}
	return s
}

func (c Counts) sum() int { return c.Pass + c.Warn + c.Fail + c.Unknown }

func (s Score) plus(other Score) Score { return Score{s.Proven + other.Proven, s.Of + other.Of} }

// share is a score of which the whole is worth as much as any other's.
func (s Score) share() Score {
	const all = whole * whole
	if s.Of <= 0 {
		return Score{}
	}
	return Score{Proven: s.Proven * all / s.Of, Of: all}
}

// point is what was written last as a practice's score of a day.
type point struct {
	day   int64 // since 1970
	score Score
}

func dayOf(t time.Time) int64 { return t.Unix() / int64(24*time.Hour/time.Second) }

func timeOf(day int64) time.Time { return time.Unix(day*int64(24*time.Hour/time.Second), 0).UTC() }

// keepScores writes each practice's score as its day's, where it is another than was written last. The day's last one
// stays.
func (s *Service) keepScores(ctx context.Context) error {
	now := s.now()
	all, err := s.standings(ctx, now)
	if err != nil {
		return err
	}
	for i := range all {
		one := point{dayOf(now), all[i].Score}
		if !all[i].Assessed || s.written[all[i].Slug] == one {
			continue
		}
		if _, err := s.db.Exec(ctx, `INSERT INTO evidence_score (practice, day, proven, possible) VALUES ($1, $2, $3, $4)
			ON CONFLICT (practice, day) DO UPDATE SET proven = excluded.proven, possible = excluded.possible`,
			all[i].Slug, one.day, one.score.Proven, one.score.Of); err != nil {
			return fmt.Errorf("keep score of %s: %w", all[i].Slug, err)
		}
		s.written[all[i].Slug] = one
	}
	return nil
}

// history fills each practice's days: those that were kept since, and those between of which nothing is known. Today's
// is the score of this moment.
func (s *Service) history(ctx context.Context, all []Standing, now time.Time, days int64) error {
	type kept struct {
		practice string
		point
	}
	today := dayOf(now)
	rows, err := s.db.Query(ctx, "SELECT practice, day, proven, possible FROM evidence_score WHERE day > $1 AND day < $2 ORDER BY day", today-days, today)
	if err != nil {
		return fmt.Errorf("read scores: %w", err)
	}
	points, err := store.All(rows, func(rows *sql.Rows, k *kept) error {
		return rows.Scan(&k.practice, &k.day, &k.score.Proven, &k.score.Of)
	})
	if err != nil {
		return fmt.Errorf("read scores: %w", err)
	}
	for i := range all {
		one := &all[i]
		if !one.Assessed {
			continue
		}
		for _, k := range points {
			if k.practice == one.Slug {
				one.History = append(fillTo(one.History, k.day), Point{timeOf(k.day), k.score, true})
			}
		}
		one.History = append(fillTo(one.History, today), Point{timeOf(today), one.Score, true})
	}
	return nil
}

// fillTo adds the days before this one on which nothing was assessed.
func fillTo(points []Point, day int64) []Point {
	if len(points) == 0 {
		return nil
	}
	for d := dayOf(points[len(points)-1].Day) + 1; d < day; d++ {
		points = append(points, Point{Day: timeOf(d)})
	}
	return points
}
