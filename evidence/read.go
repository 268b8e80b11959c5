package evidence

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

const (
	// spark is how many days Posture shows of each practice.
	spark = 30
	// fewWorst is of how many subjects Posture says what is wrong with them.
	fewWorst = 3
	// keptDays is how long changes and scores are kept: thirteen months at their longest, so that a month can be held
	// against the same one a year ago.
	keptDays = 397
)

var errNoPractice = problem.New("evidence.practice.unknown", "There is no such practice.", "tenward status shows which there are.")

// Posture is how everything stands now, with the last thirty days of each practice, and of each check that does not pass
// what it says of its worst subjects, without the proof.
func (s *Service) Posture(ctx context.Context) (*Posture, error) {
	now := s.now()
	all, err := s.standings(ctx, now)
	if err != nil {
		return nil, err
	}
	if err := s.history(ctx, all, now, spark); err != nil {
		return nil, err
	}
	kept, err := s.findings(ctx, "", fewWorst, "''", now)
	if err != nil {
		return nil, err
	}
	p := &Posture{At: now, Practices: all}
	for i := range all {
		for j := range all[i].Checks {
			if one := &all[i].Checks[j]; one.Status != practice.Pass {
				one.Findings = one.of(kept)
				one.Findings = slices.DeleteFunc(one.Findings, func(k Kept) bool { return k.Status == practice.Pass })
			}
		}
		p.Score = p.Score.plus(all[i].Score.share())
	}
	return p, nil
}

// Practice is how one practice stands, with what is kept of each check's subjects (the first MaxFindings) and of its days.
func (s *Service) Practice(ctx context.Context, slug string) (*Standing, error) {
	now := s.now()
	all, err := s.standings(ctx, now)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(one Standing) bool { return one.Slug == slug })
	if i < 0 {
		return nil, errNoPractice
	}
	one := all[i : i+1]
	if err := s.history(ctx, one, now, keptDays); err != nil {
		return nil, err
	}
	kept, err := s.findings(ctx, slug+"/", MaxFindings, "f.proof", now)
	if err != nil {
		return nil, err
	}
	for i := range one[0].Checks {
		one[0].Checks[i].Findings = one[0].Checks[i].of(kept)
	}
	return &one[0], nil
}

// Check is how one check stands, with what is kept of its subjects and its newest changes.
func (s *Service) Check(ctx context.Context, id string) (*Checked, error) {
	now := s.now()
	all, err := s.standings(ctx, now)
	if err != nil {
		return nil, err
	}
	for i := range all {
		for j := range all[i].Checks {
			if all[i].Checks[j].ID != id {
				continue
			}
			one := &Checked{Practice: all[i].Slug, Asked: all[i].Checks[j]}
			kept, err := s.findings(ctx, id, MaxFindings, "f.proof", now)
			if err != nil {
				return nil, err
			}
			one.Findings = one.of(kept)
			one.Changes, err = s.changes(ctx, "check_id = $1", id)
			return one, err
		}
	}
	return nil, errNoCheck
}

// Changes are the answers that became others since then, the newest first, at most MaxChanges.
func (s *Service) Changes(ctx context.Context, since time.Time) ([]Change, error) {
	return s.changes(ctx, "at >= $1", since.UnixMicro())
}

func (s *Service) changes(ctx context.Context, where string, value any) ([]Change, error) {
	rows, err := s.db.Query(ctx, "SELECT id, check_id, subject, was, became, sentence, at FROM evidence_change WHERE "+where+
		" ORDER BY at DESC, check_id, subject LIMIT $2", value, MaxChanges)
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, c *Change) error {
		var at int64
		err := rows.Scan(&c.Event, &c.Check, &c.Subject, &c.Was, &c.Became, &c.Sentence, &at)
		c.At = time.UnixMicro(at).UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return all, nil
}

// keptOf is a finding and whose it is.
type keptOf struct {
	check string
	Kept
}

// findings are what is kept of the subjects of the checks whose ids begin so: the first most of each, the worst first.
func (s *Service) findings(ctx context.Context, prefix string, most int, proof string, now time.Time) ([]keptOf, error) {
	rows, err := s.db.Query(ctx, `SELECT f.check_id, f.subject, f.status, f.sentence, `+proof+`, f.at, f.ends_at, f.since FROM (
		SELECT check_id, subject, ROW_NUMBER() OVER (PARTITION BY check_id ORDER BY
			CASE WHEN ends_at <= $1 THEN 1 WHEN status = 'fail' THEN 0 WHEN status = 'unknown' THEN 1 WHEN status = 'warn' THEN 2 ELSE 3 END, subject) AS place
		FROM evidence_finding WHERE SUBSTR(check_id, 1, LENGTH($2)) = $2) AS placed
		JOIN evidence_finding f ON f.check_id = placed.check_id AND f.subject = placed.subject WHERE place <= $3 ORDER BY f.check_id, place`,
		now.UnixMicro(), prefix, most)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, k *keptOf) error {
		var word string
		var proof []byte
		var at, until, since int64
		err := rows.Scan(&k.check, &k.Subject, &word, &k.Sentence, &proof, &at, &until, &since)
		k.Status, k.Proof = status(word), text(string(proof), practice.MaxProof)
		k.At, k.Until, k.Since = time.UnixMicro(at).UTC(), time.UnixMicro(until).UTC(), time.UnixMicro(since).UTC()
		if k.Expired = !k.Until.After(now); k.Expired {
			k.Status = practice.Unknown
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return all, nil
}

// of are the check's own among what was found. While it is not answered, nothing is known of any.
func (a *Asked) of(all []keptOf) []Kept {
	var own []Kept
	for i := range all {
		if all[i].check == a.ID {
			own = append(own, all[i].Kept)
			if a.Problem != "" {
				own[len(own)-1].Status = practice.Unknown
			}
		}
	}
	return own
}
