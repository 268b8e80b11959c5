package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tenward/tenward/event"
)

// record measures acknowledged appends: each caller waits until its event is durable before it appends the next.
func record(ctx context.Context, b *bench) (err error) {
	key, err := event.NewSigningKey("a")
	if err != nil {
		return err
	}
	signing, err := event.ParseSigningKey(key)
	if err != nil {
		return err
	}
	log, err := event.Open(ctx, filepath.Join(b.dir, "record"), event.Options{Node: "a", Signing: signing, Keys: newKeys()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	const callers, each = 1024, 400
	var perSecond, slowest []float64
	for range 5 {
		waits := make([][]time.Duration, callers)
		var group sync.WaitGroup
		var failed error
		var once sync.Once
		began := time.Now()
		for c := range callers {
			group.Go(func() {
				for range each {
					at := time.Now()
					if err := log.Append(ctx, sample(at)); err != nil {
						once.Do(func() { failed = err })
						return
					}
					waits[c] = append(waits[c], time.Since(at))
				}
			})
		}
		group.Wait()
		took := time.Since(began)
		if failed != nil {
			return fmt.Errorf("append: %w", failed)
		}
		all := slices.Concat(waits...)
		slices.Sort(all)
		perSecond = append(perSecond, float64(len(all))/took.Seconds())
		slowest = append(slowest, float64(all[len(all)*99/100].Microseconds())/1e3)
	}
	b.add(row{Name: fmt.Sprintf("acknowledged appends, %d callers", callers), Subject: "record", Value: median(perSecond), Unit: "1/s"})
	b.aim(">=", 50_000)
	b.add(row{Name: "99th percentile of the wait", Subject: "record", Value: median(slowest), Unit: "ms"})
	b.aim("<=", 50)
	return nil
}

// sample is an event as a sign-in would write it.
func sample(at time.Time) *event.Event {
	return &event.Event{
		UID: event.NewID(at), Time: at, Class: event.Authentication, Activity: event.AuthenticateOn, Severity: event.Informational,
		Kind: "authentication.login.accepted", Service: "notes", Message: "A person signed in.",
		Source: netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 7}), 4711),
		User:   &event.User{UID: "p1", Name: "Ada Example", Account: "ada", Email: "ada@example.com"},
	}
}
