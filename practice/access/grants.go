package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

const (
	kindGranted = "access.role.granted"
	kindRevoked = "access.role.revoked"

	assign event.Activity = 1 // OCSF's User Access Management (3005): Assign Privileges
	revoke event.Activity = 2 // Revoke Privileges
)

var errLastOwner = problem.New("access.owner.last", "This is the last owner, so it was not done: nobody could look after this server any more.",
	"Make somebody else an owner first: tenward person grant NAME owner.")

// Known gives nil for a role that exists, and a problem that names the nearest for one that does not.
func (s *Service) Known(role string) error {
	all := s.roleNames()
	if slices.Contains(all, role) {
		return nil
	}
	next := "The roles are " + strings.Join(all, ", ") + "; more are written under access.roles in the configuration."
	if near := config.Nearest(role, all); near != "" {
		next = "Did you mean " + near + "? " + next
	}
	return problem.New("access.role.unknown", fmt.Sprintf("There is no role %q.", role), next)
}

// Names are the roles that can be given, the console's first.
func (s *Service) Names() []string { return s.roleNames() }

// roleNames are the console's roles and those of the file.
func (s *Service) roleNames() []string {
	names := slices.Clone(consoleRoles)
	for _, r := range s.conf.Roles {
		names = append(names, r.Name)
	}
	return names
}

// Grant gives somebody a role until ends, or for good when that is zero. A grant that they have already gets the new
// end. by says who gives it.
func (s *Service) Grant(ctx context.Context, c *outbox.Change, p *identity.Person, role string, ends time.Time, by string) error {
	if err := s.Known(role); err != nil {
		return err
	}
	if p.Kind != identity.Human {
		return problem.New("access.grant.service", p.Account+" is no person: it is an account of Tenward's own, which has the one role that its work needs.", "Give the role to a person.")
	}
	if !ends.IsZero() && !ends.After(c.Now()) {
		return problem.New("access.grant.over", "That time is over already.", "Name a time to come, or none at all.")
	}
	if role == practice.RoleOwner && !ends.IsZero() {
		return problem.New("access.owner.ends", "An owner is one for good, so that there is always one.", "Leave the end out, or give the role admin for a while.")
	}
	var until int64
	if !ends.IsZero() {
		until = ends.UnixMicro()
	}
	_, err := c.Exec(ctx, `INSERT INTO access_grant (id, person_id, group_id, role, set_by, created_at, ends_at, reason) VALUES ($1, $2, NULL, $3, $4, $5, $6, $7)
		ON CONFLICT (person_id, role) DO UPDATE SET ends_at = excluded.ends_at, set_by = excluded.set_by, reason = excluded.reason`,
		event.NewID(c.Now()).String(), string(p.ID), role, by, c.Now().UnixMicro(), until, reasonOf(ctx))
	if err != nil {
		return fmt.Errorf("grant role: %w", err)
	}
	return s.changed(ctx, c, p, assign, kindGranted, "A role was given to somebody.", role, by, ends)
}

// Revoke takes a role from somebody. The last owner stays one.
func (s *Service) Revoke(ctx context.Context, c *outbox.Change, p *identity.Person, role, by string) error {
	if role == practice.RoleOwner {
		if err := s.KeepsOwner(ctx, c, p); err != nil {
			return err
		}
	}
	result, err := c.Exec(ctx, "DELETE FROM access_grant WHERE person_id = $1 AND role = $2", string(p.ID), role)
	if err != nil {
		return fmt.Errorf("revoke role: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, problem.New("access.grant.missing", p.Account+" does not have the role "+role+" by themselves.",
			"See what they have with `tenward person list`; a group's role ends with the group's grant."))
	}
	return s.changed(ctx, c, p, revoke, kindRevoked, "A role was taken from somebody.", role, by, time.Time{})
}

// changed records a change, and has all nodes work out anew what the person may do.
func (s *Service) changed(ctx context.Context, c *outbox.Change, p *identity.Person, activity event.Activity, kind, message, role, by string, ends time.Time) error {
	details := []event.Detail{{Name: "role", Value: role}, {Name: "by", Value: by}}
	if !ends.IsZero() {
		details = append(details, event.Detail{Name: "ends", Value: ends.UTC().Format(time.RFC3339)})
	}
	if reason := reasonOf(ctx); reason != "" {
		details = append(details, event.Detail{Name: "reason", Value: reason})
	}
	c.Record(&event.Event{
		Class: event.UserAccess, Activity: activity, Severity: event.Low, Kind: kind, Message: message, Details: details,
		User: p.User(), Subject: string(p.ID),
	})
	return s.sessions.Changed(ctx, c, p.ID)
}

// GrantGroup gives everybody in a group a role. The group must exist.
func (s *Service) GrantGroup(ctx context.Context, c *outbox.Change, group, role string, by string) error {
	if err := s.Known(role); err != nil {
		return err
	}
	if role == practice.RoleOwner {
		return problem.New("access.owner.group", "A group cannot be an owner: it may be empty tomorrow.", "Make the people themselves owners.")
	}
	id, members, err := members(ctx, c, group)
	if err != nil {
		return err
	}
	if _, err := c.Exec(ctx, `INSERT INTO access_grant (id, person_id, group_id, role, set_by, created_at, ends_at, reason) VALUES ($1, NULL, $2, $3, $4, $5, 0, $6)
		ON CONFLICT (group_id, role) DO NOTHING`, event.NewID(c.Now()).String(), id, role, by, c.Now().UnixMicro(), reasonOf(ctx)); err != nil {
		return fmt.Errorf("grant role to group: %w", err)
	}
	return s.changedGroup(ctx, c, id, members, assign, kindGranted, "A role was given to a group.", role, by)
}

// RevokeGroup takes a role from a group.
func (s *Service) RevokeGroup(ctx context.Context, c *outbox.Change, group, role, by string) error {
	id, members, err := members(ctx, c, group)
	if err != nil {
		return err
	}
	result, err := c.Exec(ctx, "DELETE FROM access_grant WHERE group_id = $1 AND role = $2", id, role)
	if err != nil {
		return fmt.Errorf("revoke role of group: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, problem.New("access.grant.missing", "The group "+group+" does not have the role "+role+".", "See who has what with `tenward person list`."))
	}
	return s.changedGroup(ctx, c, id, members, revoke, kindRevoked, "A role was taken from a group.", role, by)
}

func (s *Service) changedGroup(ctx context.Context, c *outbox.Change, id string, members []identity.PersonID, activity event.Activity, kind, message, role, by string) error {
	details := []event.Detail{{Name: "role", Value: role}, {Name: "group", Value: id}, {Name: "by", Value: by}}
	if reason := reasonOf(ctx); reason != "" {
		details = append(details, event.Detail{Name: "reason", Value: reason})
	}
	c.Record(&event.Event{
		Class: event.GroupManagement, Activity: activity, Severity: event.Low, Kind: kind, Message: message, Details: details,
	})
	for _, p := range members {
		if err := s.sessions.Changed(ctx, c, p); err != nil {
			return err
		}
	}
	return nil
}

// members gives a group's id and who is in it.
func members(ctx context.Context, c *outbox.Change, group string) (id string, people []identity.PersonID, err error) {
	err = c.QueryRow(ctx, "SELECT id FROM identity_group WHERE name = $1", group).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil, problem.New("access.group.unknown", fmt.Sprintf("There is no group %q.", group), "A group is made by inviting somebody into it: tenward person invite NAME --group GROUP.")
	}
	if err != nil {
		return "", nil, fmt.Errorf("find group: %w", err)
	}
	rows, err := c.Query(ctx, "SELECT person_id FROM identity_member WHERE group_id = $1 ORDER BY person_id", id)
	if err != nil {
		return "", nil, fmt.Errorf("list members: %w", err)
	}
	people, err = store.All(rows, func(rows *sql.Rows, p *identity.PersonID) error { return rows.Scan(p) })
	if err != nil {
		return "", nil, fmt.Errorf("list members: %w", err)
	}
	return id, people, nil
}

// Owner says whether somebody has the role owner, whether they can sign in or not.
func (s *Service) Owner(ctx context.Context, c *outbox.Change, p *identity.Person) (bool, error) {
	var n int
	if err := c.QueryRow(ctx, "SELECT COUNT(*) FROM access_grant WHERE role = 'owner' AND person_id = $1", string(p.ID)).Scan(&n); err != nil {
		return false, fmt.Errorf("find owner: %w", err)
	}
	return n > 0, nil
}

// KeepsOwner refuses what would leave nobody who is an owner and can sign in, were this person not one.
func (s *Service) KeepsOwner(ctx context.Context, c *outbox.Change, p *identity.Person) error {
	owner, err := s.Owner(ctx, c, p)
	if err != nil {
		return err
	}
	var others int
	if err := c.QueryRow(ctx, ownersQuery+" AND p.id <> $1", string(p.ID)).Scan(&others); err != nil {
		return fmt.Errorf("count owners: %w", err)
	}
	if owner && others == 0 {
		return errLastOwner
	}
	return nil
}

// ownersQuery counts those who can look after the server: accounts with which nobody signs in cannot.
const ownersQuery = `SELECT COUNT(*) FROM access_grant g JOIN identity_person p ON p.id = g.person_id
	WHERE g.role = 'owner' AND p.state = 'active' AND p.kind = 'person'`

// HasOwner says whether somebody is an owner and can sign in.
func (s *Service) HasOwner(ctx context.Context) (bool, error) {
	var n int
	err := s.db.QueryRow(ctx, ownersQuery).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("count owners: %w", err)
	}
	return n > 0, nil
}
