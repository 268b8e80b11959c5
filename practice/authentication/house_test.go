package authentication_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/authentication"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

type nobody struct{}

func (nobody) Wake(context.Context, string, string) error { return nil }

// house is the practice on a database, with a clock that is set by hand.
type house struct {
	*testing.T
	now      time.Time
	record   *outboxtest.Record
	box      *outbox.Outbox
	people   *identity.People
	session  *identity.Sessions
	service  *authentication.Service
	letters  []authentication.Letter
	last     string // owner
	owners   []string
	mailless bool     // no letters are sent
	names    []string // roles that somebody can be given

	db       *store.DB
	conf     authentication.Config
	secrets  *store.Secrets
	counters cluster.Cluster
	shared   cluster.Cluster                             // instead of counters, between nodes
	outside  func(*http.Request) (*http.Response, error) // what somebody outside is answered
	granted  []string
}

const (
	portal   = "login.example.com"
	notes    = "notes.example.com"
	password = "correct horse battery"
)

var here = authentication.Where{Client: netip.MustParseAddrPort("192.0.2.7:4711"), Agent: "Firefox"}

func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(build(t, db)) })
}

// build makes the practice on a database.
func build(t *testing.T, db *store.DB) *house {
	t.Helper()
	h := &house{T: t, names: []string{"owner", "editor"}, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), record: new(outboxtest.Record)}
	clock := func() time.Time { return h.now }
	log := slog.New(slog.DiscardHandler)
	h.db = db
	h.conf.Defaults()
	var err error
	if h.box, err = outbox.New(t.Context(), db, h.record, "a", clock, log); err != nil {
		t.Fatal(err)
	}
	h.people, h.session = identity.NewPeople(db), identity.NewSessions(db, h.conf.Limits(), nobody{}, clock)
	h.secrets, h.counters = db.Secrets(store.NewMasterKey()), cluster.Alone(clock)
	h.rebuild()
	return h
}

// The house knows two roles, and nobody is its last owner but who is said to be.

func (h *house) Known(role string) error {
	if role == "editor" || role == "owner" {
		return nil
	}
	return problem.New("access.role.unknown", "There is no such role.", "Take another.")
}

func (h *house) Give(_ context.Context, _ *outbox.Change, p *identity.Person, role, _ string) error {
	h.granted = append(h.granted, p.Account+" "+role)
	return nil
}

func (*house) Held(context.Context, identity.PersonID) ([]string, error) {
	return []string{"editor"}, nil
}

func (h *house) Names() []string { return h.names }

func (h *house) Owner(_ context.Context, _ *outbox.Change, p *identity.Person) (bool, error) {
	return slices.Contains(h.owners, p.Account) || p.Account == h.last, nil
}

func (h *house) KeepsOwner(_ context.Context, _ *outbox.Change, p *identity.Person) error {
	if p.Account == h.last {
		return problem.New("access.owner.last", "This is the last owner.", "Make another.")
	}
	return nil
}

func (h *house) Put(_ context.Context, _ *outbox.Change, l authentication.Letter) (mailed bool, err error) {
	h.letters = append(h.letters, l)
	return !h.mailless && l.To != "", nil
}

// told are the kinds of letters so far, with whom they went to.
func (h *house) told() []string {
	var all []string
	for _, l := range h.letters {
		all = append(all, l.To+" "+strings.TrimPrefix(l.Kind, "authentication.letter."))
	}
	return all
}

// rebuild makes the practice anew, as a restart does.
func (h *house) rebuild() {
	h.Helper()
	look, err := ui.New()
	if err != nil {
		h.Fatal(err)
	}
	h.service, err = authentication.New(authentication.Options{
		Config: h.conf, Portal: &url.URL{Scheme: "https", Host: portal}, Issuer: "Example", UI: look,
		Origins: map[string]authentication.Origin{notes: {Face: identity.Application}, "console.example.com": {Face: identity.Console, Port: "9443"}},
		DB:      h.db, Secrets: h.secrets, Box: h.box, People: h.people, Sessions: h.session,
		Shared: cmp.Or[cluster.Cluster](h.shared, h.counters), Alone: h.counters, Now: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler),
		Roles: h, Post: h,
		Open: func(context.Context, *identity.Session) ([]authentication.Place, error) {
			return []authentication.Place{{Name: "notes", URL: "https://" + notes + "/"}}, nil
		},
		Probe: func(r *http.Request) (*http.Response, error) { return h.outside(r) }, Closed: map[string]string{"notes": notes},
	})
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) do(do func(*outbox.Change) error) {
	h.Helper()
	if err := h.box.Do(h.Context(), do); err != nil {
		h.Fatal(err)
	}
}

// invite makes somebody new and gives their link's secret.
func (h *house) invite(account string) (p *identity.Person, token string) {
	h.Helper()
	p = &identity.Person{Kind: identity.Human, Account: account, Name: "Ada Lovelace", Email: account + "@example.com", State: identity.Invited}
	h.do(func(c *outbox.Change) (err error) {
		if err := identity.Add(h.Context(), c, p); err != nil {
			return err
		}
		token, _, err = h.service.Invite(h.Context(), c, p, authentication.Invite, "editor")
		return err
	})
	return p, token
}

// person is somebody who has enrolled.
type person struct {
	*identity.Person
	secret string
	codes  []string
	got    authentication.SignedIn
}

func (h *house) enrol(account string) *person {
	h.Helper()
	p, token := h.invite(account)
	browser, err := h.service.ChoosePassword(h.Context(), token, "", password, here)
	if err != nil {
		h.Fatal(err)
	}
	one := &person{Person: p, secret: h.secret(token, browser)}
	one.codes, one.got, err = h.service.Enrol(h.Context(), token, browser, h.code(one.secret), here)
	if err != nil {
		h.Fatal(err)
	}
	h.now = h.now.Add(time.Minute) // the next code is another
	return one
}

// secret is what the authenticator app learns.
func (h *house) secret(token, browser string) string {
	h.Helper()
	e, err := h.service.Enrolment(h.Context(), token, browser)
	if err != nil {
		h.Fatal(err)
	}
	secret, err := h.service.AppSecret(h.Context(), e)
	if err != nil {
		h.Fatal(err)
	}
	return secret
}

// code is what the app shows now.
func (h *house) code(secret string) string {
	h.Helper()
	code, err := totp.GenerateCode(secret, h.now)
	if err != nil {
		h.Fatal(err)
	}
	return code
}

func (h *house) find(token string) *identity.Session {
	h.Helper()
	s, err := h.session.Find(h.Context(), token, identity.Portal, portal)
	if errors.Is(err, identity.ErrNoSession) {
		return nil
	}
	if err != nil {
		h.Fatal(err)
	}
	return s
}

// wants fails unless an error is this problem.
func (h *house) wants(err error, code string) {
	h.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != code || p.Next == "" {
		h.Errorf("it says %v, want %s", err, code)
	}
}

func (h *house) saw(kind string) {
	h.Helper()
	if !slices.Contains(h.record.Kinds(), kind) {
		h.Errorf("the record has no %s among %s", kind, strings.Join(h.record.Kinds(), " "))
	}
}
