package access

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const (
	manageRoles = "access.role.manage"
	seeRoles    = "access.role.read"
)

var (
	errNobodyNamed = problem.New("access.grant.nobody", "It is not said who is meant.", "Name a person, or a group with --group.")
	errNobodyOf    = problem.New("access.person.unknown", "There is nobody of that account.", "See who there is on the page People, or with tenward person list.")
	errTime        = problem.New("access.grant.until", "That is no time.", "Write 2026-12-31T18:00:00Z, or a while from now such as 8h.")
	errGroupEnds   = problem.New("access.group.until", "A group's role has no end.", "Give it to the people themselves for a while.")
	errSelf        = problem.New("access.owner.self", "You are an owner, and would shut yourself out.", "Ask another owner to take the role from you.")
)

func (s *Service) actions() []practice.Action {
	return []practice.Action{
		{Name: "access.role.grant", Title: "Give the role", Permission: manageRoles, Form: grantFields(), Effect: s.grantEffect, Do: s.grantAction},
		{Name: "access.role.revoke", Title: "Take the role away", Permission: manageRoles, Form: revokeFields(), Effect: s.revokeEffect, Do: s.revokeAction},
	}
}

// order is what a form asks for: whose role is meant.
type order struct {
	person *identity.Person
	group  string // where it is a group's
	role   string
	until  time.Time // zero: for good
}

// who is whose role is meant, for people to read.
func (o order) who() string {
	if o.person == nil {
		return "the group " + o.group
	}
	return name(o.person)
}

// undo is the form that takes an order back with an action; what was held before is held again as it was.
func (o order) undo(action string, before grantBefore) *practice.Undo {
	form := url.Values{"role": {o.role}, "reason": {cmp.Or(before.reason, "taken back")}}
	if o.person == nil {
		form.Set("group", o.group)
	} else {
		form.Set("account", o.person.Account)
	}
	if !before.until.IsZero() {
		form.Set("until", before.until.UTC().Format(time.RFC3339Nano))
	}
	return &practice.Undo{Action: action, Form: form}
}

// read reads a form: account or group; role; until, as RFC 3339 has it or as a while from now; reason. Where a page has
// fields for both, an account goes before a group.
func (s *Service) read(ctx context.Context, form url.Values) (context.Context, order, error) {
	o := order{group: form.Get("group"), role: form.Get("role")}
	ctx, err := because(ctx, form.Get("reason"))
	if err != nil {
		return nil, o, err
	}
	if o.until, err = s.until(form.Get("until")); err != nil {
		return nil, o, err
	}
	account := strings.TrimSpace(form.Get("account"))
	switch {
	case account == "" && o.group == "":
		return nil, o, errNobodyNamed
	case account == "" && !o.until.IsZero():
		return nil, o, errGroupEnds
	case account == "":
		return ctx, o, nil
	}
	o.person, err = identity.NewPeople(s.db).FindAccount(ctx, account)
	if errors.Is(err, identity.ErrNotFound) {
		return nil, o, errNobodyOf.Because(err)
	}
	return ctx, o, err
}

// grantAction gives a role.
func (s *Service) grantAction(ctx context.Context, form url.Values) (practice.Result, error) {
	ctx, o, err := s.read(ctx, form)
	if err != nil {
		return practice.Result{}, err
	}
	var had *grantBefore
	err = s.box.Do(ctx, func(c *outbox.Change) (err error) {
		if had, err = s.had(ctx, c, o); err != nil {
			return err
		}
		return s.grantOrder(ctx, c, o)
	})
	if err != nil {
		return practice.Result{}, err
	}
	result := practice.Result{Sentence: sentence(o.who()) + " has the role " + o.role + untilText(o.until) + " now."}
	if had == nil {
		result.Undo = o.undo("access.role.revoke", grantBefore{})
	} else if !had.until.Equal(o.until) {
		result.Undo = o.undo("access.role.grant", *had)
	}
	return result, nil
}

func (s *Service) grantOrder(ctx context.Context, c *outbox.Change, o order) error {
	if o.person == nil {
		return s.GrantGroup(ctx, c, o.group, o.role, practice.Actor(ctx))
	}
	return s.Grant(ctx, c, o.person, o.role, o.until, practice.Actor(ctx))
}

// revokeAction takes a role away.
func (s *Service) revokeAction(ctx context.Context, form url.Values) (practice.Result, error) {
	ctx, o, err := s.read(ctx, form)
	if err != nil {
		return practice.Result{}, err
	}
	var had *grantBefore
	err = s.box.Do(ctx, func(c *outbox.Change) (err error) {
		if had, err = s.had(ctx, c, o); err != nil {
			return err
		}
		return s.revokeOrder(ctx, c, o)
	})
	if err != nil {
		return practice.Result{}, err
	}
	result := practice.Result{Sentence: sentence(o.who()) + " does not have the role " + o.role + " any more."}
	if had != nil && s.Known(o.role) == nil {
		result.Undo = o.undo("access.role.grant", *had)
	}
	return result, nil
}

func (s *Service) revokeOrder(ctx context.Context, c *outbox.Change, o order) error {
	if o.person == nil {
		return s.RevokeGroup(ctx, c, o.group, o.role, practice.Actor(ctx))
	}
	if o.role == practice.RoleOwner && practice.Actor(ctx) == string(o.person.ID) {
		return errSelf
	}
	return s.Revoke(ctx, c, o.person, o.role, practice.Actor(ctx))
}

// grantBefore is a grant as it was before a change.
type grantBefore struct {
	until  time.Time // zero: for good
	reason string
}

// had gives how a role is held already; nil where it is not.
func (s *Service) had(ctx context.Context, c *outbox.Change, o order) (*grantBefore, error) {
	var query, id string
	if o.person == nil {
		query, id = "SELECT g.ends_at, g.reason FROM access_grant g JOIN identity_group i ON i.id = g.group_id WHERE g.role = $1 AND i.name = $2", o.group
	} else {
		query, id = "SELECT ends_at, reason FROM access_grant WHERE role = $1 AND person_id = $2", string(o.person.ID)
	}
	var ends int64
	var before grantBefore
	err := c.QueryRow(ctx, query, o.role, id).Scan(&ends, &before.reason)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && ends != 0 && ends <= c.Now().UnixMicro():
		return nil, nil //nolint:nilnil // it is not held, and nothing is wrong with that
	case err != nil:
		return nil, fmt.Errorf("find grant: %w", err)
	}
	if ends != 0 {
		before.until = time.UnixMicro(ends).UTC()
	}
	return &before, nil
}

// errUnsaid ends a change that was only tried, to hear whether it would be refused.
var errUnsaid = errors.New("only tried")

// try does an order and takes all of it back, for the problem that it would meet.
func (s *Service) try(ctx context.Context, do func(*outbox.Change) error) error {
	err := s.box.Do(ctx, func(c *outbox.Change) error {
		if err := do(c); err != nil {
			return err
		}
		return errUnsaid
	})
	if errors.Is(err, errUnsaid) {
		return nil
	}
	return err
}

// grantEffect says what a role would bring to whom.
func (s *Service) grantEffect(ctx context.Context, form url.Values) (string, error) {
	ctx, o, err := s.read(ctx, form)
	if err != nil {
		return "", err
	}
	people := 1
	err = s.try(ctx, func(c *outbox.Change) (err error) {
		if o.person == nil {
			_, all, err := members(ctx, c, o.group)
			if err != nil {
				return err
			}
			people = len(all)
		}
		return s.grantOrder(ctx, c, o)
	})
	if err != nil {
		return "", err
	}
	return sentence(o.who()) + " gets the role " + o.role + untilText(o.until) + ". It counts with the next request of " + peopleText(people) + ": " + s.brings(o.role) + ".", nil
}

// revokeEffect says what would be lost, and by whom.
func (s *Service) revokeEffect(ctx context.Context, form url.Values) (string, error) {
	ctx, o, err := s.read(ctx, form)
	if err != nil {
		return "", err
	}
	people := 1
	err = s.try(ctx, func(c *outbox.Change) (err error) {
		if o.person == nil {
			_, all, err := members(ctx, c, o.group)
			if err != nil {
				return err
			}
			people = len(all)
		}
		return s.revokeOrder(ctx, c, o)
	})
	if err != nil {
		return "", err
	}
	return sentence(o.who()) + " loses the role " + o.role + ". It counts with the next request of " + peopleText(people) +
		", whose open WebSockets and streams end. Lost: " + s.brings(o.role) + ", where no other role of theirs brings it.", nil
}

// brings is what a role is worth, in numbers.
func (s *Service) brings(role string) string {
	if does := consoleDoes[role]; does != "" {
		return "in the console, " + does
	}
	for _, r := range s.conf.Roles {
		if r.Name == role {
			return linesText(len(r.Allow)) + " of the file that allow, " + strconv.Itoa(len(r.Deny)) + " that forbid"
		}
	}
	return "nothing, since the file has no such role"
}

func linesText(n int) string {
	if n == 1 {
		return "1 line"
	}
	return strconv.Itoa(n) + " lines"
}

func peopleText(n int) string {
	if n == 1 {
		return "1 person"
	}
	return strconv.Itoa(n) + " people"
}

func untilText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.UTC().Format("2006-01-02 15:04 UTC")
}

// sentence begins with a capital letter where it is about a group; names stay as they are.
func sentence(who string) string {
	if rest, group := strings.CutPrefix(who, "the group "); group {
		return "The group " + rest
	}
	return who
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
