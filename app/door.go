package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/authentication"
)

// door is who may come in: how people prove who they are, and what they may do.
type door struct {
	authentication *authentication.Service
	access         *access.Service
	notices        *notice.Service
}

// openDoor makes what decides about people. probe asks the gate as anybody outside could.
func (h *house) openDoor(ctx context.Context, c *Config, probe func(*http.Request) (*http.Response, error)) (*door, error) {
	portal := h.portal(c)
	closed, open := c.places(portal.Port())
	d := new(door)
	var err error
	d.access, err = access.New(ctx, access.Options{
		Config: c.Access, Issuer: portal.String(), DB: h.db, Secrets: h.secrets, Box: h.box, Sessions: h.sessions, Now: time.Now,
		Probe: probe, Closed: closed, Open: open, Public: c.public(),
	})
	if err != nil {
		return nil, err
	}
	d.notices, err = notice.New(notice.Options{Config: c.Notice, DB: h.db, Secrets: h.secrets, Box: h.box, Now: time.Now, Log: h.log})
	if err != nil {
		return nil, err
	}
	look, err := ui.New()
	if err != nil {
		return nil, err
	}
	d.authentication, err = authentication.New(authentication.Options{
		Config: c.Authentication, Portal: portal, Issuer: c.Portal.name(), Origins: c.origins(h.console(c).Port()),
		DB: h.db, Secrets: h.secrets, Box: h.box, People: identity.NewPeople(h.db), Sessions: h.sessions,
		Shared: h.shared, Alone: h.alone, Now: time.Now, Log: h.log,
		UI: look, Open: d.open(c, portal, h.console(c)), Roles: d.access, Post: post{d.notices},
		Probe: probe, Closed: closed,
	})
	return d, err
}

// runs gives something that works by itself a goroutine, until everything stops.
func runs(ctx context.Context, name string, run func(context.Context), stop *undo) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx)
	}()
	stop.add(name, func(context.Context) error {
		cancel()
		<-ended
		return nil
	})
}

// join joins the configured cluster, or makes one of this node alone.
func join(ctx context.Context, c *Config, heard *ears, log *slog.Logger) (cluster.Cluster, error) {
	if !c.Cluster.Redis.Set() {
		return cluster.Alone(time.Now), nil
	}
	return cluster.Join(ctx, cluster.Options{
		URL: c.Cluster.Redis.Reveal(), Node: c.Node, Log: log,
		Ears: cluster.Ears{Woken: heard.woken, Missed: func() { heard.missed(log) }}, //nolint:contextcheck // the cluster calls it, whenever the link is back
	})
}

// ears hear what other nodes say about sessions.
type ears struct {
	sessions atomic.Pointer[identity.Sessions]
}

func (e *ears) woken(subject, message string) {
	if s := e.sessions.Load(); s != nil && subject == identity.Subject {
		s.Woken(message)
	}
}

func (e *ears) missed(log *slog.Logger) {
	s := e.sessions.Load()
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), 10*time.Second, errDatabaseSlow)
	defer cancel()
	if err := s.Missed(ctx); err != nil {
		log.Warn("sessions could not be read anew; the clock will try again", "error", err)
	}
}

// open says which applications the portal's first page shows to somebody, and the console to who looks after the gate.
func (d *door) open(c *Config, portal, console *url.URL) func(context.Context, *identity.Session) ([]authentication.Place, error) {
	return func(ctx context.Context, s *identity.Session) ([]authentication.Place, error) {
		var places []authentication.Place
		for _, name := range c.serviceNames() {
			opens, err := d.access.Opens(ctx, s, name)
			if err != nil {
				return nil, err
			}
			if opens {
				one := c.Services[name]
				at := url.URL{Scheme: "https", Host: authority(string(one.Hosts[0]), portal.Port()), Path: string(one.Path)}
				places = append(places, authentication.Place{Name: name, URL: at.String()})
			}
		}
		may, err := d.access.May(ctx, s, practice.RoleReader)
		if may {
			places = append(places, authentication.Place{Name: "Tenward console", URL: console.String() + "/"})
		}
		return places, err
	}
}

// post has letters about people's accounts delivered.
type post struct{ *notice.Service }

func (p post) Put(ctx context.Context, c *outbox.Change, l authentication.Letter) (mailed bool, err error) {
	return p.Service.Put(ctx, c, notice.Message{
		Kind: l.Kind, To: l.To, Subject: l.Subject, Body: l.Body, Person: string(l.Person.ID),
		Data: map[string]string{"person": string(l.Person.ID), "account": l.Person.Account},
	})
}

// authority is a host as clients write it, with the port where it is not TLS's own.
func authority(host, port string) string {
	if port == "" || port == "443" {
		return host
	}
	return net.JoinHostPort(host, port)
}

// origins are the hosts that sessions are handed over to.
func (c *Config) origins(consolePort string) map[string]authentication.Origin {
	all := map[string]authentication.Origin{}
	for _, s := range c.Services {
		for _, h := range s.Hosts {
			all[string(h)] = authentication.Origin{Face: identity.Application}
		}
	}
	if consolePort == "" {
		consolePort = "443"
	}
	all[string(c.Console.Host)] = authentication.Origin{Face: identity.Console, Port: consolePort}
	return all
}

// public says whether a service asks for no role at a path.
func (c *Config) public() func(service, path string) bool {
	services := gate.Services(c.Services)
	return func(service, path string) bool {
		for _, s := range services {
			if s.Name == service {
				return slices.ContainsFunc(s.Public, func(p gate.Pattern) bool { return p.Match(path) })
			}
		}
		return false
	}
}

// places are one address of each service, for checks that ask from outside, and the services whose every path is public.
func (c *Config) places(port string) (closed map[string]string, open []string) {
	closed = map[string]string{}
	for _, s := range gate.Services(c.Services) {
		below := strings.TrimSuffix(s.Path, "/")
		if slices.ContainsFunc(s.Public, func(p gate.Pattern) bool { return p.Match(below + "/no/such/place") }) {
			open = append(open, s.Name)
			continue
		}
		closed[s.Name] = authority(s.Hosts[0], port) + below
	}
	return closed, open
}
