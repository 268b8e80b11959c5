package access_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// house is the practice on a database, with a clock that is set by hand.
type house struct {
	*testing.T
	now      time.Time
	record   *outboxtest.Record
	box      *outbox.Outbox
	sessions *identity.Sessions
	service  *access.Service
	options  access.Options
	outside  func(*http.Request) (*http.Response, error) // what somebody outside is answered
}

type nobody struct{}

func (nobody) Wake(context.Context, string, string) error { return nil }

func roles() access.Config {
	var c access.Config
	c.Defaults()
	c.Contact = "the office"
	c.Roles = []access.Role{
		{Name: "viewer", Allow: []access.Allow{{Service: "notes", Methods: []string{"GET"}, Paths: []config.PathPattern{"/**"}}}},
		{Name: "editor", Allow: []access.Allow{{Service: "notes", Methods: []string{"*"}, Paths: []config.PathPattern{"/notes/**"}}}},
		{Name: "guest", Deny: []access.Allow{{Service: "*", Methods: []string{"*"}, Paths: []config.PathPattern{"/admin/**"}}}},
	}
	c.Services = map[string]*access.ServiceConfig{"notes": {Headers: true, Assertion: true}}
	return c
}

func each(t *testing.T, test func(h *house)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { test(build(t, db)) })
}

// build makes the practice on a database.
func build(t *testing.T, db *store.DB) *house {
	t.Helper()
	h := &house{T: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), record: new(outboxtest.Record)}
	clock := func() time.Time { return h.now }
	var err error
	if h.box, err = outbox.New(t.Context(), db, h.record, "a", clock, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	h.sessions = identity.NewSessions(db, identity.Limits{Idle: time.Hour, Absolute: 12 * time.Hour}, nobody{}, clock)
	h.options = access.Options{
		Config: roles(), Issuer: "https://login.example.com", DB: db, Secrets: db.Secrets(store.NewMasterKey()), Box: h.box, Sessions: h.sessions, Now: clock,
		Probe: func(r *http.Request) (*http.Response, error) { return h.outside(r) }, Closed: map[string]string{"notes": "notes.example.com:8443/below"},
		Public: func(service, path string) bool { return service == "notes" && path == "/search" },
	}
	h.rebuild()
	return h
}

// rebuild makes the practice anew, as a restart does.
func (h *house) rebuild() {
	h.Helper()
	var err error
	if h.service, err = access.New(h.Context(), h.options); err != nil {
		h.Fatal(err)
	}
}

func (h *house) do(do func(*outbox.Change) error) {
	h.Helper()
	if err := h.box.Do(h.Context(), do); err != nil {
		h.Fatal(err)
	}
}

// refused does what must fail, and wants this problem.
func (h *house) refused(code string, do func(*outbox.Change) error) {
	h.Helper()
	p := problem.Of(h.box.Do(h.Context(), do))
	if p.Code != code || p.Next == "" {
		h.Errorf("it says %s (%s), want %s", p.Code, p.Sentence, code)
	}
}

// person is somebody active, with these roles.
func (h *house) person(account string, roles ...string) *identity.Person {
	h.Helper()
	p := &identity.Person{Kind: identity.Human, Account: account, Name: account, State: identity.Active}
	h.do(func(c *outbox.Change) error {
		if err := identity.Add(h.Context(), c, p); err != nil {
			return err
		}
		for _, r := range roles {
			if err := h.service.Grant(h.Context(), c, p, r, time.Time{}, "the test"); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

// browser is somebody's session on the application's host.
type browser struct {
	*house
	token string
}

func (h *house) signIn(p *identity.Person) browser {
	h.Helper()
	b := browser{house: h}
	h.do(func(c *outbox.Change) (err error) {
		_, b.token, err = h.sessions.Begin(h.Context(), c, identity.Start{
			Person: p, Strength: identity.SecondFactor, Face: identity.Application, Host: "notes.example.com",
		})
		return err
	})
	return b
}

func (b browser) session() *identity.Session {
	b.Helper()
	s, err := b.sessions.Find(b.Context(), b.token, identity.Application, "notes.example.com")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// exchange is a request as it comes to the stage.
func (b browser) exchange(method, path string) *gate.Exchange {
	b.Helper()
	s := b.session()
	return &gate.Exchange{
		Request: httptest.NewRequest(method, path, http.NoBody), Path: path, Host: "notes.example.com",
		Service: &gate.Service{Name: "notes"}, Session: s, User: s.User,
	}
}

// ask gives the stage's verdict, and what the upstream is told.
func (b browser) ask(method, path string) (gate.Verdict, map[string]string) {
	b.Helper()
	x := b.exchange(method, path)
	v, err := b.service.Practice().Stages[0].Run(b.Context(), x)
	if err != nil {
		b.Fatal(err)
	}
	told := map[string]string{}
	for _, f := range x.Forward {
		told[f.Name] = f.Value
	}
	return v, told
}

// allowed holds the stage to its answer.
func (b browser) allowed(want bool, method, path string) {
	b.Helper()
	if v, _ := b.ask(method, path); v.Refuses() == want {
		b.Errorf("%s %s: refused %v, want %v", method, path, v.Refuses(), !want)
	}
}
