package authentication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/authentication/password"
	"github.com/tenward/tenward/practice/authentication/totp"
	"github.com/tenward/tenward/problem"
)

// Purpose is what a link is for.
type Purpose string

// The purposes.
const (
	Invite Purpose = "invite" // somebody new
	Reset  Purpose = "reset"  // somebody who lost what they proved themselves with
)

var errInvitation = problem.New("authentication.invitation.refused", "This link is not good any more, or was begun in another browser.",
	"Ask whoever runs this server for a new one: each is good once, in one browser, for a short time.")

// Invite makes a link's secret. Any older link of the person ends; a role is given when they have enrolled.
func (s *Service) Invite(ctx context.Context, c *outbox.Change, p *identity.Person, purpose Purpose, role string) (token string, ends time.Time, err error) {
	if _, err := c.Exec(ctx, "DELETE FROM authentication_invitation WHERE person_id = $1", string(p.ID)); err != nil {
		return "", ends, fmt.Errorf("end older invitations: %w", err)
	}
	token, ends = rand.Text(), c.Now().Add(s.conf.Invitation.Std())
	hash := sha256.Sum256([]byte(token))
	if _, err := c.Exec(ctx, `INSERT INTO authentication_invitation (hash, person_id, purpose, role, made_by, browser, password_hash, created_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, NULL, '', $6, $7)`, hash[:], string(p.ID), string(purpose), role, practice.Actor(ctx), c.Now().UnixMicro(), ends.UnixMicro()); err != nil {
		return "", ends, fmt.Errorf("keep invitation: %w", err)
	}
	kind, activity, message := kindInvited, userCreate, "An invitation was made."
	if purpose == Reset {
		kind, activity, message = kindReset, userPasswordReset, "A link to set a new password and a new second factor was made."
	}
	c.Record(by(ctx, about(p, event.UserManagement, activity, kind, message, Where{})))
	return token, ends, nil
}

// EnrolLink is where an invitation leads.
func (s *Service) EnrolLink(token string) string { return s.portal.url + "/enrol?token=" + token }

// Enrolment is an invitation under way.
type Enrolment struct {
	Person      *identity.Person
	Purpose     Purpose
	HasPassword bool // the first step is done
	hash        []byte
	password    string
	role, by    string // what was promised, and by whom
}

// Enrolment finds an invitation by its link's secret. Once begun it is good only in the browser that began it; until
// then browser may be empty.
func (s *Service) Enrolment(ctx context.Context, token, browser string) (*Enrolment, error) {
	hash := sha256.Sum256([]byte(token))
	e := &Enrolment{hash: hash[:]}
	var person string
	var bound []byte
	var ends int64
	err := s.db.QueryRow(ctx, "SELECT person_id, purpose, role, made_by, browser, password_hash, ends_at FROM authentication_invitation WHERE hash = $1", hash[:]).
		Scan(&person, &e.Purpose, &e.role, &e.by, &bound, &e.password, &ends)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, errInvitation
	case err != nil:
		return nil, fmt.Errorf("find invitation: %w", err)
	case s.now().UnixMicro() >= ends:
		return nil, errInvitation
	}
	if bound != nil {
		if seen := sha256.Sum256([]byte(browser)); subtle.ConstantTimeCompare(seen[:], bound) != 1 {
			return nil, errInvitation
		}
	}
	e.HasPassword = e.password != ""
	e.Person, err = s.people.Find(ctx, identity.PersonID(person))
	if err != nil {
		return nil, err
	}
	if e.Person.State == identity.Disabled {
		return nil, errInvitation
	}
	return e, nil
}

// enrolSecret is the name of the app's secret until its first code has been shown.
func (e *Enrolment) enrolSecret() string {
	return "authentication/enrol/" + hex.EncodeToString(e.hash[:16])
}

// ChoosePassword is the first step of enrolling. It binds the invitation to this browser, whose cookie it gives.
func (s *Service) ChoosePassword(ctx context.Context, token, browser, secret string, from Where) (cookie string, err error) {
	e, err := s.Enrolment(ctx, token, browser)
	if err != nil {
		return "", err
	}
	if err := password.Check(secret, s.leastPassword(), e.Person.Account, e.Person.Name, e.Person.Email, s.issuer, s.portal.host); err != nil {
		return "", err
	}
	kept, err := s.hasher.Hash(ctx, secret)
	if err != nil {
		return "", err
	}
	cookie = browser
	if !e.HasPassword {
		cookie = rand.Text()
	}
	bound := sha256.Sum256([]byte(cookie))
	return cookie, s.box.Do(ctx, func(c *outbox.Change) error {
		// Of two browsers that begin at once one wins: the row must still be as it was read.
		result, err := c.Exec(ctx, "UPDATE authentication_invitation SET browser = $1, password_hash = $2 WHERE hash = $3 AND password_hash = $4",
			bound[:], kept, e.hash, e.password)
		if err != nil {
			return fmt.Errorf("begin enrolment: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, errInvitation)
		}
		if e.HasPassword {
			return nil
		}
		return s.factors.secrets.PutIn(ctx, c.Tx, e.enrolSecret(), []byte(totp.NewSecret()))
	})
}

// leastPassword is the length that a password needs.
func (s *Service) leastPassword() int {
	if s.conf.SecondFactor == Required {
		return password.MinWithFactor
	}
	return password.MinWithoutFactor
}

// AppSecret gives what the authenticator app of this enrolment must learn.
func (s *Service) AppSecret(ctx context.Context, e *Enrolment) (string, error) {
	secret, err := s.factors.secrets.Get(ctx, e.enrolSecret())
	return string(secret), err
}

// Enrol is the last step: with a code of the app everything chosen becomes good at once, older sessions and factors
// end, and the person is signed in. The recovery codes are shown this one time.
func (s *Service) Enrol(ctx context.Context, token, browser, code string, from Where) (codes []string, got SignedIn, err error) {
	if browser == "" {
		return nil, got, errInvitation
	}
	e, err := s.Enrolment(ctx, token, browser)
	if err != nil {
		return nil, got, err
	}
	if !e.HasPassword {
		return nil, got, errInvitation
	}
	tries := codeTries("enrol:"+string(e.Person.ID), "")
	if err := s.throttle.count(ctx, tries...); err != nil {
		return nil, got, err
	}
	secret, err := s.AppSecret(ctx, e)
	if err != nil {
		return nil, got, err
	}
	step, ok, err := totp.Match(secret, code, s.now(), 0)
	if err != nil {
		return nil, got, err
	}
	if !ok {
		return nil, got, errCode
	}
	err = s.box.Do(ctx, func(c *outbox.Change) (err error) {
		codes, got, err = s.enrol(ctx, c, e, secret, step, from)
		return err
	})
	return codes, got, err
}

// enrol makes all of it good in one change.
func (s *Service) enrol(ctx context.Context, c *outbox.Change, e *Enrolment, secret string, step int64, from Where) (codes []string, got SignedIn, err error) {
	result, err := c.Exec(ctx, "DELETE FROM authentication_invitation WHERE hash = $1", e.hash)
	if err != nil {
		return nil, got, fmt.Errorf("use invitation: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return nil, got, errors.Join(err, errInvitation)
	}
	if _, err := c.Exec(ctx, "DELETE FROM store_secret WHERE name = $1", e.enrolSecret()); err != nil {
		return nil, got, fmt.Errorf("use invitation: %w", err)
	}
	p, err := identity.FindIn(ctx, c, e.Person.ID)
	if err != nil {
		return nil, got, err
	}
	if p.State == identity.Disabled { // since the page was loaded
		return nil, got, errInvitation
	}
	if _, err := s.sessions.EndAll(ctx, c, p.ID, ""); err != nil {
		return nil, got, err
	}
	if err := s.factors.removeFactors(ctx, c, p.ID); err != nil {
		return nil, got, err
	}
	if err := s.factors.setPassword(ctx, c, p.ID, e.password); err != nil {
		return nil, got, err
	}
	if err := s.factors.addApp(ctx, c, p.ID, "Authenticator app", secret, step); err != nil {
		return nil, got, err
	}
	if codes, err = s.factors.newRecoveryCodes(ctx, c, p.ID); err != nil {
		return nil, got, err
	}
	if err := identity.SetState(ctx, c, p.ID, identity.Active); err != nil {
		return nil, got, err
	}
	if e.role != "" {
		if err := s.roles.Give(ctx, c, p, e.role, e.by); err != nil {
			return nil, got, err
		}
	}
	c.Record(about(p, event.UserManagement, userEnableFactors, kindEnrolled, "Chose a password and enrolled an authenticator app.", from))
	got.Session, got.Token, err = s.sessions.Begin(ctx, c, identity.Start{
		Person: p, Strength: identity.SecondFactor, Address: from.Client.Addr().String(), Agent: from.Agent, Face: identity.Portal, Host: s.portal.host,
	})
	if err != nil {
		return nil, got, err
	}
	if got.Device, err = s.devices.greet(ctx, c, p, from); err != nil {
		return nil, got, err
	}
	if e.Purpose == Reset {
		err = s.tell(ctx, c, p, "factors")
	}
	return codes, got, err
}
