package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate/upstream"
)

// ServiceConfig is one entry of the section `services:`.
type ServiceConfig struct {
	Hosts  []config.HostName    `yaml:"hosts" doc:"Host names that lead to this application."`
	Path   config.PathPattern   `yaml:"path" doc:"The path prefix that is this application's; / is all of it."`
	Public []config.PathPattern `yaml:"public" doc:"Paths that need no sign-in: /search, /assets/**, or /** for all."`

	Upstream  config.Upstream         `yaml:"upstream" doc:"Where the application listens."`
	Upstreams []upstream.TargetConfig `yaml:"upstreams" doc:"Where it listens, if in several places: a list in place of the one."`
	Balance   upstream.Balance        `yaml:"balance" doc:"How requests are shared out among several: round-robin, least-connections, or sticky, which keeps a client where it is."`
	Health    *upstream.HealthConfig  `yaml:"health" doc:"How upstreams are asked whether they are well."`
	TLS       *upstream.TLSConfig     `yaml:"tls" doc:"Whom https:// upstreams must be certified by, and who the gate is to them."`
	GRPC      bool                    `yaml:"grpc" doc:"It speaks gRPC: calls stream both ways, and rules look at their heads alone."`
}

// Defaults gives the service the whole host.
func (c *ServiceConfig) Defaults() { c.Path, c.Balance = "/", upstream.RoundRobin }

// Validate looks at what a single scalar cannot know.
func (c *ServiceConfig) Validate(r *config.Report) {
	if len(c.Hosts) == 0 && !r.At("hosts").Failed() {
		r.At("hosts").Errorf("write hosts: [notes.example.com]", "a service needs at least one host name")
	}
	c.validateUpstreams(r)
	if p := string(c.Path); strings.Contains(p, "*") {
		r.At("path").Errorf("write the prefix alone: /api", "a path prefix has no stars")
	}
}

// ValidateServices looks at what a single service cannot know: two that claim the same place.
func ValidateServices(services map[string]*ServiceConfig, r *config.Report) {
	claimed := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := services[name]
		if s == nil {
			continue
		}
		for i, h := range s.Hosts {
			place := string(h) + " " + strings.TrimSuffix(string(s.Path), "/")
			if other, taken := claimed[place]; taken {
				r.At(fmt.Sprintf("%s.hosts[%d]", name, i)).Errorf("give one of them another host or path", "%s%s is service %s's already", h, s.Path, other)
			}
			claimed[place] = name
		}
	}
}

// Services are the configured ones, by name.
func Services(configs map[string]*ServiceConfig) []*Service {
	services := make([]*Service, 0, len(configs))
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		c := configs[name]
		s := &Service{Name: name, Path: string(c.Path), Upstream: c.upstream(), GRPC: c.GRPC}
		for _, h := range c.Hosts {
			s.Hosts = append(s.Hosts, string(h))
		}
		for _, p := range c.Public {
			s.Public = append(s.Public, p)
		}
		services = append(services, s)
	}
	return services
}

// validateUpstreams looks at what is said about where the application listens.
func (c *ServiceConfig) validateUpstreams(r *config.Report) {
	switch one := c.Upstream.Host != ""; {
	case one && len(c.Upstreams) > 0:
		r.At("upstreams").Errorf("write upstream: for one, or upstreams: for several", "upstream stands here already")
	case !one && len(c.Upstreams) == 0 && !r.At("upstream").Failed() && !r.At("upstreams").Failed():
		r.At("upstream").Errorf("write upstream: http://127.0.0.1:3000", "a service needs its upstream")
	case len(c.Upstreams) > upstream.MaxTargets:
		r.At("upstreams").Errorf("put a balancer of their own before them", "must be no more than %d", upstream.MaxTargets)
	}
	known, secured := map[string]bool{}, false
	for _, u := range c.targets() {
		at := r.At(u.place)
		switch {
		case at.Failed() || u.URL.Host == "":
			continue
		case known[u.URL.String()]:
			at.Errorf("give one of them more weight", "%s stands here twice", u.URL)
		case c.GRPC && u.URL.Scheme == "http":
			at.Errorf("write h2c:// or https:// for it", "HTTP/1.1 cannot carry gRPC")
		}
		known[u.URL.String()] = true
		secured = secured || u.URL.Scheme == "https"
	}
	if c.TLS != nil && !secured && len(known) > 0 {
		r.At("tls").Errorf("write https:// for the upstream, or leave tls out", "no upstream of this service is spoken to over TLS")
	}
}

// target is an upstream and where in the service's configuration it stands.
type target struct {
	upstream.Target
	place string
}

func (c *ServiceConfig) targets() []target {
	if len(c.Upstreams) == 0 {
		return []target{{upstream.Target{URL: &c.Upstream.URL}, "upstream"}}
	}
	all := make([]target, 0, len(c.Upstreams))
	for i := range c.Upstreams {
		u := &c.Upstreams[i]
		all = append(all, target{upstream.Target{URL: &u.URL.URL, Weight: u.Weight}, fmt.Sprintf("upstreams[%d].url", i)})
	}
	return all
}

// upstream is the configured way to the application.
func (c *ServiceConfig) upstream() upstream.Spec {
	s := upstream.Spec{Balance: c.Balance}
	for _, t := range c.targets() {
		s.Targets = append(s.Targets, t.Target)
	}
	if len(c.Hosts) > 0 {
		s.Host = string(c.Hosts[0])
	}
	if c.Health != nil {
		s.Health = c.Health.Health()
	}
	if c.TLS != nil {
		s.TLS = c.TLS.TLS()
	}
	return s
}
