package authentication

import (
	"context"
	"errors"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/authentication/password"
	"github.com/tenward/tenward/problem"
)

var (
	errWrong = problem.New("authentication.login.refused", "The account or the password is not right.",
		"Try again; if you have forgotten your password, ask whoever runs this server for a new link.")
	errCode = problem.New("authentication.code.refused", "That code was not accepted.",
		"Wait for the next code, and check that your phone's clock is right. Each code is good once.")
	errBegin = problem.New("authentication.login.expired", "This sign-in took too long.", "Begin again with your password.")
)

// SignedIn is what a browser gets for a step that it has proven.
type SignedIn struct {
	Session string // its id
	Token   string // for the cookie of the portal
	Device  string // for the cookie of the browser; empty before the last step
	Second  bool   // a second step must follow
}

// Password takes the first step. Whoever is unknown, disabled or not enrolled yet gets the same answer after the same
// work as a wrong password.
func (s *Service) Password(ctx context.Context, account, secret string, from Where) (SignedIn, error) {
	account, _ = identity.AccountName(account)
	device, err := s.devices.known(ctx, account, from.Device)
	if err != nil {
		return SignedIn{}, err
	}
	tries := passwordTries(account, from.Client.Addr(), device)
	if err := s.throttle.count(ctx, tries...); err != nil {
		return SignedIn{}, s.refuse(ctx, nil, account, "throttled", from, err)
	}
	person, err := s.people.FindAccount(ctx, account)
	if err != nil && !errors.Is(err, identity.ErrNotFound) {
		return SignedIn{}, err
	}
	var kept string
	if person != nil && person.State == identity.Active {
		if kept, err = s.factors.passwordHash(ctx, person.ID); err != nil {
			return SignedIn{}, err
		}
	}
	right, err := s.hasher.Verify(ctx, secret, kept)
	if err != nil {
		return SignedIn{}, err
	}
	if !right {
		return SignedIn{}, s.refuse(ctx, person, account, "password", from, errWrong)
	}
	apps, err := s.factors.apps(ctx, person.ID)
	if err != nil {
		return SignedIn{}, err
	}
	if len(apps) == 0 && s.conf.SecondFactor == Required {
		// Somebody who has none was enrolled while it was optional: whoever knows the password alone must not enrol one.
		return SignedIn{}, s.refuse(ctx, person, account, "no second factor", from, errWrong)
	}
	s.throttle.clear(ctx, tries[len(tries)-1])
	s.throttle.giveBack(ctx, tries[:len(tries)-1]...)
	strength := identity.Begun
	if len(apps) == 0 {
		strength = identity.Password
	}
	var got SignedIn
	err = s.box.Do(ctx, func(c *outbox.Change) (err error) {
		got = SignedIn{Second: len(apps) > 0}
		got.Session, got.Token, err = s.sessions.Begin(ctx, c, identity.Start{
			Person: person, Strength: strength, Address: from.Client.Addr().String(), Agent: from.Agent, Face: identity.Portal, Host: s.portal.host,
		})
		if err != nil || got.Second {
			return err
		}
		c.Record(about(person, event.Authentication, logon, kindLogin, "Signed in with a password.", from))
		if err := s.remember(ctx, c, person.ID, passed, from); err != nil {
			return err
		}
		got.Device, err = s.devices.greet(ctx, c, person, from)
		return err
	})
	if err == nil && password.Outdated(kept) {
		s.rehash(ctx, person, secret)
	}
	return got, err
}

// Second takes the second step, with the code of an app or with a recovery code.
func (s *Service) Second(ctx context.Context, session *identity.Session, code string, from Where) (SignedIn, error) {
	if session.Strength != identity.Begun || s.now().Sub(session.Began) > stepTime {
		return SignedIn{}, errBegin
	}
	person := session.Person
	device, err := s.devices.known(ctx, person.Account, from.Device)
	if err != nil {
		return SignedIn{}, err
	}
	tries := codeTries(string(person.ID), device)
	if err := s.throttle.count(ctx, tries...); err != nil {
		return SignedIn{}, s.refuse(ctx, person, person.Account, "throttled", from, err)
	}
	var got SignedIn
	err = s.box.Do(ctx, func(c *outbox.Change) error {
		app, err := s.factors.useCode(ctx, c, person.ID, code)
		if err != nil {
			return err
		}
		if !app {
			recovered, err := s.factors.useRecoveryCode(ctx, c, person.ID, code)
			if err != nil {
				return err
			}
			if !recovered {
				return errCode
			}
			c.Record(about(person, event.Authentication, logon, kindRecovered, "A recovery code was used to sign in.", from))
			if err := s.tell(ctx, c, person, "recovery"); err != nil {
				return err
			}
		}
		got = SignedIn{Session: session.ID}
		got.Token, err = s.sessions.Raise(ctx, c, session.ID, identity.SecondFactor, identity.Portal, s.portal.host)
		if err != nil {
			return err
		}
		c.Record(about(person, event.Authentication, logon, kindLogin, "Signed in with two factors.", from))
		if err := s.remember(ctx, c, person.ID, passed, from); err != nil {
			return err
		}
		got.Device, err = s.devices.greet(ctx, c, person, from)
		return err
	})
	switch {
	case errors.Is(err, errCode):
		return SignedIn{}, s.refuse(ctx, person, person.Account, "code", from, errCode)
	case errors.Is(err, identity.ErrNoSession):
		return SignedIn{}, errBegin.Because(err)
	case err != nil:
		return SignedIn{}, err
	}
	s.throttle.clear(ctx, tries...)
	return got, nil
}

// SignOut ends a session everywhere.
func (s *Service) SignOut(ctx context.Context, session *identity.Session, from Where) error {
	return s.box.Do(ctx, func(c *outbox.Change) error {
		if err := s.sessions.End(ctx, c, session.Person.ID, session.ID); err != nil && !errors.Is(err, identity.ErrNotFound) {
			return err
		}
		c.Record(about(session.Person, event.Authentication, logoff, kindLogout, "Signed out.", from))
		return nil
	})
}

// SignOutOthers ends all of somebody's sessions but the one that asks.
func (s *Service) SignOutOthers(ctx context.Context, session *identity.Session, from Where) error {
	return s.box.Do(ctx, func(c *outbox.Change) error {
		if _, err := s.sessions.EndAll(ctx, c, session.Person.ID, session.ID); err != nil {
			return err
		}
		c.Record(about(session.Person, event.Authentication, logoff, kindSessionsEnded, "All other sessions were ended.", from))
		return nil
	})
}

// enough says whether a session has proven what is asked for today.
func (s *Service) enough(session *identity.Session) bool {
	if s.conf.SecondFactor == Required {
		return session.Strength >= identity.SecondFactor
	}
	return session.Strength >= identity.Password
}

// refuse records a try that failed, then gives its reason. What cannot be recorded is not answered either.
func (s *Service) refuse(ctx context.Context, p *identity.Person, account, reason string, from Where, why error) error {
	var id identity.PersonID
	if p != nil {
		id = p.ID
	}
	if err := s.box.Do(ctx, func(c *outbox.Change) error {
		c.Record(refusedLogin(p, account, reason, from))
		return s.remember(ctx, c, id, reason, from)
	}); err != nil {
		return err
	}
	return why
}

// rehash keeps a password with today's parameters. It may fail: the old hash is as good as it was.
func (s *Service) rehash(ctx context.Context, p *identity.Person, secret string) {
	hash, err := s.hasher.Hash(ctx, secret)
	if err == nil {
		err = s.box.Do(ctx, func(c *outbox.Change) error { return s.factors.setPassword(ctx, c, p.ID, hash) })
	}
	if err != nil {
		s.log.Warn("a password keeps its older hash", "error", err)
	}
}
