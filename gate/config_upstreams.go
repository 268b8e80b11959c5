package gate

import (
	"fmt"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate/upstream"
)

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
