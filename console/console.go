// Package console is the web face of Tenward: who looks after the gate sees here what comes in, and why something
// was refused.
//
// It answers on a host name and a listener of its own, because script in a protected application must never reach it
// (same-origin policy, RFC 6454), and does something about it. It stands behind a gate that finds out who asks, and shows each page to
// those who hold a role for it; every answer carries the strictest
// policy that a browser knows (W3C Content Security Policy Level 3, Trusted Types; OWASP Secure Headers Project), and
// whatever came from outside is shown as text. The same data is served as JSON, to a session and to the admin socket.
package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console/openapi"
	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// Options are what a console is made of. All are needed.
type Options struct {
	URL      string        // the origin it answers on, "https://console.localhost:9443"
	Services []ServiceInfo // the applications behind the gate
	Meter    *Meter        // counts their requests; its owner has it run
	Events   Events
	Evidence Evidence
	Index    *index.Index // finds events by what they say
	Views    *saved.Views // queries that people have named

	Pages       []practice.Page     // the practices', which the console does not know
	Bare        []practice.Page     // what only programs ask for: no page shows it
	Beside      []openapi.Operation // what is answered beside the console, for its description
	Actions     []practice.Action
	Remedies    []practice.Remedy
	Permissions []practice.Permission

	File     string        // where the configuration stands
	Settings []config.Line // the configuration in force
	// Load reads the file anew and brings it into force, whole or not at all; by is who wants it.
	Load func(ctx context.Context, by string) error
	// Loaded is what came of that the last time; nil where nobody has wanted it since the start.
	Loaded func() *Loaded

	Portal string // where people sign out, "https://login.localhost:8443"

	// Session gives the sign-in that a request belongs to, nil where there is none.
	Session func(*http.Request) *identity.Session
	// May says whether somebody holds a role of the console, or one that contains it.
	May func(ctx context.Context, s *identity.Session, role string) (bool, error)
	// Hold keeps a live page to its session, as identity.Sessions does.
	Hold func(s *identity.Session, stop func()) (release func(), ok bool)

	Now func() time.Time
	Log *slog.Logger
}

// ServiceInfo is what the console says about an application.
type ServiceInfo struct {
	Name     string
	Hosts    []string
	Path     string
	Upstream string
	Public   []string // paths that need no sign-in
	Mode     string   // block, or observe
	Source   string   // where the configuration has it, "tenward.yaml:12"
}

// Events is the record, as far as the console reads it.
type Events interface {
	// Find gives an event and its recorded form, or event.ErrNoEvent.
	Find(ctx context.Context, id event.ID) (*event.Event, []byte, error)
	// Recent gives up to n of the newest events, newest first.
	Recent(ctx context.Context, n int) ([]*event.Event, error)
}

// Console serves pages and data until Close.
type Console struct {
	o       Options
	host    string // what the Host header must say, with the port
	ui      *ui.UI
	pages   []*page            // in the navigation's order
	bare    []*page            // without a face
	actions map[string]*action // by name
	roles   map[string]string  // which role each permission asks for
	cures   []cure
	flashes *flashes
	streams *streams
	feed    *feed
	causes  *causes
	weeks   *weeks
	hours   *lastHours

	description []byte // of the API, in OpenAPI

	stop    context.CancelFunc
	stopped <-chan struct{}
}

// New makes a console. Close ends its live pages.
func New(o Options) (*Console, error) {
	host, err := hostOf(o.URL)
	if err != nil {
		return nil, err
	}
	face, err := ui.New()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Console{
		o: o, host: host, ui: face, stop: stop, stopped: ctx.Done(),
		actions: map[string]*action{}, roles: map[string]string{}, flashes: newFlashes(o.Now), streams: newStreams(),
		feed: &feed{events: o.Events, now: o.Now, rows: []row{}}, causes: &causes{index: o.Index, now: o.Now}, weeks: &weeks{index: o.Index, now: o.Now},
		hours: &lastHours{index: o.Index, now: o.Now},
	}
	if err := c.register(); err != nil {
		stop()
		return nil, err
	}
	return c, nil
}

// Close ends all live pages, and waits for them to be gone. The listener is its owner's.
func (c *Console) Close() {
	c.stop()
	c.streams.close()
}

// hostOf checks the origin and gives the Host header that belongs to it.
func hostOf(origin string) (string, error) {
	u, err := url.Parse(origin)
	if err != nil {
		return "", fmt.Errorf("read console's origin: %w", err)
	}
	if u.Scheme != "https" || u.Host == "" || origin != "https://"+u.Host {
		return "", errors.New("the console's origin must be https://HOST or https://HOST:PORT, not " + origin)
	}
	return withPort(u.Host), nil
}

// withPort is a Host header's one form.
func withPort(host string) string {
	host = strings.ToLower(host)
	if _, _, err := net.SplitHostPort(host); err != nil {
		return host + ":443"
	}
	return host
}
