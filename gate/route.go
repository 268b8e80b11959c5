package gate

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/tenward/tenward/gate/upstream"
)

// Service is one upstream application as the gate knows it.
type Service struct {
	Name     string
	Hosts    []string // lower case, without port
	Path     string   // the path prefix that is this service's; "/" for all of it
	Upstream upstream.Spec
	Public   []Pattern // the paths that need no sign-in
	GRPC     bool      // it speaks gRPC: calls are passed on as they come

	// Handler answers in place of an upstream: Tenward's own origins. Stages about applications leave those alone.
	Handler http.Handler

	meter *meter
	pool  *upstream.Pool // nil where a Handler answers
}

// Pattern is a set of paths.
type Pattern interface{ Match(path string) bool }

// router finds the service of a request by host, then by the longest path prefix.
type router map[string][]*Service

func newRouter(services []*Service) router {
	r := router{}
	for _, s := range services {
		for _, h := range s.Hosts {
			r[h] = append(r[h], s)
		}
	}
	for _, list := range r {
		slices.SortFunc(list, func(a, b *Service) int { return len(b.Path) - len(a.Path) })
	}
	return r
}

// find gives nil for a host or path that belongs to no service.
func (r router) find(host, path string) *Service {
	for _, s := range r[host] {
		if within(path, s.Path) {
			return s
		}
	}
	return nil
}

// within says whether path is prefix or below it: /notes is within /note no more than /notebook is.
func within(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(prefix, "/"))
	return ok && (rest == "" || rest[0] == '/')
}

// public says whether the service's `public:` names the path.
func (s *Service) public(path string) bool {
	for _, p := range s.Public {
		if p.Match(path) {
			return true
		}
	}
	return false
}

// hostOf splits a Host field into the name that services are known by, in lower case and without the root's
// dot, and says whether it was one at all.
func hostOf(field string) (string, bool) {
	host := field
	if i := strings.LastIndexByte(field, ':'); i >= 0 && !strings.HasSuffix(field, "]") {
		port := field[i+1:]
		host = field[:i]
		if port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "" {
			return "", false
		}
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return addr.String(), ok && err == nil && addr.Zone() == ""
	}
	if len(host) > 253 || strings.Contains("."+host+".", "..") { // an empty label, or nothing at all
		return "", false
	}
	return host, strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}
