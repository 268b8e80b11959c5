package authentication

import (
	"context"
	"errors"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const (
	managePeople = "authentication.person.manage"
	seePeople    = "authentication.person.read"
)

// roles is what this practice must know of roles, which are another's.
type roles interface {
	Known(role string) error
	// Give grants a role to somebody who has enrolled.
	Give(ctx context.Context, c *outbox.Change, p *identity.Person, role, by string) error
	// Held names what somebody has, for people to read.
	Held(ctx context.Context, person identity.PersonID) ([]string, error)
	// Names are the roles that can be given.
	Names() []string
	// Owner says whether somebody has the role owner, whether they can sign in or not.
	Owner(ctx context.Context, c *outbox.Change, p *identity.Person) (bool, error)
	// KeepsOwner refuses what would leave no owner, were this person not one.
	KeepsOwner(ctx context.Context, c *outbox.Change, p *identity.Person) error
}

func (s *Service) actions() []practice.Action {
	return []practice.Action{
		{Name: "authentication.person.invite", Title: "Invite", Permission: managePeople, Form: inviteFields(), Do: s.invite},
		{Name: "authentication.person.reset", Title: "Make a new link", Permission: managePeople, Form: accountFields(), Effect: s.resetEffect, Do: s.reset},
		{Name: "authentication.person.disable", Title: "Disable", Permission: managePeople, Form: accountFields(), Effect: s.disableEffect, Do: s.disable},
		{Name: "authentication.person.enable", Title: "Enable", Permission: managePeople, Form: accountFields(), Effect: s.enableEffect, Do: s.enable},
		{Name: "authentication.session.end", Title: "End the session", Permission: managePeople, Form: sessionFields(), Effect: s.endOneEffect, Do: s.endOne},
		{Name: "authentication.sessions.end", Title: "Sign out everywhere", Permission: managePeople, Form: accountFields(), Effect: s.endAllEffect, Do: s.endAll},
	}
}

// invite makes somebody new, or a new link for somebody who has not used theirs. Form: account, name, email, locale,
// role, group (any number).
func (s *Service) invite(ctx context.Context, form url.Values) (practice.Result, error) {
	p := &identity.Person{
		Kind: identity.Human, Account: form.Get("account"), Name: form.Get("name"), Email: form.Get("email"), Locale: form.Get("locale"), State: identity.Invited,
	}
	role := form.Get("role")
	groups := slices.DeleteFunc(slices.Clone(form["group"]), func(g string) bool { return g == "" }) // a page's empty field is none
	if err := errors.Join(s.invitable(p, role, groups), giveable(ctx, role, groups)); err != nil {
		return practice.Result{}, err
	}
	ctx, err := because(ctx, form.Get("reason"))
	if err != nil {
		return practice.Result{}, err
	}
	var result practice.Result
	err = s.box.Do(ctx, func(c *outbox.Change) error {
		result = practice.Result{}
		known, err := s.people.FindAccount(ctx, p.Account)
		switch {
		case err == nil && known.State == identity.Invited:
			if err := s.changeable(ctx, c, known); err != nil {
				return err
			}
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
		for _, g := range groups {
			if err := identity.Join(ctx, c, p.ID, g); err != nil {
				return err
			}
		}
		return s.link(ctx, c, p, Invite, role, "invite", &result)
	})
	if err == nil {
		result.Sentence, result.Next = linked(p, "is invited", result.Once), "/people/"+string(p.ID)
	}
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

// linked says what became of a link.
func linked(p *identity.Person, what, once string) string {
	if once == "" {
		return p.Name + " " + what + "; the link was sent by mail."
	}
	return p.Name + " " + what + ". This link is good for a short time, once, in one browser."
}

// reset makes a link with which somebody proves themselves anew. What they have stays good until they use it.
func (s *Service) reset(ctx context.Context, form url.Values) (practice.Result, error) {
	var result practice.Result
	var of *identity.Person
	err := s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		result, of = practice.Result{}, p
		if err := s.resettable(ctx, c, p); err != nil {
			return err
		}
		purpose, letter := Reset, "reset"
		if p.State == identity.Invited {
			purpose, letter = Invite, "invite"
		}
		return s.link(ctx, c, p, purpose, "", letter, &result)
	})
	if err == nil {
		result.Sentence = linked(of, "can begin anew", result.Once)
	}
	return result, err
}

func (s *Service) resettable(ctx context.Context, c *outbox.Change, p *identity.Person) error {
	if p.State == identity.Disabled {
		return problem.New("authentication.person.disabled", p.Account+" is disabled.", "Let them in again first: tenward person enable "+p.Account+".")
	}
	return s.changeable(ctx, c, p)
}

func (s *Service) resetEffect(ctx context.Context, form url.Values) (string, error) {
	return s.effect(ctx, form, s.resettable, func(p *identity.Person, sessions int) string {
		if p.State == identity.Invited {
			return "A new link for " + p.Name + " (" + p.Account + ") is made, and the older one ends."
		}
		return p.Name + " (" + p.Account + ") gets a link with which to choose a password and enrol an app. When it is used, what they have now ends: the password, the app, all recovery codes and " +
			sessionsOf(sessions) + ". Until then all of it stays good."
	})
}

// change does something to the person whose account the form names, for the reason that it gives.
func (s *Service) change(ctx context.Context, form url.Values, do func(context.Context, *outbox.Change, *identity.Person) error) error {
	ctx, err := because(ctx, form.Get("reason"))
	if err != nil {
		return err
	}
	p, err := s.people.FindAccount(ctx, form.Get("account"))
	if errors.Is(err, identity.ErrNotFound) {
		return errNobody.Because(err)
	}
	if err != nil {
		return err
	}
	return s.box.Do(ctx, func(c *outbox.Change) error {
		now, err := identity.FindIn(ctx, c, p.ID)
		if err != nil {
			return err
		}
		return do(ctx, c, now)
	})
}

var errNobody = problem.New("authentication.person.unknown", "There is nobody of that account.", "See who there is on the page People, or with tenward person list.")

// effect says what a change would do, after it has looked whether it would be refused.
func (s *Service) effect(ctx context.Context, form url.Values, allowed func(context.Context, *outbox.Change, *identity.Person) error, say func(p *identity.Person, sessions int) string) (text string, err error) {
	err = s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := allowed(ctx, c, p); err != nil {
			return err
		}
		sessions, err := s.sessions.List(ctx, p.ID)
		if err != nil {
			return err
		}
		text = say(p, len(sessions))
		return nil
	})
	return text, err
}

// sessionsOf is a number of sessions in words.
func sessionsOf(n int) string {
	switch n {
	case 0:
		return "no session"
	case 1:
		return "1 session"
	default:
		return strconv.Itoa(n) + " sessions"
	}
}

// ending begins a sentence of sessions that end.
func ending(n int) string {
	switch n {
	case 0:
		return "No session ends"
	case 1:
		return "1 session ends"
	default:
		return sessionsOf(n) + " end"
	}
}
