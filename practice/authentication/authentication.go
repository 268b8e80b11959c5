// Package authentication proves that a person is present, with something they know and something they hold.
//
// People come by invitation: they set a password and enrol an authenticator app, and get ten recovery codes. From then
// on they sign in on the portal, an origin of its own, and are handed over from there to each application's host by a
// code that is good once, for that host, in that browser. Sources: NIST SP 800-63B-4, OWASP ASVS 5.0 chapters V6 and
// V7, RFC 6238 (TOTP), RFC 7636 (whose idea binds the code to the browser that asked).
package authentication

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/authentication/password"
	"github.com/tenward/tenward/store"
)

// Options are what the practice is made of. All must be set.
type Options struct {
	Config   Config
	Portal   *url.URL          // its origin
	Issuer   string            // how authenticator apps name this place
	Origins  map[string]Origin // of every host that sessions are handed over to
	DB       *store.DB
	Secrets  *store.Secrets
	Box      *outbox.Outbox
	People   *identity.People
	Sessions *identity.Sessions
	Shared   counters // counts tries for the whole cluster
	Alone    counters // and for this node, while the cluster does not answer
	Now      func() time.Time
	Log      *slog.Logger

	UI *ui.UI
	// Open gives the applications that somebody may open, for the portal's first page.
	Open func(context.Context, *identity.Session) ([]Place, error)

	Roles roles
	Post  Post

	// Probe sends a request to the gate as anybody outside could.
	Probe func(*http.Request) (*http.Response, error)
	// Closed is one address of each service that is not public in all: a host name, with the port where that is needed,
	// and the path that the service begins at.
	Closed map[string]string
}

// Service is the practice at work.
type Service struct {
	conf     Config
	portal   origin
	issuer   string
	origins  map[string]Origin // of every host that sessions are handed over to
	people   *identity.People
	sessions *identity.Sessions
	factors  *factors
	devices  *devices
	throttle *throttle
	hasher   *password.Hasher
	box      *outbox.Outbox
	db       *store.DB
	now      func() time.Time
	log      *slog.Logger
	ui       *ui.UI
	pages    map[language]*template.Template
	open     func(context.Context, *identity.Session) ([]Place, error)
	roles    roles
	post     Post
	probe    func(*http.Request) (*http.Response, error)
	closed   map[string]string
}

// Origin is a host that sessions are handed over to.
type Origin struct {
	Face identity.Face
	Port string // "9443"; empty where it answers beside the portal, on whatever port that is asked on
}

// origin is one of ours: "https://login.example.com:8443", and the host name alone.
type origin struct{ url, host string }

// stepTime is how long somebody has for the second step after the first.
const stepTime = 10 * time.Minute

// New makes the practice.
func New(o Options) (*Service, error) {
	pages, err := parsePages(o.UI)
	if err != nil {
		return nil, err
	}
	s := &Service{
		ui: o.UI, pages: pages, open: o.Open,
		conf: o.Config, portal: origin{o.Portal.Scheme + "://" + o.Portal.Host, o.Portal.Hostname()}, issuer: o.Issuer, origins: o.Origins,
		people: o.People, sessions: o.Sessions, box: o.Box, db: o.DB, now: o.Now, log: o.Log, roles: o.Roles, post: o.Post, probe: o.Probe, closed: o.Closed,
		factors:  &factors{o.DB, o.Secrets},
		throttle: &throttle{o.Shared, o.Alone, o.Log}, hasher: password.New(o.Config.Hashing),
	}
	s.devices = &devices{o.DB, s.tell}
	return s, nil
}

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "authentication", Title: "Sign-in", Icon: "key", Source: "NIST SP 800-63B-4, OWASP ASVS 5.0 V6-V7",
		Jobs:   []practice.Job{{Name: "authentication/save-sessions", Every: 15 * time.Second, Timeout: 10 * time.Second, Run: s.sessions.Save}},
		Stages: s.stages(), Checks: s.checks(), Routes: s.routes(), Pages: s.screens(), Actions: s.actions(),
		Permissions: []practice.Permission{
			{Name: seePeople, Title: "See who there is", Role: practice.RoleAuditor},
			{Name: managePeople, Title: "Invite, reset, disable and enable people, and end their sessions", Role: practice.RoleAdmin},
		},
	}
}
