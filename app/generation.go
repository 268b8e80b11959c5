package app

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/validation"
	"github.com/tenward/tenward/problem"
)

// generation is everything that one configuration makes. A reload makes another beside it, and only when that stands
// whole does it take over; nothing of it works by itself before begin.
type generation struct {
	c           *Config
	tls         *tls.Config
	door        *door
	ten         []practice.Practice
	checks      *evidence.Service
	attacks     *selfAttack
	gate        *gate.Gate
	console     *console.Console
	consoleGate *gate.Gate
	admin       http.Handler // what commands on this machine ask

	works undo // what asks the listeners, and stops before they do
	ends  undo // what those under way still need, and stops after them
}

// build makes a generation. It reads from top to bottom; what it makes stands on the house and leaves it as it is.
func (h *house) build(ctx context.Context, c *Config, source *config.Source) (_ *generation, err error) {
	g := &generation{c: c, works: undo{log: h.log}, ends: undo{log: h.log}}
	portal, beside := h.portal(c), h.console(c)

	secured, err := encryption.New(ctx, h.secrets, c.hosts(), time.Now)
	if err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(c.Data, "ca.pem"), secured.AuthorityPEM(), 0o644); err != nil {
		return nil, problem.New("app.data.unusable", "The file "+filepath.Join(c.Data, "ca.pem")+", which clients need, cannot be written.",
			"Remove what stands in its place, and see that the data folder's disk is neither full nor read-only.").Because(err)
	}
	g.tls = secured.TLSConfig()
	secured.LookAt(c.seen(h.front.Addr(), h.beside.Addr(), h.origin))
	ask := probe(h.front.Addr(), secured.AuthorityPEM()) //nolint:bodyclose // it gives the function that asks
	valid, err := validation.New(c.Validation, c.serviceNames())
	if err != nil {
		return nil, err
	}
	g.door, err = h.openDoor(ctx, c, ask)
	if err != nil {
		return nil, err
	}
	g.attacks, err = h.newSelfAttack(ctx, c, g.door, secured.AuthorityPEM())
	if err != nil {
		return nil, err
	}
	valid.TriedBy(&g.attacks.reports)
	valid.LookAt(g.attacks.seenRequests(string(c.Portal.Host), h.record))
	if err := valid.Keep(ctx, validation.Keeping{DB: h.db, Box: h.box, Index: h.finds.index, Find: h.record.Find, Log: h.log, Now: time.Now}); err != nil {
		return nil, err
	}
	logs := monitoring.New(c.Monitoring, h.record.Health, time.Now)
	logs.LookAt(c.seenRecord(portal.String(), ask, h.record, h.signing, h.finds.index, h.backups))
	g.ten = services{
		encryption:     secured,
		authentication: g.door.authentication,
		validation:     valid,
		access:         g.door.access,
		monitoring:     logs,
		audits:         audits.New(c.Audits, g.attacks.tags, g.attacks.try),
	}.practices()
	g.checks, err = evidence.New(evidence.Options{Practices: g.ten, DB: h.db, Box: h.box, Now: time.Now, Log: h.log})
	if err != nil {
		return nil, err
	}
	stages, err := road(g.ten)
	if err != nil {
		return nil, err
	}
	own := newFaces(g.ten)
	way := gate.Options{
		Services: own.before(c), Stages: stages, Limits: c.Limits.Limits(), Record: h.record, Log: h.log, Now: time.Now, Hold: h.sessions.Hold, Meters: h.meters,
		StickyKey: h.sticky,
	}
	if g.gate, err = gate.New(way); err != nil {
		return nil, err
	}
	face := consoleOf(g.ten)
	g.console, err = console.New(console.Options{
		Pages: face.pages, Bare: []practice.Page{statusAnswer(g.checks)}, Beside: ofProcess(), Actions: face.actions, Remedies: face.remedies, Permissions: face.permissions,
		URL: beside.String(), Portal: portal.String(), Services: c.consoleServices(source), Meter: h.rates,
		Loaded: h.loaded.Load, Load: func(ctx context.Context, by string) error { return h.reload(ctx, by) },
		File: source.Name, Settings: config.Lines(source, c), Events: h.record, Evidence: g.checks, Index: h.finds.index, Views: saved.New(h.db, h.box),
		Session: session, May: g.door.access.May, Hold: h.sessions.Hold, Now: time.Now, Log: h.log,
	})
	if err != nil {
		return nil, err
	}
	way.Services, way.Limits, way.Meters = own.beside(c, g.console.Handler()), gate.SafeLimits(), nil
	if g.consoleGate, err = gate.New(way); err != nil {
		g.console.Close()
		return nil, err
	}
	g.admin = local(g.console.API(), g.ten)
	return g, nil
}

// begin starts what works by itself. Two generations never work at the same time: their readers share cursors.
func (g *generation) begin(ctx context.Context, h *house) {
	runs(ctx, "notices", g.door.notices.Run, &g.ends)
	g.ends.add("checks under way", within(checkEnds, g.checks.Wait))
	g.ends.add("console's live pages", func(context.Context) error { g.console.Close(); return nil })

	jobs := startClock(context.WithoutCancel(ctx), slices.Concat(jobsOf(g.ten), h.finds.jobs(), []practice.Job{g.checks.Job(), h.backups.job(g.c)}), h.log)
	g.works.add("clock", jobs.close)
	follow(ctx, h.record, h.node, append(readersOf(g.ten), g.checks.Reader(), h.finds.reader()), h.log, &g.works)
	runs(ctx, "health checks of upstreams", g.gate.Watch, &g.works)
	runs(ctx, "checks", g.checks.Watch, &g.works)
	runs(ctx, "first attack on our own services", g.attacks.first(g.c.Audits.First.Std()), &g.works)
}

// end stops it. Exchanges under way go on: what they stand on is the house's.
func (g *generation) end(ctx context.Context) error {
	return errors.Join(g.works.run(ctx), g.ends.run(ctx))
}
