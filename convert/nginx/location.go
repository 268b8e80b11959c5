package nginx

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/convert"
)

// falls says what becomes of requests for a place that is no service: what was closed by its own place needs a role now.
const falls = "; what comes here goes to the service of a shorter path, if there is one"

// location makes a service of a place that passes requests on.
func (t *translation) location(d *directive, l locations, depth int) {
	modifier, path := "", d.arg(0)
	if len(d.words) == 3 {
		modifier, path = d.arg(0), d.arg(1)
	}
	s := &convert.Service{Place: d.place, Hosts: slices.Clone(l.hosts)}
	switch {
	case modifier == "~" || modifier == "~*" || strings.HasPrefix(path, "~"):
		t.plan.Leave(d.place, d.String(), "a pattern is no path: services have prefixes"+falls)
		return
	case strings.HasPrefix(path, "@"):
		t.plan.Leave(d.place, d.String(), "a place that only nginx itself goes to")
		return
	case strings.HasPrefix(path, "="):
		modifier, path = "=", path[1:]
	}
	var ok bool
	if s.Path, ok = t.plan.Path(d.place, path); !ok {
		return
	}
	var pass *directive
	said := false
	for i := range d.block {
		in := &d.block[i]
		switch in.name() {
		case "proxy_pass":
			pass = in
		case "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass":
			said = true
			t.plan.Leave(in.place, in.String(), "Tenward speaks HTTP to applications: http://, https:// or h2c://")
		case "location":
			if depth < convert.MaxDepth {
				t.location(in, l, depth+1)
			}
		case "return":
			said = true
			t.answer(in)
		case "if", "limit_except":
			t.plan.Leave(in.place, in.String(), "conditions are not translated")
		default:
			t.setting(in)
		}
	}
	if pass == nil {
		if !said {
			t.plan.Leave(d.place, d.String(), "it passes nothing on to an application"+falls)
		}
		return
	}
	t.pass(s, pass, path)
	if len(s.Upstreams) == 0 {
		return
	}
	if modifier == "=" {
		t.plan.Exact(d.place, d.String())
	}
	for _, in := range unlessSaid(l.own, d.block) {
		t.setting(&in)
	}
	t.plan.Add(s)
}

// pass finds the applications that proxy_pass names.
func (t *translation) pass(s *convert.Service, d *directive, path string) {
	target := d.arg(0)
	if strings.Contains(target, "$") {
		t.plan.Leave(d.place, d.String(), "where requests go must be written out")
		return
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || scheme != "http" && scheme != "https" {
		t.plan.Leave(d.place, d.String(), "this is no address of an application")
		return
	}
	host, uri := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 && !strings.HasPrefix(rest, "unix:") {
		host, uri = rest[:i], rest[i:]
	}
	if strings.HasPrefix(host, "unix:") {
		t.plan.Leave(d.place, d.String(), "Tenward speaks to applications over TCP: have it listen on 127.0.0.1")
		return
	}
	base := t.base(d, path, uri)
	group := t.upstreams[host]
	if group == nil {
		if u, ok := t.plan.Upstream(d.place, scheme+"://"+host+base, 1); ok {
			s.Upstreams = append(s.Upstreams, u)
		}
		return
	}
	t.group(s, group, scheme, base)
}

// base is the path that the application lives below. nginx puts the URI of proxy_pass in the place of the location's path; the gate
// only ever puts something before the path.
func (t *translation) base(d *directive, path, uri string) string {
	switch {
	case uri == "" || uri == path:
		return ""
	case path == "/":
		return strings.TrimSuffix(uri, "/")
	case strings.HasSuffix(uri, path):
		return strings.TrimSuffix(uri, path)
	}
	t.plan.Rewrite(d.place, d.String())
	return ""
}

// group takes up an upstream block.
func (t *translation) group(s *convert.Service, group *directive, scheme, base string) {
	for i := range group.block {
		d := &group.block[i]
		if len(s.Upstreams) > convert.MaxUpstreams {
			t.plan.Leave(d.place, d.String(), "there are too many upstreams")
			return
		}
		switch d.name() {
		case "server":
			t.member(s, d, scheme, base)
		case "least_conn":
			s.Balance = "least-connections"
		case "ip_hash":
			s.Balance = "sticky"
		case "keepalive", "keepalive_requests", "keepalive_timeout", "keepalive_time", "zone":
			t.plan.Machine(d.place, d.String())
		case "hash", "random", "sticky", "least_time":
			t.plan.Leave(d.place, d.String(), "requests are shared out by turns, by least connections, or sticky (balance:)")
		default:
			t.plan.Leave(d.place, d.String(), "this is not translated")
		}
	}
}

func (t *translation) member(s *convert.Service, d *directive, scheme, base string) {
	weight := 1
	for _, a := range d.args()[min(1, len(d.args())):] {
		name, value, _ := strings.Cut(a, "=")
		switch name {
		case "weight":
			n, err := strconv.Atoi(value)
			if err != nil {
				t.plan.Leave(d.place, d.String(), "its weight is no number")
				return
			}
			weight = n
		case "down":
			t.plan.Leave(d.place, d.String(), "it is marked as down")
			return
		case "backup":
			t.plan.Leave(d.place, d.String(), "Tenward has no upstreams for need alone")
			return
		case "max_fails", "fail_timeout":
			t.plan.Checks(d.place, d.String())
		default:
			t.plan.Leave(d.place, d.String(), a+" is not translated")
		}
	}
	if strings.HasPrefix(d.arg(0), "unix:") {
		t.plan.Leave(d.place, d.String(), "Tenward speaks to applications over TCP: have it listen on 127.0.0.1")
		return
	}
	if u, ok := t.plan.Upstream(d.place, scheme+"://"+d.arg(0)+base, weight); ok {
		s.Upstreams = append(s.Upstreams, u)
	}
}

// seconds reads a time as nginx writes it: 60, 60s, 1m30s, 500ms.
func seconds(text string) (time.Duration, bool) {
	units := map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	var sum time.Duration
	for text != "" {
		i := len(text) - len(strings.TrimLeft(text, "0123456789"))
		n, err := strconv.ParseInt(text[:i], 10, 32)
		if err != nil {
			return 0, false
		}
		text = text[i:]
		j := len(text) - len(strings.TrimLeft(text, "msdh"))
		unit := text[:j]
		if unit == "" {
			unit = "s"
		}
		if units[unit] == 0 {
			return 0, false
		}
		sum += time.Duration(n) * units[unit]
		text = text[j:]
		if sum > 100*365*24*time.Hour {
			return 0, false
		}
	}
	return sum, true
}

// sizeOf reads a size as nginx writes it: 1024, 8k, 1M, 2g.
func sizeOf(text string) (int64, bool) {
	shift := 0
	switch {
	case text == "":
		return 0, false
	case strings.ContainsAny(text[len(text)-1:], "kK"):
		shift = 10
	case strings.ContainsAny(text[len(text)-1:], "mM"):
		shift = 20
	case strings.ContainsAny(text[len(text)-1:], "gG"):
		shift = 30
	}
	if shift > 0 {
		text = text[:len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return 0, false
	}
	return n << shift, true
}
