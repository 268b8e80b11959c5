package evidence

import (
	"context"
	"fmt"
)

// Forget deletes what is older than it is kept, and what was found by checks that nobody has asked for as long: no node's
// binary has them any more.
func (s *Service) Forget(ctx context.Context) error {
	today := dayOf(s.now())
	oldest := timeOf(today - keptDays)
	for _, one := range []struct {
		what, query string
		before      int64
	}{
		{"changes", "DELETE FROM evidence_change WHERE at < $1", oldest.UnixMicro()},
		{"scores", "DELETE FROM evidence_score WHERE day < $1", today - keptDays},
		{"checks", "DELETE FROM evidence_check WHERE asked_at > 0 AND asked_at < $1", oldest.UnixMicro()},
	} {
		if _, err := s.db.Exec(ctx, one.query, one.before); err != nil {
			return fmt.Errorf("forget old %s: %w", one.what, err)
		}
	}
	return nil
}
