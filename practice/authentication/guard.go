package authentication

import (
	"context"
	"strings"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// maxReason is how long a reason may be, in characters.
const maxReason = 500

var errReason = problem.New("authentication.reason.refused", "That cannot be a reason.", "Write one line of at most 500 characters.")

type reasonKey struct{}

// because keeps the reason that a form gives, for the events that come of it.
func because(ctx context.Context, reason string) (context.Context, error) {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > maxReason || strings.ContainsFunc(reason, unprintable) {
		return nil, errReason
	}
	return context.WithValue(ctx, reasonKey{}, reason), nil
}

// by says on an event who asked for it, and why.
func by(ctx context.Context, e *event.Event) *event.Event {
	e.Details = append(e.Details, event.Detail{Name: "by", Value: practice.Actor(ctx)})
	if reason, _ := ctx.Value(reasonKey{}).(string); reason != "" {
		e.Details = append(e.Details, event.Detail{Name: "reason", Value: reason})
	}
	return e
}

// changeable refuses what would put somebody above who asks for it: whoever may look after people is not thereby an
// owner, and a new link for an owner would make them one.
func (s *Service) changeable(ctx context.Context, c *outbox.Change, p *identity.Person) error {
	if practice.Holds(ctx, practice.RoleOwner) {
		return nil
	}
	owner, err := s.roles.Owner(ctx, c, p)
	if err != nil {
		return err
	}
	if owner {
		return problem.New("authentication.person.owner", p.Account+" is an owner of this server, and only owners change owners.",
			"Ask an owner to do it.")
	}
	return nil
}

// giveable refuses roles, and groups that may have some, to whoever is no owner: giving roles is an owner's.
func giveable(ctx context.Context, role string, groups []string) error {
	if (role == "" && len(groups) == 0) || practice.Holds(ctx, practice.RoleOwner) {
		return nil
	}
	return problem.New("authentication.role.owner", "Only an owner gives roles, and puts people into groups, which may have some.",
		"Invite without a role and a group, and ask an owner for both.")
}

// another refuses what somebody would shut themselves out with.
func another(ctx context.Context, p *identity.Person) error {
	if practice.Actor(ctx) != string(p.ID) {
		return nil
	}
	return problem.New("authentication.person.self", "That is you: you would shut yourself out.", "Ask somebody else who looks after people here to do it.")
}
