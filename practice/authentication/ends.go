package authentication

import (
	"context"
	"errors"
	"net/url"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

var errSession = problem.New("authentication.session.unknown", "They have no such session: it has ended already.", "Look at the sessions that they have now.")

// endOne ends one of somebody's sessions. Form: account, session.
func (s *Service) endOne(ctx context.Context, form url.Values) (result practice.Result, err error) {
	err = s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := s.changeable(ctx, c, p); err != nil {
			return err
		}
		if err := s.sessions.End(ctx, c, p.ID, form.Get("session")); errors.Is(err, identity.ErrNotFound) {
			return errSession.Because(err)
		} else if err != nil {
			return err
		}
		c.Record(by(ctx, about(p, event.Authentication, logoff, kindLogout, "A session of theirs was ended.", Where{})))
		result.Sentence = "A session of " + p.Name + " has ended."
		return nil
	})
	return result, err
}

func (s *Service) endOneEffect(ctx context.Context, form url.Values) (string, error) {
	var which identity.Row
	return s.effect(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := s.changeable(ctx, c, p); err != nil {
			return err
		}
		all, err := s.sessions.List(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, one := range all {
			if one.ID == form.Get("session") {
				which = one
				return nil
			}
		}
		return errSession
	}, func(p *identity.Person, sessions int) string {
		agent, err := english.agentName(which.Agent)
		if err != nil {
			agent = "a browser"
		}
		return "1 of " + sessionsOf(sessions) + " of " + p.Name + " (" + p.Account + ") ends now, with its open WebSockets and streams: " + agent + ", from " + which.Address +
			". They may sign in again."
	})
}

// endAll signs somebody out everywhere. Form: account.
func (s *Service) endAll(ctx context.Context, form url.Values) (result practice.Result, err error) {
	err = s.change(ctx, form, func(ctx context.Context, c *outbox.Change, p *identity.Person) error {
		if err := s.changeable(ctx, c, p); err != nil {
			return err
		}
		ended, err := s.sessions.EndAll(ctx, c, p.ID, "")
		if err != nil {
			return err
		}
		c.Record(by(ctx, about(p, event.Authentication, logoff, kindSessionsEnded, "All sessions of theirs were ended.", Where{})))
		result.Sentence = p.Name + " is signed out everywhere: " + sessionsOf(ended) + " ended."
		return nil
	})
	return result, err
}

func (s *Service) endAllEffect(ctx context.Context, form url.Values) (string, error) {
	return s.effect(ctx, form, s.changeable, func(p *identity.Person, sessions int) string {
		return p.Name + " (" + p.Account + ") is signed out everywhere. " + ending(sessions) + " now, with open WebSockets and streams. They may sign in again."
	})
}
