package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// A day of a busy gate, for the board to look at.
const (
	boardEvents  = 1_000_000
	boardPersons = 2000
	boardBatch   = 4000 // as a reader of the record that is behind gets them
	boardRounds  = 40
)

// board measures searching and the console's pages over a million events of one day.
func board(ctx context.Context, b *bench) (err error) {
	x, err := index.Open(filepath.Join(b.dir, "index"), index.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	now := time.Now().UTC()
	if err := b.feed(ctx, x, now); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(4, 4))
	for _, ask := range []struct {
		name string
		aim  float64
		text func() string
	}{
		{"newest 100 of a person", 50, func() string { return "person:" + person(r.IntN(boardPersons)) }},
		{"a rare word", 300, func() string { return "needle" }},
	} {
		took, err := boardTimes(func() error {
			q, err := index.Parse(ask.text()+" last:24h", time.Now())
			if err == nil {
				_, err = x.Search(ctx, q, "", index.MaxPage)
			}
			return err
		})
		if err != nil {
			return err
		}
		b.p95(ask.name, took, ask.aim)
	}
	return b.pages(ctx, x)
}

// boardTimes are how long something takes, each time.
func boardTimes(do func() error) ([]time.Duration, error) {
	took := make([]time.Duration, 0, boardRounds)
	for range boardRounds {
		at := time.Now()
		if err := do(); err != nil {
			return nil, err
		}
		took = append(took, time.Since(at))
	}
	return took, nil
}

// p95 adds a row: within which time 95 of 100 were answered.
func (b *bench) p95(name string, took []time.Duration, aim float64) {
	slices.Sort(took)
	b.add(row{Name: name + ", 95th percentile", Subject: "a million events", Value: float64(took[len(took)*95/100].Microseconds()) / 1000, Unit: "ms"})
	b.aim("<=", aim)
}

// feed fills the index, and says how many events a second it took.
func (b *bench) feed(ctx context.Context, x *index.Index, now time.Time) error {
	r := rand.New(rand.NewPCG(3, 3))
	batch := make([]*event.Event, 0, boardBatch)
	var spent time.Duration
	for i := range boardEvents {
		batch = append(batch, boardEvent(r, i, now.Add(-24*time.Hour+time.Duration(i)*(24*time.Hour/boardEvents)).Truncate(time.Microsecond)))
		if len(batch) < boardBatch {
			continue
		}
		at := time.Now()
		if err := x.Feed(ctx, batch); err != nil {
			return err
		}
		spent += time.Since(at)
		batch = batch[:0]
	}
	b.add(row{Name: "feeding", Subject: "the index", Value: boardEvents / spent.Seconds(), Unit: "events/s"})
	b.aim(">=", 20_000)
	return nil
}

func person(n int) string { return fmt.Sprintf("0198c5a0-7d3b-7e41-9f0a-%012d", n) }

var boardAgents = [...]string{
	"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0", "curl/8.11.0",
}

var boardNames = [...]string{"notes", "wiki", "shop"}

// boardEvent is an exchange: one in forty is refused, one in a hundred thousand has a rare word.
func boardEvent(r *rand.Rand, i int, at time.Time) *event.Event {
	e := &event.Event{
		UID: event.NewID(at), Time: at, Class: event.HTTPActivity, Kind: "gate.request.passed", Verdict: event.Passed, Severity: event.Informational,
		Service: boardNames[r.IntN(len(boardNames))], Node: "a", Seq: uint64(i) + 1,
		Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(r.IntN(8)), byte(r.IntN(256))}), 4711),
		HTTP: &event.HTTP{
			Method: "GET", Scheme: "https", Host: host, Path: "/" + []string{"notes", "api/v1/notes", "static"}[r.IntN(3)] + "/" + strconv.Itoa(r.IntN(50_000)),
			UserAgent: boardAgents[r.IntN(len(boardAgents))], Status: []int{200, 200, 200, 301, 404}[r.IntN(5)], Duration: time.Duration(r.IntN(300)) * time.Millisecond,
		},
	}
	if r.IntN(3) > 0 {
		n := r.IntN(boardPersons)
		e.Subject = person(n)
		e.User = &event.User{UID: e.Subject, Account: "person" + strconv.Itoa(n)}
	}
	if r.IntN(40) == 0 {
		e.Kind, e.Verdict, e.Stage, e.Severity, e.HTTP.Status = "validation.request.refused", event.Refused, "validation.request", event.Medium, http.StatusForbidden
		e.Rules = []event.Rule{{ID: []string{"942100", "941110", "930120"}[r.IntN(3)], Message: "An attack was detected.", Target: "ARGS:q"}}
	}
	if i%100_000 == 7 {
		e.HTTP.Query = "q=needle"
	}
	return e
}

// pages measures the first byte of the console's heaviest pages, which is their last: nothing is written before all of a
// page is rendered.
func (b *bench) pages(ctx context.Context, x *index.Index) (err error) {
	db, err := store.Open(ctx, store.Options{Data: b.dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	session := &identity.Session{ID: "s", Person: &identity.Person{ID: "p", Account: "ada", Name: "Ada"}, Ends: time.Now().Add(time.Hour)}
	c, err := console.New(console.Options{
		URL: "https://console.localhost:9443", Portal: "https://login.localhost:8443", Now: time.Now, Log: slog.New(slog.DiscardHandler), Index: x, Views: saved.New(db, nil), // nobody saves one
		Events: newest{}, Evidence: standing{}, Meter: console.NewMeter(func() map[string]gate.Measure { return map[string]gate.Measure{} }, time.Now), Loaded: func() *console.Loaded { return nil },
		Services: boardServices(),
		Session:  func(*http.Request) *identity.Session { return session },
		May:      func(context.Context, *identity.Session, string) (bool, error) { return true, nil },
		Hold:     func(*identity.Session, func()) (func(), bool) { return func() {}, true },
	})
	if err != nil {
		return err
	}
	defer c.Close()
	for name, path := range map[string]string{"overview": "/overview", "traffic": "/traffic", "events": "/events", "refused events": "/events?q=verdict:refused+last:24h"} {
		took, err := boardTimes(func() error {
			w := httptest.NewRecorder()
			c.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "https://console.localhost:9443"+path, http.NoBody))
			if w.Code != http.StatusOK {
				return fmt.Errorf("page %s is answered with %d", path, w.Code)
			}
			return nil
		})
		if err != nil {
			return err
		}
		b.p95("first byte of "+name, took, 100)
	}
	return nil
}

// boardServices are those that the events are of.
func boardServices() []console.ServiceInfo {
	list := make([]console.ServiceInfo, 0, len(boardNames))
	for _, name := range boardNames {
		list = append(list, console.ServiceInfo{Name: name, Hosts: []string{host}, Path: "/", Upstream: "http://127.0.0.1:1", Mode: "block"})
	}
	return list
}

// newest is a record of which nobody asks more than the newest.
type newest struct{}

func (newest) Find(context.Context, event.ID) (*event.Event, []byte, error) {
	return nil, nil, event.ErrNoEvent
}
func (newest) Recent(context.Context, int) ([]*event.Event, error) { return nil, nil }

// standing is evidence of ten practices with five checks each.
type standing struct{}

func (standing) Posture(context.Context) (*evidence.Posture, error) {
	p := &evidence.Posture{At: time.Now()}
	for i := range 10 {
		s := evidence.Standing{Slug: "p" + strconv.Itoa(i), Title: "Practice", Source: "NIST", Assessed: true, Score: evidence.Score{Proven: 400, Of: 500}}
		for j := range 5 {
			s.Checks = append(s.Checks, evidence.Asked{ID: s.Slug + "/check-" + strconv.Itoa(j), Title: "Check", Status: practice.Pass, At: time.Now(), Until: time.Now().Add(time.Hour)})
		}
		p.Practices = append(p.Practices, s)
	}
	return p, nil
}

var errNotMeasured = errors.New("this is not measured")

func (standing) Practice(context.Context, string) (*evidence.Standing, error) {
	return nil, errNotMeasured
}
func (standing) Check(context.Context, string) (*evidence.Checked, error) { return nil, errNotMeasured }
func (standing) Run(context.Context, string) (*evidence.Checked, error)   { return nil, errNotMeasured }
