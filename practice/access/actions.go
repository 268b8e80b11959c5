package access

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const manageRoles = "access.role.manage"

var (
	errNobodyNamed = problem.New("access.grant.nobody", "It is not said who is meant.", "Name a person, or a group with --group.")
	errTime        = problem.New("access.grant.until", "That is no time.", "Write 2026-12-31T18:00:00Z, or a while from now such as 8h.")
)

func (s *Service) actions() []practice.Action {
	return []practice.Action{
		{Name: "access.role.grant", Permission: manageRoles, Do: s.grantAction},
		{Name: "access.role.revoke", Permission: manageRoles, Do: s.revokeAction},
	}
}

// grantAction gives a role. Form: account or group; role; until, as RFC 3339 has it or as a while from now.
func (s *Service) grantAction(ctx context.Context, form url.Values) (practice.Result, error) {
	until, err := s.until(form.Get("until"))
	if err != nil {
		return practice.Result{}, err
	}
	if group := form.Get("group"); group != "" {
		if !until.IsZero() {
			return practice.Result{}, problem.New("access.group.until", "A group's role has no end.", "Give it to the people themselves for a while.")
		}
		return practice.Result{}, s.box.Do(ctx, func(c *outbox.Change) error {
			return s.GrantGroup(ctx, c, group, form.Get("role"), practice.Actor(ctx))
		})
	}
	return practice.Result{}, s.toPerson(ctx, form, func(c *outbox.Change, p *identity.Person) error {
		return s.Grant(ctx, c, p, form.Get("role"), until, practice.Actor(ctx))
	})
}

// revokeAction takes a role away. Form: account or group; role.
func (s *Service) revokeAction(ctx context.Context, form url.Values) (practice.Result, error) {
	if group := form.Get("group"); group != "" {
		return practice.Result{}, s.box.Do(ctx, func(c *outbox.Change) error {
			return s.RevokeGroup(ctx, c, group, form.Get("role"), practice.Actor(ctx))
		})
	}
	return practice.Result{}, s.toPerson(ctx, form, func(c *outbox.Change, p *identity.Person) error {
		return s.Revoke(ctx, c, p, form.Get("role"), practice.Actor(ctx))
	})
}

func (s *Service) toPerson(ctx context.Context, form url.Values, do func(*outbox.Change, *identity.Person) error) error {
	account := form.Get("account")
	if account == "" {
		return errNobodyNamed
	}
	p, err := identity.NewPeople(s.db).FindAccount(ctx, account)
	if errors.Is(err, identity.ErrNotFound) {
		return problem.New("access.person.unknown", "There is nobody of that account.", "See who there is: tenward person list.").Because(err)
	}
	if err != nil {
		return err
	}
	return s.box.Do(ctx, func(c *outbox.Change) error { return do(c, p) })
}

// until reads when a grant ends; empty is never.
func (s *Service) until(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return s.now().Add(d), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errTime.Because(err)
	}
	return at, nil
}

// Held names the roles of somebody, for lists of people: "editor", "editor until 2026-12-31T18:00:00Z", "viewer by
// group authors".
func (s *Service) Held(ctx context.Context, person identity.PersonID) ([]string, error) {
	grants, err := s.grantsOf(ctx, person)
	if err != nil {
		return nil, err
	}
	var words []string
	for _, g := range grants {
		text := g.Role
		if g.Group != "" {
			text += " by group " + g.Group
		}
		if !g.Ends.IsZero() {
			text += " until " + g.Ends.Format(time.RFC3339)
		}
		words = append(words, text)
	}
	return words, nil
}
