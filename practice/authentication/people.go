package authentication

import (
	"context"
	"errors"
	"net/mail"
	"net/url"
	"slices"
	"strings"

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

const managePeople = "authentication.person.manage"

// roles is what this practice must know of roles, which are another's.
type roles interface {
	Known(role string) error
	// Give grants a role to somebody who has enrolled.
	Give(ctx context.Context, c *outbox.Change, p *identity.Person, role, by string) error
	// Held names what somebody has, for people to read.
	Held(ctx context.Context, person identity.PersonID) ([]string, error)
	// KeepsOwner refuses what would leave no owner, were this person not one.
	KeepsOwner(ctx context.Context, c *outbox.Change, p *identity.Person) error
}

func (s *Service) actions() []practice.Action {
	return []practice.Action{
		{Name: "authentication.person.invite", Permission: managePeople, Do: s.invite},
		{Name: "authentication.person.reset", Permission: managePeople, Do: s.reset},
		{Name: "authentication.person.disable", Permission: managePeople, Do: s.disable},
		{Name: "authentication.person.enable", Permission: managePeople, Do: s.enable},
	}
}

// invite makes somebody new, or a new link for somebody who has not used theirs. Form: account, name, email, locale,
// role, group (any number).
func (s *Service) invite(ctx context.Context, form url.Values) (practice.Result, error) {
	p := &identity.Person{
		Kind: identity.Human, Account: form.Get("account"), Name: form.Get("name"), Email: form.Get("email"), Locale: form.Get("locale"), State: identity.Invited,
	}
	role := form.Get("role")
	if err := s.invitable(p, role, form["group"]); err != nil {
		return practice.Result{}, err
	}
	var result practice.Result
	err := s.box.Do(ctx, func(c *outbox.Change) error {
		result = practice.Result{}
		known, err := s.people.FindAccount(ctx, p.Account)
		switch {
		case err == nil && known.State == identity.Invited:
			*p = *known
		case err == nil:
			return problem.New("authentication.person.exists", "There is a person "+known.Account+" already.",
				"If they cannot sign in, make a new link for them: tenward person reset "+known.Account+".")
		case !errors.Is(err, identity.ErrNotFound):
			return err
		default:
			if err := identity.Add(ctx, c, p); err != nil {
				return err
			}
		}
		for _, g := range form["group"] {
			if err := identity.Join(ctx, c, p.ID, g); err != nil {
				return err
			}
		}
		return s.link(ctx, c, p, Invite, role, "invite", &result)
	})
	return result, err
}

// invitable refuses what cannot be invited, by field.
func (s *Service) invitable(p *identity.Person, role string, groups []string) error {
	if _, ok := identity.AccountName(p.Account); !ok {
		return problem.New("authentication.account.refused", "That cannot be an account name.", "Use up to 200 small letters, digits and any of . _ @ + -")
	}
	if len(p.Name) > 200 || strings.ContainsFunc(p.Name, unprintable) {
		return problem.New("authentication.name.refused", "That cannot be a name.", "Use at most 200 bytes of letters, and no line breaks.")
	}
	if p.Email != "" {
		if at, err := mail.ParseAddress(p.Email); err != nil || at.Address != p.Email || len(p.Email) > 200 {
			return problem.New("authentication.email.refused", "That is no e-mail address.", "Write it alone: name@example.com.")
		}
	}
	if p.Locale != "" {
		if _, ok := known(p.Locale); !ok {
			return problem.New("authentication.locale.refused", "The portal does not speak that language.", "Use en or de.")
		}
	}
	if slices.ContainsFunc(groups, func(g string) bool {
		return strings.TrimSpace(g) == "" || len(g) > 200 || strings.ContainsFunc(g, unprintable)
	}) {
		return problem.New("authentication.group.refused", "That cannot be a group's name.", "Use at most 200 bytes of letters, and no line breaks.")
	}
	if role != "" {
		return s.roles.Known(role)
	}
	return nil
}

func unprintable(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }

// link makes a link and sends it, or, where no mail leaves, gives it to whoever asked, to show this one time.
func (s *Service) link(ctx context.Context, c *outbox.Change, p *identity.Person, purpose Purpose, role, letter string, result *practice.Result) error {
	if p.Kind != identity.Human {
		return problem.New("authentication.person.service", p.Account+" is no person: it is an account of Tenward's own, and nobody signs in with it.",
			"Invite the person under an account of their own.")
	}
	token, ends, err := s.Invite(ctx, c, p, purpose, role)
	if err != nil {
		return err
	}
	mailed, err := s.send(ctx, c, p, letter, s.EnrolLink(token), ends)
	if err != nil {
		return err
	}
	if !mailed {
		result.Once = s.EnrolLink(token)
	}
	return nil
}

// reset makes a link with which somebody proves themselves anew. What they have stays good until they use it.
func (s *Service) reset(ctx context.Context, form url.Values) (practice.Result, error) {
	var result practice.Result
	err := s.change(ctx, form, func(c *outbox.Change, p *identity.Person) error {
		result = practice.Result{}
		if p.State == identity.Disabled {
			return problem.New("authentication.person.disabled", p.Account+" is disabled.", "Let them in again first: tenward person enable "+p.Account+".")
		}
		purpose, letter := Reset, "reset"
		if p.State == identity.Invited {
			purpose, letter = Invite, "invite"
		}
		return s.link(ctx, c, p, purpose, "", letter, &result)
	})
	return result, err
}

// disable keeps somebody out from now on, and ends their sessions everywhere.
func (s *Service) disable(ctx context.Context, form url.Values) (practice.Result, error) {
	return practice.Result{}, s.change(ctx, form, func(c *outbox.Change, p *identity.Person) error {
		if err := s.roles.KeepsOwner(ctx, c, p); err != nil {
			return err
		}
		if err := identity.SetState(ctx, c, p.ID, identity.Disabled); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "DELETE FROM authentication_invitation WHERE person_id = $1", string(p.ID)); err != nil {
			return err
		}
		if _, err := s.sessions.EndAll(ctx, c, p.ID, ""); err != nil {
			return err
		}
		c.Record(by(ctx, about(p, event.UserManagement, userDisable, kindDisabled, "Somebody was disabled; all their sessions ended.", Where{})))
		return nil
	})
}

// enable lets somebody in again, with what they have.
func (s *Service) enable(ctx context.Context, form url.Values) (practice.Result, error) {
	return practice.Result{}, s.change(ctx, form, func(c *outbox.Change, p *identity.Person) error {
		if p.State != identity.Disabled {
			return problem.New("authentication.person.enabled", p.Account+" is not disabled.", "Nothing is to be done.")
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
		return nil
	})
}

// change does something to the person whose account the form names.
func (s *Service) change(ctx context.Context, form url.Values, do func(*outbox.Change, *identity.Person) error) error {
	p, err := s.people.FindAccount(ctx, form.Get("account"))
	if errors.Is(err, identity.ErrNotFound) {
		return problem.New("authentication.person.unknown", "There is nobody of that account.", "See who there is: tenward person list.").Because(err)
	}
	if err != nil {
		return err
	}
	return s.box.Do(ctx, func(c *outbox.Change) error {
		now, err := identity.FindIn(ctx, c, p.ID)
		if err != nil {
			return err
		}
		return do(c, now)
	})
}

// by says on an event who asked for it.
func by(ctx context.Context, e *event.Event) *event.Event {
	e.Details = append(e.Details, event.Detail{Name: "by", Value: practice.Actor(ctx)})
	return e
}
