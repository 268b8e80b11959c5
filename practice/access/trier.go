package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access/policy"
)

// RoleTrier is the role of the service account with which Tenward attacks its own services. It allows everything, so
// that whatever judges a request gets to see it; what reaches an application with it is nothing, since the gate answers
// such requests itself. Nobody can be given it by name, and no file can define it.
const RoleTrier = "self-attack"

var trier = policy.Rule{Role: RoleTrier, Service: policy.Any, Methods: []string{policy.Any}, Paths: []config.PathPattern{"/**"}}

// Enlist gives a service account the role, if it does not have it already.
func (s *Service) Enlist(ctx context.Context, c *outbox.Change, p *identity.Person, by string) error {
	if p.Kind != identity.Service {
		return errors.New("give role " + RoleTrier + ": it is for service accounts only")
	}
	result, err := c.Exec(ctx, `INSERT INTO access_grant (id, person_id, group_id, role, set_by, created_at, ends_at) VALUES ($1, $2, NULL, $3, $4, $5, 0)
		ON CONFLICT (person_id, role) DO NOTHING`, event.NewID(c.Now()).String(), string(p.ID), RoleTrier, by, c.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("give role %s: %w", RoleTrier, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("give role %s: %w", RoleTrier, err)
	}
	if n == 0 {
		return nil
	}
	return s.changed(ctx, c, p, assign, kindGranted, "A role was given to a service account.", RoleTrier, by, time.Time{})
}
