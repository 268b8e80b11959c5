// Package app puts the parts together: the command line, the one configuration file, and run, which starts and
// stops everything in one straight function.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// options are what a start knows besides the configuration.
type options struct {
	log    *slog.Logger
	env    func(string) string
	source *config.Source                          // where the configuration came from
	load   func() (*Config, *config.Source, error) // reads it once more
	ready  func(addresses) error                   // called once everything answers

	successor *successor // what takes this process\'s place when that is wanted; nil: it cannot be
}

// addresses are where everything answers.
type addresses struct {
	gate, console string // "127.0.0.1:8443"
	portal        string // its origin
	owned         bool   // somebody is an owner and can sign in
}

// run starts everything, waits for a signal and stops everything. It reads from top to bottom: each start is
// followed at once by its stop. house.go is what stands as long as this does, generation.go what a configuration makes.
func run(ctx context.Context, c *Config, o options) (err error) {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	stop := &undo{log: o.log}
	defer func() { err = errors.Join(err, stop.run(context.WithoutCancel(ctx))) }()
	failed := make(chan error, 4) // what stopped by itself

	h, err := openHouse(ctx, c, o, stop)
	if err != nil {
		return err
	}
	first, err := h.build(ctx, c, o.source)
	if err != nil {
		return err
	}
	now := newForce(h, first)
	again := &reloads{house: h, force: now, load: o.load}
	h.reload = again.again
	stop.add("what requests under way needed", now.ends)

	watch := watchServer(&metrics{h.meters.Measures, h.record.Health, now.posture, o.log}, h.db, ctx.Done(), o.log)
	go func() { failed <- unless(http.ErrServerClosed, "serve admin listener", watch.Serve(h.watch)) }()
	stop.add("admin listener", watch.Shutdown)

	// The start is on the record before anything is served: what could not be recorded did not happen.
	if err := h.record.Append(ctx, started()); err != nil {
		return problem.New("app.record.unwritable", "The record cannot be written, so nothing is served.",
			"Look at the disk of "+c.Data+": is it full or read-only?").Because(err)
	}
	stop.add("serving", func(ctx context.Context) error { return unwritten(h.record.Append(ctx, stopped()), c.Data) })

	secured := &tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: now.tls}
	front := gate.NewServer(now.front, secured, c.Limits.Limits(), o.log) //nolint:contextcheck // it lasts until Shutdown
	go func() { failed <- front.Serve(h.front) }()
	stop.add("gate", front.Shutdown)
	beside := gate.NewServer(now.beside, secured, gate.SafeLimits(), o.log) //nolint:contextcheck // it lasts until Shutdown
	go func() { failed <- beside.Serve(h.beside) }()
	stop.add("console", beside.Shutdown)

	socket, err := listenAdmin(ctx, c.Data)
	if err != nil {
		return err
	}
	commands := adminServer(o.successor.beside(h.backups.beside(now), o.source.Name), o.log)
	go func() { failed <- unless(http.ErrServerClosed, "serve admin socket", commands.Serve(socket)) }()
	stop.add("admin socket", commands.Shutdown)
	stop.add("backup under way", h.backups.close)

	first.begin(ctx, h)
	stop.add("what works by itself", now.works)
	stop.add("loading of configurations", again.close)
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	stop.add("hang-ups", func(context.Context) error { signal.Stop(hup); return nil })

	owned, err := first.door.access.HasOwner(ctx)
	if err != nil {
		return err
	}
	if err := o.ready(addresses{h.front.Addr().String(), h.beside.Addr().String(), h.portal(c).String(), owned}); err != nil {
		return err
	}
	for {
		select {
		case <-hup:
			_ = again.again(ctx, "SIGHUP") // it says what is wrong, and the configuration before stays
		case <-o.successor.wants():
			o.log.Info("another program takes this one's place: requests under way may end", "wait", c.Limits.Drain.String())
			_ = again.close(ctx)
			if err := now.works(ctx); err != nil {
				o.log.Warn("what works by itself did not end well", "error", err)
			}
			return o.successor.leave(ctx, h.listeners(), front, beside)
		case <-ctx.Done():
			cancel() // a second signal ends the process at once
			o.log.Info("stopping: requests under way may end", "wait", c.Limits.Drain.String())
			return nil
		case err := <-failed:
			return err
		}
	}
}

// unless is what went wrong, but for the end that was asked for.
func unless(wanted error, what string, err error) error {
	if err == nil || errors.Is(err, wanted) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// session is the sign-in that the gate has found a request to belong to.
func session(r *http.Request) *identity.Session {
	if x := gate.FromContext(r.Context()); x != nil {
		return x.Session
	}
	return nil
}

// unwritten says to the operator that the record's end is missing.
func unwritten(err error, data string) error {
	if err == nil {
		return nil
	}
	return problem.New("app.record.unwritable", "Tenward has stopped, and the record could not be written to its end.",
		"Look at the disk of "+data+": is it full or read-only?").Because(err)
}

func warnOfKey(log *slog.Logger, origin store.MasterKeyOrigin) {
	if origin.Made {
		log.Warn("a master key was made; it lies beside the data that it protects: keep it apart from backups", "file", origin.Path)
	}
}
