package main

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/authentication"
	"github.com/tenward/tenward/store"
)

// house is what decides about people, put together as in app.
type house struct {
	box            *outbox.Outbox
	sessions       *identity.Sessions
	authentication *authentication.Service
	access         *access.Service
}

// records is what changes are recorded with.
type records interface {
	Append(context.Context, *event.Event) error
	Find(context.Context, event.ID) (*event.Event, []byte, error)
	Health() event.Health
}

// post sends nothing.
type post struct{ *notice.Service }

func (post) Put(context.Context, *outbox.Change, authentication.Letter) (bool, error) {
	return false, nil
}

// newHouse makes one whose service notes any author may use.
func newHouse(ctx context.Context, db *store.DB, secrets *store.Secrets, record records) (*house, error) {
	log := slog.New(slog.DiscardHandler)
	h := &house{}
	var err error
	if h.box, err = outbox.New(ctx, db, record, "a", time.Now, log); err != nil {
		return nil, err
	}
	var c authentication.Config
	c.Defaults()
	alone := cluster.Alone(time.Now)
	h.sessions = identity.NewSessions(db, c.Limits(), alone, time.Now)
	roles := access.Config{Contact: "the office", Roles: []access.Role{{Name: "author", Allow: []access.Allow{{
		Service: "notes", Methods: []string{"*"}, Paths: []config.PathPattern{"/**"},
	}}}}}
	if h.access, err = access.New(ctx, access.Options{
		Config: roles, Issuer: "https://login.test", DB: db, Secrets: secrets, Box: h.box, Sessions: h.sessions, Now: time.Now,
	}); err != nil {
		return nil, err
	}
	look, err := ui.New()
	if err != nil {
		return nil, err
	}
	h.authentication, err = authentication.New(authentication.Options{
		Config: c, Portal: &url.URL{Scheme: "https", Host: "login.test"}, Issuer: "bench", Origins: map[string]authentication.Origin{host: {Face: identity.Application}},
		DB: db, Secrets: secrets, Box: h.box, People: identity.NewPeople(db), Sessions: h.sessions,
		Shared: alone, Alone: alone, Now: time.Now, Log: log, UI: look, Roles: h.access, Post: post{},
	})
	return h, err
}

// signIn makes an author who is signed in at the application, and gives the cookie's value.
func (h *house) signIn(ctx context.Context) (token string, err error) {
	p := &identity.Person{Kind: identity.Human, Account: "ada", Name: "Ada", State: identity.Active}
	err = h.box.Do(ctx, func(c *outbox.Change) error {
		if err := identity.Add(ctx, c, p); err != nil {
			return err
		}
		if err := h.access.Give(ctx, c, p, "author", "bench"); err != nil {
			return err
		}
		_, token, err = h.sessions.Begin(ctx, c, identity.Start{Person: p, Strength: identity.SecondFactor, Face: identity.Application, Host: host})
		return err
	})
	return token, err
}
