// Package app puts the parts together: the command line, the one configuration file, and run, which starts and
// stops everything in one straight function.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/validation"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// options are what a start knows besides the configuration.
type options struct {
	log    *slog.Logger
	env    func(string) string
	source *config.Source        // where the configuration came from
	ready  func(addresses) error // called once everything answers
}

// addresses are where everything answers.
type addresses struct {
	gate, console string // "127.0.0.1:8443"
	portal        string // its origin
	owned         bool   // somebody is an owner and can sign in
}

// run starts everything, waits for a signal and stops everything. It reads from top to bottom: each start is
// followed at once by its stop.
func run(ctx context.Context, c *Config, o options) (err error) {
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	stop := &undo{log: o.log}
	defer func() { err = errors.Join(err, stop.run(context.WithoutCancel(ctx))) }()
	failed := make(chan error, 4) // what stopped by itself

	release, err := lockData(c.Data)
	if err != nil {
		return err
	}
	stop.add("lock of the data folder", release)

	gateListener, err := listen(ctx, c.Listen.HTTPS, "listen.https", "--port")
	if err != nil {
		return err
	}
	stop.add("gate's listener", closeListener(gateListener))
	consoleListener, err := listen(ctx, c.Console.Listen, "console.listen", "--console-port")
	if err != nil {
		return err
	}
	stop.add("console's listener", closeListener(consoleListener))

	master, origin, err := store.LoadMasterKey(o.env, c.Data)
	if err != nil {
		return err
	}
	warnOfKey(o.log, origin)
	db, err := store.Open(ctx, store.Options{Data: c.Data, Postgres: c.Store.Postgres.Reveal()})
	if err != nil {
		return err
	}
	stop.add("database", func(context.Context) error { return db.Close() })
	secrets := db.Secrets(master)

	signing, err := signingKey(ctx, secrets, c.Node)
	if err != nil {
		return err
	}
	record, err := event.Open(ctx, recordFolder(c.Data), event.Options{
		Node: c.Node, Signing: signing, Keys: newRecordKeys(secrets), Redact: c.Monitoring.Redact, Cursors: db, Logger: o.log,
	})
	if err != nil {
		return err
	}
	stop.add("record", func(context.Context) error { return unwritten(record.Close(), c.Data) })

	finds, err := openSearch(ctx, c, record, db, o.log)
	if err != nil {
		return err
	}
	stop.add("index", func(context.Context) error { return finds.index.Close() })

	tls, err := encryption.New(ctx, secrets, c.hosts(), time.Now)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(c.Data, "ca.pem"), tls.AuthorityPEM(), 0o644); err != nil {
		return problem.New("app.data.unusable", "The file "+filepath.Join(c.Data, "ca.pem")+", which clients need, cannot be written.",
			"Remove what stands in its place, and see that the data folder's disk is neither full nor read-only.").Because(err)
	}
	tls.LookAt(c.seen(gateListener.Addr(), consoleListener.Addr(), origin))
	valid, err := validation.New(c.Validation, c.serviceNames())
	if err != nil {
		return err
	}
	portal, beside := originOf(c.Portal.Host, gateListener.Addr()), originOf(c.Console.Host, consoleListener.Addr())
	base := ground{
		db: db, secrets: secrets, record: record, log: o.log, portal: portal, console: beside,
		probe: probe(gateListener.Addr(), tls.AuthorityPEM()), //nolint:bodyclose // it gives the function that asks
	}
	d, err := openDoor(ctx, c, base, stop)
	if err != nil {
		return err
	}
	attacks, err := newSelfAttack(ctx, c, base, d, gateListener.Addr(), tls.AuthorityPEM())
	if err != nil {
		return err
	}
	valid.TriedBy(attacks)
	if err := valid.Keep(ctx, validation.Keeping{DB: db, Box: d.box, Index: finds.index, Find: record.Find, Log: o.log, Now: time.Now}); err != nil {
		return err
	}
	logs := monitoring.New(c.Monitoring, record.Health, time.Now)
	logs.LookAt(c.seenRecord(portal.String(), base.probe, record, signing, finds.index))
	ten := services{
		encryption:     tls,
		authentication: d.authentication,
		validation:     valid,
		access:         d.access,
		monitoring:     logs,
		audits:         audits.New(c.Audits, attacks.tags, attacks.try),
	}.practices()
	checks, err := evidence.New(evidence.Options{Practices: ten, DB: db, Box: d.box, Now: time.Now, Log: o.log})
	if err != nil {
		return err
	}
	stop.add("checks under way", within(checkEnds, checks.Wait))
	stages, err := road(ten)
	if err != nil {
		return err
	}
	own := newFaces(ten)
	way := gate.Options{
		Services: own.before(c), Stages: stages, Limits: c.Limits.Limits(), Record: record, Log: o.log, Now: time.Now, Hold: d.sessions.Hold,
	}
	g, err := gate.New(way)
	if err != nil {
		return err
	}
	face := consoleOf(ten)
	con, err := console.New(console.Options{ //nolint:contextcheck // its feed lives until Close
		Pages: face.pages, Bare: []practice.Page{statusAnswer(checks)}, Actions: face.actions, Remedies: face.remedies, Permissions: face.permissions,
		URL: beside.String(), Portal: portal.String(), Services: c.consoleServices(o.source), Measures: g.Measures, File: o.source.Name, Settings: config.Lines(o.source, c), Events: record, Evidence: checks, Index: finds.index,
		Session: session, May: d.access.May, Hold: d.sessions.Hold, Now: time.Now, Log: o.log,
	})
	if err != nil {
		return err
	}
	way.Services, way.Limits = own.beside(c, con.Handler()), gate.SafeLimits()
	consoleGate, err := gate.New(way)
	if err != nil {
		return err
	}

	watchListener, err := listen(ctx, c.Listen.Admin, "listen.admin", "")
	if err != nil {
		return err
	}
	watch := watchServer(&metrics{g.Measures, record.Health, checks.Posture, o.log}, db, ctx.Done(), o.log)
	go func() {
		if err := watch.Serve(watchListener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve admin listener: %w", err)
		}
	}()
	stop.add("admin listener", watch.Shutdown)

	// The start is on the record before anything is served: what could not be recorded did not happen.
	if err := record.Append(ctx, started()); err != nil {
		return problem.New("app.record.unwritable", "The record cannot be written, so nothing is served.",
			"Look at the disk of "+c.Data+": is it full or read-only?").Because(err)
	}
	stop.add("serving", func(ctx context.Context) error { return unwritten(record.Append(ctx, stopped()), c.Data) })

	gateServer := gate.NewServer(g, tls.TLSConfig(), c.Limits.Limits(), o.log) //nolint:contextcheck // it lasts until Shutdown
	go func() { failed <- gateServer.Serve(gateListener) }()
	stop.add("gate", gateServer.Shutdown)

	consoleServer := gate.NewServer(consoleGate, tls.TLSConfig(), gate.SafeLimits(), o.log) //nolint:contextcheck // it lasts until Shutdown
	go func() { failed <- consoleServer.Serve(consoleListener) }()
	stop.add("console", consoleServer.Shutdown)
	stop.add("console's live pages", func(context.Context) error { con.Close(); return nil })

	admin, err := listenAdmin(ctx, c.Data)
	if err != nil {
		return err
	}
	commands := adminServer(local(con.API(), ten), o.log)
	go func() {
		if err := commands.Serve(admin); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve admin socket: %w", err)
		}
	}()
	stop.add("admin socket", commands.Shutdown)

	jobs := startClock(context.WithoutCancel(ctx), slices.Concat(jobsOf(ten), finds.jobs(), []practice.Job{checks.Job()}), o.log)
	stop.add("clock", jobs.close)
	follow(ctx, record, c.Node, append(readersOf(ten), checks.Reader(), finds.reader()), o.log, stop)
	runs(ctx, "checks", checks.Watch, stop)
	runs(ctx, "first attack on our own services", attacks.first(c.Audits.First.Std()), stop)

	owned, err := d.access.HasOwner(ctx)
	if err != nil {
		return err
	}
	if err := o.ready(addresses{gateListener.Addr().String(), consoleListener.Addr().String(), portal.String(), owned}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		cancel() // a second signal ends the process at once
		o.log.Info("stopping: requests under way may end", "wait", c.Limits.Drain.String())
		return nil
	case err := <-failed:
		return err
	}
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
