package evidence

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
)

const (
	// settle is how long a check waits for more of what makes its answer stale: most changes are several events.
	settle = 2 * time.Second
	// rest is how much time is at least between two times that events have a check asked. Somebody outside can make events
	// as fast as requests.
	rest = 15 * time.Second
)

// read marks stale what these events may have changed. The mark is in the database before the reader's cursor moves on.
func (s *Service) read(ctx context.Context, events []*event.Event) error {
	marked := false
	for _, id := range s.ids {
		if !touched(s.checks[id].Stale, events) {
			continue
		}
		soon := s.now().Add(settle).UnixMicro()
		if _, err := s.db.Exec(ctx, `UPDATE evidence_check SET due_at = CASE WHEN began_at + $1 > $2 THEN began_at + $1 ELSE $2 END
			WHERE id = $3 AND due_at > CASE WHEN began_at + $1 > $2 THEN began_at + $1 ELSE $2 END`, rest.Microseconds(), soon, id); err != nil {
			return fmt.Errorf("mark %s stale: %w", id, err)
		}
		marked = true
	}
	if marked {
		s.wake()
	}
	return nil
}

// touched says whether one of the events is of one of these kinds. "access." is all of access's.
func touched(kinds []string, events []*event.Event) bool {
	for _, kind := range kinds {
		for _, e := range events {
			if e.Kind == kind || strings.HasSuffix(kind, ".") && strings.HasPrefix(e.Kind, kind) {
				return true
			}
		}
	}
	return false
}
