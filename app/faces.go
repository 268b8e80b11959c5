package app

import (
	"net/http"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
)

// Tenward's own origins stand on the road as services that answer by themselves, so that limits, the record and the
// protection against other sites are the same for all.

// own is the path below which Tenward answers on every application's host.
const own = "/.tenward"

var everything = []gate.Pattern{config.PathPattern("/**")}

// faces are the handlers of Tenward's own origins, made of what the practices give.
type faces struct{ portal, public http.Handler }

func newFaces(ten []practice.Practice) faces {
	portal, public := http.NewServeMux(), http.NewServeMux()
	for _, p := range ten {
		for _, r := range p.Routes {
			switch r.Face {
			case practice.Portal:
				portal.Handle(r.Pattern, r.Handler)
			case practice.Public:
				public.Handle(r.Pattern, r.Handler)
			case practice.Console, practice.API: // the console's own
			}
		}
	}
	return faces{portal, public}
}

// before are the services of the gate in front of the applications: they, the portal, and the sign-in on each host.
func (f faces) before(c *Config) []*gate.Service {
	services := gate.Services(c.Services)
	var hosts []string
	seen := map[string]bool{}
	for _, s := range services {
		for _, h := range s.Hosts {
			if !seen[h] {
				seen[h] = true
				hosts = append(hosts, h)
			}
		}
	}
	return append(services,
		&gate.Service{Name: "portal", Hosts: []string{string(c.Portal.Host)}, Path: "/", Public: everything, Handler: f.portal},
		&gate.Service{Name: "sign-in", Hosts: hosts, Path: own, Public: everything, Handler: f.public},
	)
}

// beside are the services of the console's gate.
func (f faces) beside(c *Config, console http.Handler) []*gate.Service {
	hosts := []string{string(c.Console.Host)}
	return []*gate.Service{
		{Name: "console", Hosts: hosts, Path: "/", Handler: console},
		{Name: "sign-in", Hosts: hosts, Path: own, Public: everything, Handler: f.public},
	}
}
