package access_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/store"
)

// BenchmarkDecision is the whole stage for somebody who is signed in, as the road runs it.
func BenchmarkDecision(b *testing.B) {
	db, err := store.Open(b.Context(), store.Options{Memory: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // in memory
	box, err := outbox.New(b.Context(), db, new(outboxtest.Record), "a", time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	sessions := identity.NewSessions(db, identity.Limits{Idle: time.Hour, Absolute: time.Hour}, nobody{}, time.Now)
	conf := roles()
	conf.Services = nil
	service, err := access.New(b.Context(), access.Options{
		Config: conf, Issuer: "https://login.example.com", DB: db, Secrets: db.Secrets(store.NewMasterKey()), Sessions: sessions, Now: time.Now,
	})
	if err != nil {
		b.Fatal(err)
	}
	p := &identity.Person{Kind: identity.Human, Account: "ada", State: identity.Active}
	var token string
	err = box.Do(b.Context(), func(c *outbox.Change) (err error) {
		if err := identity.Add(b.Context(), c, p); err != nil {
			return err
		}
		if err := service.Grant(b.Context(), c, p, "viewer", time.Time{}, "the benchmark"); err != nil {
			return err
		}
		_, token, err = sessions.Begin(b.Context(), c, identity.Start{Person: p, Strength: identity.SecondFactor, Face: identity.Application, Host: "h"})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	session, err := sessions.Find(b.Context(), token, identity.Application, "h")
	if err != nil {
		b.Fatal(err)
	}
	stage := service.Practice().Stages[0]
	x := &gate.Exchange{Request: httptest.NewRequest(http.MethodGet, "/reports/2026", http.NoBody), Path: "/reports/2026", Service: &gate.Service{Name: "notes"}, Session: session}
	b.ReportAllocs()
	for b.Loop() {
		x.Details = x.Details[:0]
		if v, err := stage.Run(context.Background(), x); err != nil || v.Refuses() {
			b.Fatal(v, err)
		}
	}
}
