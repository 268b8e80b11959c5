package authentication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// onePerson is all that this practice knows of somebody, but for the secrets that they prove themselves with.
type onePerson struct {
	ID         string       `json:"id"`
	Account    string       `json:"account"`
	Kind       string       `json:"kind"`
	Name       string       `json:"name"`
	Email      string       `json:"email,omitempty"`
	Locale     string       `json:"locale"`
	State      string       `json:"state"`
	Groups     []string     `json:"groups"`
	Created    time.Time    `json:"created"`
	Factors    []factorRow  `json:"factors"` // the strongest first
	Sessions   []sessionRow `json:"sessions"`
	Logins     []loginRow   `json:"logins"` // the latest first
	Invitation *invitation  `json:"invitation,omitempty"`

	Self   bool `json:"-"` // it is whoever looks
	MayAct bool `json:"-"`
}

// factorRow is something that somebody proves themselves with.
type factorRow struct {
	Name  string     `json:"name"`
	Kind  string     `json:"kind"`
	Added *time.Time `json:"added,omitempty"`
	Used  *time.Time `json:"used,omitempty"`
}

// sessionRow is one of somebody's sessions.
type sessionRow struct {
	ID      string    `json:"id"`
	Agent   string    `json:"agent"`
	Address string    `json:"address"`
	Proven  string    `json:"proven"`
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
	Ends    time.Time `json:"ends"`
}

// loginRow is one try to sign in.
type loginRow struct {
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"`
	Agent   string    `json:"agent"`
	Address string    `json:"address"`
}

// Pill is the outcome for the eye.
func (l loginRow) Pill() ui.Pill {
	if l.Outcome == passed {
		return ui.Pill{Class: "ok", Word: "Passed"}
	}
	return ui.Pill{Class: "crit", Word: "Refused: " + l.Outcome}
}

// invitation is a link that somebody has not used.
type invitation struct {
	Purpose string    `json:"purpose"`
	Ends    time.Time `json:"ends"`
	Over    bool      `json:"over"`
}

func (s *Service) loadPerson(ctx context.Context, v url.Values) (any, error) {
	p, err := s.people.Find(ctx, identity.PersonID(v.Get("id")))
	if errors.Is(err, identity.ErrNotFound) {
		return nil, errNobody.Because(err)
	}
	if err != nil {
		return nil, err
	}
	one := &onePerson{
		ID: string(p.ID), Account: p.Account, Kind: string(p.Kind), Name: p.Name, Email: p.Email, Locale: p.Locale, State: string(p.State),
		Groups: append([]string{}, p.Groups...), Created: p.Created,
		Self: practice.Actor(ctx) == string(p.ID), MayAct: practice.Holds(ctx, practice.RoleAdmin),
	}
	for _, read := range []func(context.Context, *onePerson) error{s.readFactors, s.readSessions, s.readLogins, s.readInvitation} {
		if err := read(ctx, one); err != nil {
			return nil, err
		}
	}
	return one, nil
}

// readFactors names what somebody proves themselves with, never what it is.
func (s *Service) readFactors(ctx context.Context, one *onePerson) error {
	id := identity.PersonID(one.ID)
	one.Factors = []factorRow{}
	apps, err := s.factors.apps(ctx, id)
	if err != nil {
		return err
	}
	for _, a := range apps {
		one.Factors = append(one.Factors, factorRow{Name: a.Name, Kind: "codes of a device, the strongest today", Added: &a.Added, Used: &a.Used})
	}
	codes, err := s.factors.recoveryLeft(ctx, id)
	if err != nil {
		return err
	}
	if len(apps)+codes > 0 {
		one.Factors = append(one.Factors, factorRow{Name: "Recovery codes", Kind: fmt.Sprintf("%d left, each good once in place of a device", codes)})
	}
	set, err := s.factors.passwordSet(ctx, id)
	if err != nil {
		return err
	}
	if !set.IsZero() {
		one.Factors = append(one.Factors, factorRow{Name: "Password", Kind: "something they know", Added: &set})
	}
	return nil
}

func (s *Service) readSessions(ctx context.Context, one *onePerson) error {
	one.Sessions = []sessionRow{}
	sessions, err := s.sessions.List(ctx, identity.PersonID(one.ID))
	if err != nil {
		return err
	}
	for _, row := range sessions {
		agent, err := english.agentName(row.Agent)
		if err != nil {
			return err
		}
		one.Sessions = append(one.Sessions, sessionRow{row.ID, agent, row.Address, provenBy(row.Strength), row.Began, row.Seen, row.Ends})
	}
	return nil
}

// provenBy is a session's strength in words.
func provenBy(s identity.Strength) string {
	switch {
	case s >= identity.SecondFactor:
		return "password and second factor"
	case s >= identity.Password:
		return "password"
	default:
		return "first step of two"
	}
}

func (s *Service) readLogins(ctx context.Context, one *onePerson) error {
	one.Logins = []loginRow{}
	logins, err := s.logins(ctx, identity.PersonID(one.ID))
	if err != nil {
		return err
	}
	for _, l := range logins {
		agent, err := english.agentName(l.Agent)
		if err != nil {
			return err
		}
		one.Logins = append(one.Logins, loginRow{l.At, l.Outcome, agent, l.Address})
	}
	return nil
}

func (s *Service) readInvitation(ctx context.Context, one *onePerson) error {
	var link invitation
	var ends int64
	err := s.db.QueryRow(ctx, "SELECT purpose, ends_at FROM authentication_invitation WHERE person_id = $1", one.ID).Scan(&link.Purpose, &ends)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find invitation: %w", err)
	}
	link.Ends = time.UnixMicro(ends).UTC()
	link.Over = !s.now().Before(link.Ends)
	one.Invitation = &link
	return nil
}

// Heading is the page's title.
func (p *onePerson) Heading() string { return p.Name }

// Events leads to what they did, and what was done about them.
func (p *onePerson) Events() string {
	return "/events?" + url.Values{"q": {"person:" + p.ID}}.Encode()
}

// Pill is how they stand, for the eye.
func (p *onePerson) Pill() ui.Pill {
	row := personRow{Kind: p.Kind, standing: well}
	switch {
	case p.State == string(identity.Disabled):
		row.standing = shut
	case p.State == string(identity.Invited):
		row.standing = awaited
	case p.Kind == string(identity.Human) && !p.hasApp():
		row.standing = factorless
	}
	return row.Pill()
}

func (p *onePerson) hasApp() bool { return len(p.Factors) > 0 && p.Factors[0].Used != nil }

// act is a button that asks for an action.
type act struct {
	Name, Word, Label string
	Fields            []field
}

// Act is one of the actions on this person.
func (p *onePerson) Act(word string) act {
	a := act{Fields: []field{{"account", p.Account}, {"next", "/people/" + url.PathEscape(p.ID)}}}
	switch word {
	case "enable":
		a.Name, a.Word = "authentication.person.enable", "Enable"
	case "disable":
		a.Name, a.Word = "authentication.person.disable", "Disable"
	case "reset":
		a.Name, a.Word = "authentication.person.reset", "Make a new link"
	default:
		a.Name, a.Word = "authentication.sessions.end", "Sign out everywhere"
	}
	return a
}

// End ends one of their sessions.
func (p *onePerson) End(one sessionRow) act {
	a := p.Act("")
	a.Name, a.Word, a.Label = "authentication.session.end", "End", "End the session of "+one.Agent+" from "+one.Address
	a.Fields = append(a.Fields, field{"session", one.ID})
	return a
}
