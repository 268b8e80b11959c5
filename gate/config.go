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

// LimitsConfig is the section `limits:`.
type LimitsConfig struct {
	HeaderCount int             `yaml:"header_count" doc:"Fields in a request's head."`
	HeaderSize  config.Size     `yaml:"header_size" doc:"Bytes of a request's head."`
	Header      config.Duration `yaml:"header" doc:"Time until a request's head is complete."`
	Body        config.Size     `yaml:"body" doc:"Bytes of a request's body."`
	Held        config.Size     `yaml:"held" doc:"Bytes of all requests' bodies that are held at once to be looked at; more are answered 503."`
	Read        config.Duration `yaml:"read" doc:"Time between two pieces of a request's body."`
	Write       config.Duration `yaml:"write" doc:"Time between two pieces of the answer being taken by the client."`
	Idle        config.Duration `yaml:"idle" doc:"Time between two requests on a connection."`
	Total       config.Duration `yaml:"total" doc:"Time for one request and its answer."`
	Streams     int             `yaml:"streams" doc:"HTTP/2 streams on one connection."`
	Dial        config.Duration `yaml:"dial" doc:"Time until a connection to an upstream stands."`
	Answer      config.Duration `yaml:"answer" doc:"Time until the head of the upstream's answer."`
	Drain       config.Duration `yaml:"drain" doc:"Time for requests to end at shutdown."`
}

// Defaults are SafeLimits.
func (c *LimitsConfig) Defaults() {
	l := SafeLimits()
	*c = LimitsConfig{
		HeaderCount: l.HeaderCount, HeaderSize: config.Size(l.HeaderSize), Header: config.Duration(l.Header),
		Body: config.Size(l.Body), Held: config.Size(l.Held), Read: config.Duration(l.Read), Write: config.Duration(l.Write),
		Idle: config.Duration(l.Idle), Total: config.Duration(l.Total), Streams: l.Streams,
		Dial: config.Duration(l.Dial), Answer: config.Duration(l.Answer), Drain: config.Duration(l.Drain),
	}
}

// Validate refuses limits that are none: zero would mean "for ever" further down.
func (c *LimitsConfig) Validate(r *config.Report) {
	for name, d := range map[string]config.Duration{
		"header": c.Header, "read": c.Read, "write": c.Write, "idle": c.Idle, "total": c.Total, "dial": c.Dial, "answer": c.Answer, "drain": c.Drain,
	} {
		if d == 0 && !r.At(name).Failed() {
			r.At(name).Errorf("give it a time, such as 30s", "there is no switching this limit off")
		}
	}
	for name, n := range map[string]int{"header_count": c.HeaderCount, "streams": c.Streams} {
		if (n < 1 || n > 10_000) && !r.At(name).Failed() {
			r.At(name).Errorf("", "must be from 1 to 10000")
		}
	}
	if c.Held < 1<<20 && !r.At("held").Failed() {
		r.At("held").Errorf("", "must be at least 1MiB")
	}
	if (c.HeaderSize < 1<<10 || c.HeaderSize > 1<<20) && !r.At("header_size").Failed() {
		r.At("header_size").Errorf("", "must be from 1KiB to 1MiB")
	}
}

// Limits are the configured ones.
func (c *LimitsConfig) Limits() Limits {
	return Limits{
		HeaderCount: c.HeaderCount, HeaderSize: int(c.HeaderSize), Header: c.Header.Std(),
		Body: int64(c.Body), Held: int64(c.Held), Read: c.Read.Std(), Write: c.Write.Std(), Idle: c.Idle.Std(), Total: c.Total.Std(),
		Streams: c.Streams, Dial: c.Dial.Std(), Answer: c.Answer.Std(), Drain: c.Drain.Std(),
	}
}
