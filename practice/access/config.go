package access

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice/access/policy"
)

// Config is the section `access:`.
type Config struct {
	Contact  string                    `yaml:"contact" doc:"Whom people ask who are refused: a name, an address, a room."`
	Roles    []Role                    `yaml:"roles" doc:"Who may do what. Nothing is allowed that no role allows."`
	Services map[string]*ServiceConfig `yaml:"services" doc:"What a service is told of who asks, by its name under services:."`
}

// Role is a name for what somebody may do.
type Role struct {
	Name  string  `yaml:"name" doc:"Small letters, digits and dashes; owner, admin, auditor and reader are the console's."`
	Allow []Allow `yaml:"allow" doc:"What it allows."`
	Deny  []Allow `yaml:"deny" doc:"What it forbids, whatever other roles allow."`
}

// Allow is one line of a role.
type Allow struct {
	Service string               `yaml:"service" doc:"A service's name, or * for every one."`
	Methods []string             `yaml:"methods" doc:"Request methods; GET brings HEAD, and * is all. Left out: GET."`
	Paths   []config.PathPattern `yaml:"paths" doc:"Paths: /reports/**. Left out: all."`
}

// ServiceConfig is what a service is told.
type ServiceConfig struct {
	Headers   bool   `yaml:"headers" doc:"Tell it X-Tenward-Person and X-Tenward-Groups."`
	Assertion bool   `yaml:"assertion" doc:"Give it X-Tenward-Assertion, a signed token that it can verify (JWT, RFC 7519)."`
	Audience  string `yaml:"audience" doc:"Whom the token is for; left out, the service's name."`
}

// audience is whom the service's tokens are for.
func (s *ServiceConfig) audience(service string) string { return cmp.Or(s.Audience, service) }

// Defaults asks for nothing: who is refused is told to ask whoever runs the server.
func (c *Config) Defaults() { c.Contact = "whoever runs this server" }

// Defaults are reading, everywhere.
func (a *Allow) Defaults() {
	a.Methods, a.Paths = []string{"GET"}, []config.PathPattern{"/**"}
}

// Validate looks for roles that cannot be what was meant.
func (c *Config) Validate(r *config.Report) {
	if len(c.Contact) > 200 || strings.ContainsFunc(c.Contact, func(r rune) bool { return r < ' ' }) {
		r.At("contact").Errorf("", "must be one line of at most 200 bytes")
	}
	seen := map[string]bool{}
	for i := range c.Roles {
		role := &c.Roles[i]
		at := r.At(item("roles", i))
		switch {
		case !roleName(role.Name):
			at.At("name").Errorf("use up to 63 small letters, digits and dashes", "%q cannot name a role", role.Name)
		case slices.Contains(consoleRoles, role.Name):
			at.At("name").Errorf("choose another name", "%s is one of the console's roles", role.Name)
		case role.Name == RoleTrier:
			at.At("name").Errorf("choose another name", "%s is Tenward's own, for the attacks that it tries on its own gate", role.Name)
		case seen[role.Name]:
			at.At("name").Errorf("write all of it in one place", "the role %s is defined twice", role.Name)
		}
		seen[role.Name] = true
		if len(role.Allow)+len(role.Deny) == 0 {
			at.Errorf("write allow: [{service: notes, methods: [GET], paths: [\"/**\"]}]", "the role %s allows nothing", role.Name)
		}
		for j := range role.Allow {
			role.Allow[j].validate(at.At(item("allow", j)))
		}
		for j := range role.Deny {
			role.Deny[j].validate(at.At(item("deny", j)))
		}
	}
}

func (a *Allow) validate(r *config.Report) {
	if a.Service == "" && !r.At("service").Failed() {
		r.Errorf("write service: notes, or service: \"*\"", "the line names no service")
	}
	if len(a.Methods) == 0 && !r.At("methods").Failed() {
		r.At("methods").Errorf("name one, or leave the line out", "there is no method in the list")
	}
	if len(a.Paths) == 0 && !r.At("paths").Failed() {
		r.At("paths").Errorf("name one, or leave the line out", "there is no path in the list")
	}
	for i, m := range a.Methods {
		if m != policy.Any && (m == "" || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "") {
			r.At(item("methods", i)).Errorf("write it in capitals, such as POST", "%q is no request method", m)
		}
	}
}

// Known complains about services that do not exist. app calls it, because it knows those that do.
func (c *Config) Known(services []string, r *config.Report) {
	unknown := func(name string, at *config.Report) {
		if name == policy.Any || name == "" || slices.Contains(services, name) {
			return
		}
		mend := "name one that stands under services:"
		if near := config.Nearest(name, services); near != "" {
			mend = "write " + near
		}
		at.Errorf(mend, "there is no service %q", name)
	}
	for i, role := range c.Roles {
		for j, a := range role.Allow {
			unknown(a.Service, r.At(item("roles", i)).At(item("allow", j)).At("service"))
		}
		for j, a := range role.Deny {
			unknown(a.Service, r.At(item("roles", i)).At(item("deny", j)).At("service"))
		}
	}
	for name := range c.Services {
		if name == policy.Any {
			r.At("services."+name).Errorf("name one that stands under services:", "there is no service %q", name)
			continue
		}
		unknown(name, r.At("services."+name))
	}
	c.audiences(r)
}

// audiences complains about tokens that two services would take: whoever runs the one could show them to the other.
func (c *Config) audiences(r *config.Report) {
	whose := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		told := c.Services[name]
		if told == nil || !told.Assertion {
			continue
		}
		a := told.audience(name)
		if other, taken := whose[a]; taken {
			r.At("services."+name+".audience").Errorf("give each an audience of its own", "%s's tokens are for %s, as %s's are", name, a, other)
		}
		whose[a] = name
	}
}

// item names one element of a list.
func item(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

func roleName(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// rules are the roles as the policy wants them.
func (c *Config) rules() []policy.Rule {
	var rules []policy.Rule
	for _, role := range c.Roles {
		for _, a := range role.Allow {
			rules = append(rules, policy.Rule{Role: role.Name, Service: a.Service, Methods: a.Methods, Paths: a.Paths})
		}
		for _, a := range role.Deny {
			rules = append(rules, policy.Rule{Role: role.Name, Service: a.Service, Methods: a.Methods, Paths: a.Paths, Deny: true})
		}
	}
	return rules
}
