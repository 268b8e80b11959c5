package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/store"
)

// door measures what being signed in costs, and what a storm of sign-ins costs those who are.
func door(ctx context.Context, b *bench) error {
	if err := b.lookups(ctx); err != nil {
		return err
	}
	return b.storm(ctx)
}

// lookups measures finding a session and deciding about a request, each alone.
func (b *bench) lookups(ctx context.Context) (err error) {
	db, err := store.Open(ctx, store.Options{Data: b.dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	h, err := newHouse(ctx, db, db.Secrets(store.NewMasterKey()), new(outboxtest.Record))
	if err != nil {
		return err
	}
	token, err := h.signIn(ctx)
	if err != nil {
		return err
	}
	var session *identity.Session
	find := func() {
		if session, err = h.sessions.Find(ctx, token, identity.Application, host); err != nil {
			panic(err) // nothing is measured without it
		}
	}
	b.call("finding a session in memory", 1000, find)
	b.call("finding a session in SQLite", 50_000, func() {
		h.sessions.Woken("forget everything") // what no node says: all is read anew
		find()
	})
	find()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/reports/2026", http.NoBody)
	if err != nil {
		return err
	}
	x := &gate.Exchange{Request: r, Path: "/reports/2026", Host: host, Service: &gate.Service{Name: "notes"}, Session: session}
	stage := h.access.Practice().Stages[0]
	b.call("deciding by role, known already", 300, func() {
		x.Details = x.Details[:0]
		if v, err := stage.Run(ctx, x); err != nil || v.Refuses() {
			panic(fmt.Sprint(v, err)) // likewise
		}
	})
	return nil
}

// call measures one call, as the median of several runs, and how often it allocates.
func (b *bench) call(name string, aim float64, f func()) {
	const runs = 5
	took := make([]float64, 0, runs)
	var allocated int64
	for range runs {
		r := testing.Benchmark(func(b *testing.B) {
			b.Helper()
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
		took, allocated = append(took, float64(r.NsPerOp())), r.AllocsPerOp()
	}
	b.add(row{Name: name, Subject: "tenward", Value: median(took), Unit: "ns"})
	b.aim("<=", aim)
	b.add(row{Name: name, Subject: "tenward", Value: float64(allocated), Unit: "allocations"})
	if !strings.Contains(name, "SQLite") {
		b.aim("<=", 0)
	}
}

const doorText = `data: data
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.test}
console: {host: console.test, listen: "127.0.0.1:0"}
services:
  notes: {hosts: [notes.test], upstream: %q}
access: {roles: [{name: author, allow: [{service: notes, methods: ["*"]}]}]}
authentication: {hashing: 1}
`

const (
	stormers = 32 // who try passwords at once, each from addresses of their own
	asked    = 3000
)

// storm measures what somebody who is signed in waits for, while nobody signs in and while many try to: passwords are
// compared one at a time.
func (b *bench) storm(ctx context.Context) (err error) {
	upstream, err := start(ctx, "upstream")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upstream.stop()) }()
	dir := filepath.Join(b.dir, "door")
	text := fmt.Sprintf(doorText, "http://"+upstream.address)
	token, err := b.planted(ctx, dir, text)
	if err != nil {
		return err
	}
	p, err := b.serving(ctx, dir, text)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	l, err := loadOf(p, filepath.Join(dir, "data", "ca.pem"))
	if err != nil {
		return err
	}
	l.workers, l.cookie = 1, "__Host-Http-tenward="+token
	client := l.client()
	if err := l.run(ctx, client, asked); err != nil { // warm up
		return err
	}
	var quiet, stormy, ratios, tried []float64
	for range rounds {
		still, err := l.halfWithin(ctx, client, asked)
		if err != nil {
			return err
		}
		storming, end := context.WithCancel(ctx)
		var all sync.WaitGroup
		counts := make([]int, stormers)
		for i := range stormers {
			all.Go(func() { counts[i] = l.guess(storming, i) })
		}
		began := time.Now()
		loud, err := l.halfWithin(ctx, client, asked)
		took := time.Since(began)
		end()
		all.Wait()
		if err != nil {
			return err
		}
		sum := 0
		for _, n := range counts {
			sum += n
		}
		quiet, stormy, ratios, tried = append(quiet, still), append(stormy, loud), append(ratios, loud/still), append(tried, float64(sum)/took.Seconds())
	}
	b.add(row{Name: "passwords compared in the storm", Subject: "tenward", Value: median(tried), Unit: "per second"})
	b.add(row{Name: "half of a signed-in person's requests within, quiet", Subject: "tenward", Value: median(quiet), Unit: "µs"})
	b.add(row{Name: "half of a signed-in person's requests within, storm", Subject: "tenward", Value: median(stormy), Unit: "µs", Peer: "quiet", Ratio: median(ratios)})
	b.aim("<=", 1.3)
	return nil
}

// planted lets the program make its data, and adds somebody who is signed in.
func (b *bench) planted(ctx context.Context, dir, text string) (token string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	p, err := b.serving(ctx, dir, text)
	if err != nil {
		return "", err
	}
	if err := p.stop(); err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	master, _, err := store.LoadMasterKey(func(string) string { return "" }, data)
	if err != nil {
		return "", err
	}
	db, err := store.Open(ctx, store.Options{Data: data})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	h, err := newHouse(ctx, db, db.Secrets(master), new(outboxtest.Record))
	if err != nil {
		return "", err
	}
	return h.signIn(ctx)
}

// halfWithin asks n times, one after the other, and gives the median wait in microseconds.
func (l load) halfWithin(ctx context.Context, c *http.Client, n int) (float64, error) {
	waits := make([]float64, n)
	for i := range waits {
		began := time.Now()
		if err := l.one(ctx, c); err != nil {
			return 0, err
		}
		waits[i] = float64(time.Since(began).Nanoseconds()) / 1e3
	}
	slices.Sort(waits)
	return waits[n/2], nil
}

// guess tries passwords until the context ends, each for another account and every ten from another address of this
// machine, so that nothing but the comparing itself slows it down. It gives how many were compared.
func (l load) guess(ctx context.Context, i int) (compared int) {
	for n := 0; ctx.Err() == nil; n++ {
		from := &net.TCPAddr{IP: net.IPv4(127, 1+byte(i), byte(n>>8), 1+byte(n&0x7f))}
		transport := l.client().Transport.(*http.Transport)
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", l.address)
		}
		c := &http.Client{Transport: transport, Timeout: time.Minute}
		for range 10 {
			form := url.Values{"account": {rand.Text()}, "password": {rand.Text()}}
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://login.test/login", strings.NewReader(form.Encode()))
			if err != nil {
				return compared
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Origin", "https://login.test")
			answer, err := c.Do(r)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, answer.Body) // the page is of no interest
			_ = answer.Body.Close()                 // likewise
			if answer.StatusCode == http.StatusUnauthorized {
				compared++
			}
		}
		transport.CloseIdleConnections()
	}
	return compared
}
