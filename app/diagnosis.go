package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/doctor"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/store"
)

// diagnosis is what the doctor has of the machine besides its files: clocks and environment.
type diagnosis struct {
	now    func() time.Time
	kernel func() (monitoring.Clock, error)
	env    func(string) string
}

// world is everything that the doctor looks at. A configuration that is wrong is a finding; where only its secrets and files cannot
// be read, the rest is looked at all the same.
func (d diagnosis) world(named string) (*doctor.World, error) {
	w := &doctor.World{Now: d.now, Proc: "/proc", Env: d.env, OpenTo: encryption.OpenTo, Version: program(), Kernel: d.clock}
	c, src, err := loadConfig(named, config.Options{})
	if invalid, ok := errors.AsType[*config.Invalid](err); ok {
		for _, i := range invalid.Issues {
			w.Wrong = append(w.Wrong, doctor.Line{Status: doctor.Fail, Sentence: fmt.Sprintf("Line %d, %s: %s.", i.Line, i.Path, i.Sentence), Mend: i.Mend})
		}
		if c, src, err = loadConfig(named, config.Options{KeepReferences: true}); errors.As(err, &invalid) {
			return w, nil
		}
	}
	if err != nil {
		return nil, err
	}
	w.File, w.Usable = src.Name, true
	d.fill(w, c)
	return w, nil
}

func program() string {
	b := build()
	return "tenward " + b.Version + " (" + b.Go + ")"
}

func (d diagnosis) clock() (doctor.Kernel, error) {
	k, err := d.kernel()
	return doctor.Kernel{Kept: k.Kept, Error: k.Error, Most: monitoring.MaxOff}, err
}

func (d diagnosis) fill(w *doctor.World, c *Config) {
	w.Folder, w.Public = c.Data, filepath.Join(c.Data, "ca.pem")
	w.Socket, w.LockFile = adminSocket(c.Data), lockFile(c.Data)
	w.Answers = func(ctx context.Context) (string, error) { return standing(ctx, c.Data) }
	w.Serves = served(c.Listen.HTTPS)
	w.Ports = []doctor.Port{port("listen.https", c.Listen.HTTPS), port("console.listen", c.Console.Listen), port("listen.admin", c.Listen.Admin)}
	w.Room = func(folder string) (free, total uint64, stands doctor.Status, err error) {
		free, total, err = monitoring.DiskRoom(folder)
		return free, total, standings[monitoring.Room(free, total)], err
	}
	if !c.Store.Postgres.Set() || c.Store.Postgres.Reveal() != "" {
		w.Database = c.inspect
	}
	w.MasterKey = func(env func(string) string) (doctor.Key, error) {
		key, origin, err := store.FindMasterKey(env, c.Data)
		return doctor.Key{Path: origin.Path, Beside: origin.Beside, Fits: func(ctx context.Context) error { return c.fits(ctx, key) }}, err
	}
	if c.Cluster.Redis.Reveal() != "" {
		w.Cluster = func(ctx context.Context) error { return cluster.Ping(ctx, c.Cluster.Redis.Reveal()) }
	}
	w.Record = func() (doctor.Record, error) {
		g, err := event.Glance(recordFolder(c.Data))
		return doctor.Record{Made: g.Made, Origin: g.Origin, Node: c.Node, Leaves: g.Leaves, Signed: g.Signed, Written: g.Written}, err
	}
	w.Hosts = slices.Compact(slices.Sorted(slices.Values(c.hosts())))
	w.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	w.Certificates, w.Upstreams = c.certificateFiles(), c.askable()
}

// standings are a finding's status as the doctor has them.
var standings = map[practice.Status]doctor.Status{practice.Pass: doctor.OK, practice.Warn: doctor.Warn, practice.Fail: doctor.Fail}

func (c *Config) options() store.Options {
	return store.Options{Data: c.Data, Postgres: c.Store.Postgres.Reveal(), Wait: time.Second}
}

func (c *Config) inspect(ctx context.Context) (doctor.Database, error) {
	i, err := store.Inspect(ctx, c.options())
	return doctor.Database{Made: i.Made, Place: i.Place, Engine: i.Engine, Applied: i.Applied, Pending: i.Pending, Latest: i.Latest, Clock: i.Clock}, err
}

// fits asks the database about the key; where it cannot be asked, its own line says so.
func (c *Config) fits(ctx context.Context, key store.MasterKey) error {
	if c.Store.Postgres.Set() && c.Store.Postgres.Reveal() == "" {
		return nil
	}
	i, err := store.Inspect(ctx, c.options())
	if err != nil {
		return nil //nolint:nilerr // the database's own question says so
	}
	return i.Fits(key)
}

// port is one that is tried as the start tries it.
func port(key string, at config.Listen) doctor.Port {
	return doctor.Port{Key: key, Address: string(at), Open: func(ctx context.Context) error {
		l, err := listen(ctx, at, key, "")
		if err != nil {
			return err
		}
		return l.Close()
	}}
}

// served is where the gate answers on this machine; empty where the system chose the port.
func served(at config.Listen) string {
	if at.AnyPort() {
		return ""
	}
	host, port, err := net.SplitHostPort(string(at))
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// standing asks the tenward that runs how its checks stand.
func standing(ctx context.Context, data string) (string, error) {
	var now status
	if err := askOn(ctx, data, http.MethodGet, "/api/v1/status", nil, &now); err != nil {
		return "", err
	}
	said := fmt.Sprintf("%d %% is proven", now.Score.Percent)
	if n := now.count(practice.Fail); n > 0 {
		said += fmt.Sprintf(", and %d %s: see `tenward status`", n, map[bool]string{true: "check fails", false: "checks fail"}[n == 1])
	}
	return said + ".", nil
}

// certificateFiles are those that the configuration names.
func (c *Config) certificateFiles() []doctor.Certificate {
	var all []doctor.Certificate
	for _, name := range c.serviceNames() {
		if s := c.Services[name]; s != nil && s.TLS != nil {
			for key, file := range map[string]config.File{"ca": s.TLS.CA, "cert": s.TLS.Cert} {
				if file.Content() != nil {
					all = append(all, doctor.Certificate{Name: "services." + name + ".tls." + key, File: file.String(), PEM: file.Content()})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b doctor.Certificate) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// askable are the upstreams, each with how the gate would ask it.
func (c *Config) askable() []doctor.Upstream {
	var all []doctor.Upstream
	within := upstream.Timeouts{Dial: time.Second, Answer: 2 * time.Second}
	for _, s := range gate.Services(c.Services) {
		for _, t := range s.Upstream.Targets {
			all = append(all, doctor.Upstream{Service: s.Name, URL: t.URL, Try: func(ctx context.Context) (int, error) {
				return upstream.Try(ctx, s.Upstream, t, within)
			}})
		}
	}
	return all
}
