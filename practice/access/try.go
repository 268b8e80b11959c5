package access

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access/policy"
	"github.com/tenward/tenward/problem"
)

// trial is a request that was only thought of, and what would become of it.
type trial struct {
	Who     string `json:"who,omitempty"` // the account, where it is about somebody's roles
	Roles   string `json:"roles"`
	Service string `json:"service"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Allowed bool   `json:"allowed"`
	Public  bool   `json:"public"` // nobody is asked for a role there
	Why     string `json:"why"`
	Line    string `json:"line,omitempty"` // what decided
}

var (
	errTryPath    = problem.New("access.try.malformed", "That is no path that a request can have.", "Write it from the first slash on, as a browser sends it: /notes/7")
	errTryMethod  = problem.New("access.method.malformed", "That is no request method.", "Write it in capitals: GET, POST, DELETE.")
	errTryService = problem.New("access.service.unknown", "There is no service of this name.", "Choose one that stands under services: in the configuration.")
)

// tried answers what a page's form asks, for whoever holds these roles; nil where it asks nothing.
func (s *Service) tried(roles []string, v url.Values) (*trial, error) {
	if v.Get("path") == "" {
		return nil, nil //nolint:nilnil // nothing was asked, and nothing is wrong with that
	}
	method := v.Get("method")
	if method == "" || len(method) > 32 || strings.Trim(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return nil, errTryMethod
	}
	if !slices.Contains(s.services(), v.Get("service")) {
		return nil, errTryService
	}
	typed, _, _ := strings.Cut(v.Get("path"), "?") // rules know nothing of a query
	path, err := gate.NormalisePath(typed)
	if err != nil || len(path) > 2000 {
		return nil, errTryPath.Because(err)
	}
	t := &trial{Roles: strings.Join(roles, ", "), Service: v.Get("service"), Method: method, Path: path}
	if t.Public = s.public(t.Service, path); t.Public {
		t.Allowed, t.Why = true, "The path is public: nobody is asked for a role there."
		return t, nil
	}
	decision, line := s.decisions.policy.Explain(roles, policy.Request{Service: t.Service, Method: method, Path: path})
	t.Allowed = decision.Allowed
	switch {
	case decision.Allowed:
		t.Why = "The role " + decision.Role + " allows it."
	case line != nil:
		t.Why = "The role " + decision.Role + " forbids it, whatever else allows it."
	case len(roles) == 0:
		t.Why = "Without a role nothing is allowed but what is public."
	default:
		t.Why = "No line of " + t.Roles + " allows it."
	}
	if line != nil {
		t.Line = lineText(line.Rule, string(line.Path))
	}
	return t, nil
}

// triedAs is tried for somebody's roles, their own and their groups'.
func (s *Service) triedAs(ctx context.Context, account string, v url.Values) (*trial, error) {
	p, err := identity.NewPeople(s.db).FindAccount(ctx, account)
	if errors.Is(err, identity.ErrNotFound) {
		return nil, errNobodyOf.Because(err)
	}
	if err != nil {
		return nil, err
	}
	roles, err := s.rolesOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	t, err := s.tried(roles, v)
	if t != nil {
		t.Who = p.Account
	}
	return t, err
}

// rolesOf are the roles that somebody has now, each once.
func (s *Service) rolesOf(ctx context.Context, id identity.PersonID) ([]string, error) {
	held, err := s.grantsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var roles []string
	for _, g := range held {
		roles = append(roles, g.Role)
	}
	return slices.Compact(roles), nil
}

// services are the names of all services.
func (s *Service) services() []string {
	return slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(s.closed)), s.open...)))
}

// lineText is a rule in one line, with one of its paths or all of them.
func lineText(r policy.Rule, path string) string {
	word := "allow "
	if r.Deny {
		word = "deny "
	}
	return word + strings.Join(r.Methods, " ") + " on " + r.Service + " " + path
}

// Pill is the answer for the eye.
func (t *trial) Pill() ui.Pill {
	if t.Allowed {
		return ui.Pill{Class: "ok", Word: "Allowed"}
	}
	return ui.Pill{Class: "crit", Word: "Refused"}
}
