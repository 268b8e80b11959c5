package authentication

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/store"
)

// Login is one try to sign in, as the person themselves sees it: what was not them stands out there first.
type Login struct {
	Address, Agent string
	Outcome        string // "passed", or why it was refused
	At             time.Time
}

// Passed says whether somebody came in with it.
func (l Login) Passed() bool { return l.Outcome == passed }

const (
	passed     = "passed"
	keptLogins = 20
)

// remember keeps a try among the latest ones of its person. Nobody has the empty id: for somebody who does not exist the
// same work leaves nothing, so that the time that an answer takes does not tell who does.
func (s *Service) remember(ctx context.Context, c *outbox.Change, person identity.PersonID, outcome string, from Where) error {
	if _, err := c.Exec(ctx, `INSERT INTO authentication_login (id, person_id, address, agent, outcome, at) SELECT $1, id, $2, $3, $4, $5 FROM identity_person WHERE id = $6`,
		string(identity.NewPersonID(c.Now())), from.Client.Addr().String(), from.Agent, outcome, c.Now().UnixMicro(), string(person)); err != nil {
		return fmt.Errorf("keep sign-in: %w", err)
	}
	if _, err := c.Exec(ctx, `DELETE FROM authentication_login WHERE person_id = $1 AND id NOT IN
		(SELECT id FROM authentication_login WHERE person_id = $1 ORDER BY at DESC, id DESC LIMIT $2)`, string(person), keptLogins); err != nil {
		return fmt.Errorf("forget older sign-ins: %w", err)
	}
	return nil
}

// logins are the latest tries of somebody, the newest first.
func (s *Service) logins(ctx context.Context, person identity.PersonID) ([]Login, error) {
	rows, err := s.db.Query(ctx, "SELECT address, agent, outcome, at FROM authentication_login WHERE person_id = $1 ORDER BY at DESC, id DESC", string(person))
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	list, err := store.All(rows, func(rows *sql.Rows, l *Login) error {
		var at int64
		err := rows.Scan(&l.Address, &l.Agent, &l.Outcome, &at)
		l.At = time.UnixMicro(at).UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sign-ins: %w", err)
	}
	return list, nil
}
