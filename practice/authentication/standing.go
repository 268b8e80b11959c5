package authentication

import (
	"context"
	"fmt"
	"net/url"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const (
	kindDisabled = "authentication.person.disabled"
	kindEnabled  = "authentication.person.enabled"

	userDisable event.Activity = 5 // OCSF's User Management (3007)
	userEnable  event.Activity = 4
)

// disable keeps somebody out from now on, and ends their sessions everywhere.
func (s *Service) disable(ctx context.Context, form url.Values) (result practice.Result, err error) {
	err = s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := s.disablable(ctx, c, p); err != nil {
			return err
		}
		if err := identity.SetState(ctx, c, p.ID, identity.Disabled); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "DELETE FROM authentication_invitation WHERE person_id = $1", string(p.ID)); err != nil {
			return fmt.Errorf("end invitation: %w", err)
		}
		ended, err := s.sessions.EndAll(ctx, c, p.ID, "")
		if err != nil {
			return err
		}
		c.Record(by(ctx, about(p, event.UserManagement, userDisable, kindDisabled, "Somebody was disabled; all their sessions ended.", Where{})))
		result.Sentence = p.Name + " is disabled, and " + sessionsOf(ended) + " ended."
		result.Undo = takeBack("authentication.person.enable", p)
		return nil
	})
	return result, err
}

func (s *Service) disablable(ctx context.Context, c *outbox.Change, p *identity.Person) error {
	if p.State == identity.Disabled {
		return problem.New("authentication.person.disabled", p.Account+" is disabled already.", "Nothing is to be done.")
	}
	if err := another(ctx, p); err != nil {
		return err
	}
	if err := s.changeable(ctx, c, p); err != nil {
		return err
	}
	return s.roles.KeepsOwner(ctx, c, p)
}

func (s *Service) disableEffect(ctx context.Context, form url.Values) (string, error) {
	return s.effect(ctx, form, s.disablable, func(p *identity.Person, sessions int) string {
		return p.Name + " (" + p.Account + ") cannot sign in any more. " + ending(sessions) +
			" now, with open WebSockets and streams; an invitation ends too. Roles and factors stay, and count again if they are enabled."
	})
}

// enable lets somebody in again, with what they have.
func (s *Service) enable(ctx context.Context, form url.Values) (result practice.Result, err error) {
	err = s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := s.enablable(ctx, c, p); err != nil {
			return err
		}
		hash, err := s.factors.passwordHash(ctx, p.ID)
		if err != nil {
			return err
		}
		state := identity.Active
		if hash == "" && p.Kind == identity.Human {
			state = identity.Invited
		}
		if err := identity.SetState(ctx, c, p.ID, state); err != nil {
			return err
		}
		c.Record(by(ctx, about(p, event.UserManagement, userEnable, kindEnabled, "Somebody may come in again.", Where{})))
		result.Sentence = p.Name + " may come in again."
		if state == identity.Invited {
			result.Sentence = p.Name + " is not disabled any more, and needs a new link to come in."
		}
		result.Undo = takeBack("authentication.person.disable", p)
		return nil
	})
	return result, err
}

func (s *Service) enablable(ctx context.Context, c *outbox.Change, p *identity.Person) error {
	if p.State != identity.Disabled {
		return problem.New("authentication.person.enabled", p.Account+" is not disabled.", "Nothing is to be done.")
	}
	return s.changeable(ctx, c, p)
}

func (s *Service) enableEffect(ctx context.Context, form url.Values) (string, error) {
	return s.effect(ctx, form, s.enablable, func(p *identity.Person, _ int) string {
		return p.Name + " (" + p.Account + ") may sign in again with the password and the app that they had, and the roles that they have count again."
	})
}

// takeBack is the action that takes another back. Its reason says no more than that.
func takeBack(action string, p *identity.Person) *practice.Undo {
	return &practice.Undo{Action: action, Form: url.Values{"account": {p.Account}, "reason": {"taken back"}}}
}
