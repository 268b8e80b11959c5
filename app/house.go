package app

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/backup"
)

// house is what stands as long as the process does, whatever the configuration becomes: ports, the data folder,
// database, record and index, the link to other nodes, and who is signed in.
type house struct {
	node, data string
	log        *slog.Logger

	front, beside net.Listener // the gate's, the console's
	watch         net.Listener // for a monitoring system

	origin   store.MasterKeyOrigin
	db       *store.DB
	secrets  *store.Secrets
	backups  *backups
	sticky   []byte // keys the cookies that keep clients to an upstream
	signing  event.SigningKey
	record   *event.Log
	finds    *search
	shared   cluster.Cluster
	alone    cluster.Cluster // for what this node counts by itself
	box      *outbox.Outbox
	sessions *identity.Sessions
	meters   *gate.Meters
	rates    *console.Meter
	loaded   atomic.Pointer[console.Loaded] // what came of reading the configuration the last time
	reload   func(ctx context.Context, by string) error
}

// openHouse reads from top to bottom: each start is followed at once by its stop.
func openHouse(ctx context.Context, c *Config, o options, stop *undo) (*house, error) {
	h := &house{node: c.Node, data: c.Data, log: o.log, alone: cluster.Alone(time.Now), meters: new(gate.Meters)}
	h.rates = console.NewMeter(h.meters.Measures, time.Now)
	release, err := lockData(c.Data)
	if err != nil {
		return nil, err
	}
	stop.add("lock of the data folder", release)
	if err := backup.Unfinished(c.Data); err != nil {
		return nil, err
	}

	open, err := inherited(o.env, os.Getpid())
	if err != nil {
		return nil, err
	}
	h.front, err = open.take(ctx, c.Listen.HTTPS, "listen.https", "--port")
	if err != nil {
		return nil, err
	}
	stop.add("gate's listener", closeListener(h.front))
	h.beside, err = open.take(ctx, c.Console.Listen, "console.listen", "--console-port")
	if err != nil {
		return nil, err
	}
	stop.add("console's listener", closeListener(h.beside))
	h.watch, err = open.take(ctx, c.Listen.Admin, "listen.admin", "")
	if err != nil {
		return nil, err
	}
	stop.add("admin's listener", closeListener(h.watch))

	master, origin, err := store.LoadMasterKey(o.env, c.Data)
	if err != nil {
		return nil, err
	}
	warnOfKey(o.log, origin)
	h.origin = origin
	h.backups = &backups{house: h, key: master, now: time.Now}
	h.db, err = store.Open(ctx, store.Options{Data: c.Data, Postgres: c.Store.Postgres.Reveal(), Before: h.backups.before(c)})
	if err != nil {
		return nil, err
	}
	stop.add("database", func(context.Context) error { return h.db.Close() })
	h.secrets = h.db.Secrets(master)

	h.sticky, err = stickyKey(ctx, h.secrets)
	if err != nil {
		return nil, err
	}
	h.signing, err = signingKey(ctx, h.secrets, c.Node)
	if err != nil {
		return nil, err
	}
	h.record, err = event.Open(ctx, recordFolder(c.Data), event.Options{
		Node: c.Node, Signing: h.signing, Keys: newRecordKeys(h.secrets), Redact: c.Monitoring.Redact, Cursors: h.db, Logger: o.log,
	})
	if err != nil {
		return nil, err
	}
	stop.add("record", func(context.Context) error { return unwritten(h.record.Close(), c.Data) })
	h.finds, err = openSearch(ctx, c, h.record, h.db, o.log)
	if err != nil {
		return nil, err
	}
	stop.add("index", func(context.Context) error { return h.finds.index.Close() })

	return h, h.join(ctx, c, stop)
}

// join joins the cluster, and takes up who is signed in.
func (h *house) join(ctx context.Context, c *Config, stop *undo) (err error) {
	heard := new(ears)
	h.shared, err = join(ctx, c, heard, h.log)
	if err != nil {
		return err
	}
	stop.add("cluster", func(context.Context) error { return h.shared.Close() })
	h.box, err = outbox.New(ctx, h.db, h.record, h.node, time.Now, h.log)
	if err != nil {
		return err
	}
	h.sessions = identity.NewSessions(h.db, c.Authentication.Limits(), h.shared, time.Now)
	heard.sessions.Store(h.sessions)
	stop.add("sessions", h.sessions.Save)
	runs(ctx, "rates", h.rates.Run, stop)
	return nil
}

// listeners are the open ports by the configuration's keys.
func (h *house) listeners() map[string]net.Listener {
	return map[string]net.Listener{"listen.https": h.front, "console.listen": h.beside, "listen.admin": h.watch}
}

// portal and console are their origins, at the ports where the listeners are.
func (h *house) portal(c *Config) *url.URL  { return originOf(c.Portal.Host, h.front.Addr()) }
func (h *house) console(c *Config) *url.URL { return originOf(c.Console.Host, h.beside.Addr()) }
