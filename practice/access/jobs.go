package access

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

func (s *Service) jobs() []practice.Job {
	return []practice.Job{
		{Name: "access/turn-assertion-keys", Every: time.Hour, Timeout: time.Minute, Run: s.turnKeys},
		{Name: "access/end-grants", Every: 5 * time.Second, Timeout: 5 * time.Second, Run: s.endGrants},
	}
}

// endGrants ends the streams of those whose grant ran out since it was here last: requests look at the clock
// themselves, a WebSocket that is open does not. Each node does it for its own streams.
func (s *Service) endGrants(ctx context.Context) error {
	now := s.now()
	rows, err := s.db.Query(ctx, `SELECT g.person_id FROM access_grant g WHERE g.person_id IS NOT NULL AND g.ends_at > $1 AND g.ends_at <= $2
		UNION SELECT m.person_id FROM access_grant g JOIN identity_member m ON m.group_id = g.group_id WHERE g.ends_at > $1 AND g.ends_at <= $2`,
		s.ended.UnixMicro(), now.UnixMicro())
	if err != nil {
		return fmt.Errorf("read grants that ended: %w", err)
	}
	people, err := store.All(rows, func(rows *sql.Rows, p *identity.PersonID) error { return rows.Scan(p) })
	if err != nil {
		return fmt.Errorf("read grants that ended: %w", err)
	}
	for _, p := range people {
		s.sessions.Forget(p)
	}
	s.ended = now
	return nil
}
