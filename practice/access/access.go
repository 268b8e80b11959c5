// Package access decides by role who may do what: deny by default, least privilege over time.
//
// Roles are written in the configuration, each a list of services, methods and paths; people and groups are given roles
// in the database, maybe until a time. A request that none of its person's roles allows does not reach the application.
// The application can be told who asks, in fields that no client can set or in a token that it can verify.
//
// Sources: INCITS 359-2012 (role-based access control), NIST SP 800-162, OWASP ASVS 5.0 chapter V8, RFC 7519 (JWT).
package access

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/access/policy"
	"github.com/tenward/tenward/store"
)

// Options are what the practice is made of. All must be set.
type Options struct {
	Config   Config
	Issuer   string // the portal's origin: who signs assertions
	DB       *store.DB
	Secrets  *store.Secrets
	Box      *outbox.Outbox
	Sessions *identity.Sessions
	Now      func() time.Time
	// Probe sends a request to the gate as anybody outside could.
	Probe func(*http.Request) (*http.Response, error)
	// Closed is one address of each service that is not public in all: a host name, with the port where that is needed,
	// and the path that the service begins at. Open are the other services.
	Closed map[string]string
	Open   []string
	// Public says whether a service asks for no role at this path.
	Public func(service, path string) bool
}

// Service is the practice at work.
type Service struct {
	conf      Config
	issuer    string
	db        *store.DB
	secrets   *store.Secrets
	box       *outbox.Outbox
	sessions  *identity.Sessions
	now       func() time.Time
	probe     func(*http.Request) (*http.Response, error)
	closed    map[string]string
	open      []string
	public    func(service, path string) bool
	decisions *decisions
	sets      roleSets
	ring      atomic.Pointer[keyring]
	ended     time.Time // up to when endGrants has ended streams; its own
}

// New compiles the roles and takes the signing keys into use, which it makes at the first start.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{
		conf: o.Config, issuer: o.Issuer, db: o.DB, secrets: o.Secrets, box: o.Box, sessions: o.Sessions, now: o.Now, probe: o.Probe, closed: o.Closed, open: o.Open, public: o.Public,
		decisions: newDecisions(policy.New(append(o.Config.rules(), trier))), sets: roleSets{sets: map[string]*roleSet{}},
		ended: o.Now(),
	}
	if err := s.turnKeys(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Opens says whether any role of a session's person speaks of the service: whether it is worth showing.
func (s *Service) Opens(ctx context.Context, session *identity.Session, service string) (bool, error) {
	h, err := s.holder(ctx, session)
	if err != nil {
		return false, err
	}
	return s.decisions.policy.Speaks(h.roles.names, service), nil
}

// Give is Grant for good, for whoever has enrolled with the promise of a role.
func (s *Service) Give(ctx context.Context, c *outbox.Change, p *identity.Person, role, by string) error {
	return s.Grant(ctx, c, p, role, time.Time{}, by)
}

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "access", Title: "Roles", Icon: "people", Source: "INCITS 359, OWASP ASVS 5.0 V8",
		Stages: s.stages(), Checks: s.checks(),
		Routes: []practice.Route{{Pattern: "GET /.well-known/jwks.json", Face: practice.Portal, Handler: http.HandlerFunc(s.keys)}},
		Pages:  s.screens(), Actions: s.actions(),
		Permissions: []practice.Permission{
			{Name: seeRoles, Title: "See who may do what", Role: practice.RoleAuditor},
			{Name: manageRoles, Title: "Give and take roles", Role: practice.RoleOwner},
		},
		Jobs: s.jobs(),
	}
}
