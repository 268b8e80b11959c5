package caddyfile

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/convert"
)

// proxy makes services of a reverse_proxy: one for each path that it is for.
func (t *translation) proxy(s *site, d *directive, at within) {
	paths, to, ok := t.paths(s, d, at)
	if !ok {
		return
	}
	s.found = true
	r := &proxied{t: t, d: d, to: slices.Clone(to), scheme: "http"}
	for i := range d.block {
		r.option(&d.block[i])
	}
	all := r.upstreams()
	for _, path := range paths {
		if at.stripped {
			t.plan.Rewrite(d.place, "handle_path "+at.path+"/*")
		}
		t.plan.Add(&convert.Service{
			Place: d.place, Hosts: slices.Clone(s.hosts), Path: path, Upstreams: slices.Clone(all), Balance: r.balance, Health: r.health,
		})
	}
}

// proxied is what one reverse_proxy says.
type proxied struct {
	t       *translation
	d       *directive
	to      []string
	weights []int
	scheme  string // where an address has none
	balance string
	health  convert.Health
}

func (r *proxied) upstreams() []convert.Upstream {
	var all []convert.Upstream
	for i, address := range r.to {
		if i > convert.MaxUpstreams {
			r.t.plan.Leave(r.d.place, address, "this upstream and those behind it are too many")
			break
		}
		weight := 1
		if i < len(r.weights) {
			weight = r.weights[i]
		}
		if u, ok := r.upstream(address, weight); ok {
			all = append(all, u)
		}
	}
	return all
}

// upstream reads an address as Caddy has it: a scheme is rare, a port is not.
func (r *proxied) upstream(address string, weight int) (convert.Upstream, bool) {
	p, at := r.t.plan, r.d.place
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		scheme, rest = r.scheme, address
	}
	port := rest[strings.LastIndexByte(rest, ':')+1:]
	switch {
	case strings.ContainsAny(rest, "{}"):
		p.Leave(at, address, "where requests go must be written out")
	case strings.HasPrefix(rest, "unix/") || strings.HasPrefix(rest, "unix+"):
		p.Leave(at, address, "Tenward speaks to applications over TCP: have it listen on 127.0.0.1")
	case strings.Contains(rest, "/"):
		p.Leave(at, address, "this is no address of an application")
	case strings.Contains(port, "-") && strings.Trim(port, "0123456789-") == "":
		p.Leave(at, address, "write out each port of the range")
	default:
		if strings.HasPrefix(rest, ":") {
			rest = "localhost" + rest
		}
		return p.Upstream(at, scheme+"://"+rest, weight)
	}
	return convert.Upstream{}, false
}

func (r *proxied) option(d *directive) {
	p, what := r.t.plan, d.String()
	switch d.name() {
	case "to":
		r.to = append(r.to, d.args()...)
	case "lb_policy":
		r.policy(d)
	case "health_uri":
		r.health.Path = d.arg(0)
	case "health_interval", "health_timeout":
		wait, ok := duration(d.arg(0))
		switch {
		case !ok:
			p.Leave(d.place, what, "this is no time")
		case d.name() == "health_interval":
			r.health.Interval = wait
		default:
			r.health.Timeout = wait
		}
	case "health_port", "health_status", "health_body", "health_headers", "health_method", "health_follow_redirects", "health_upstream", "health_request_body",
		"health_passes", "health_fails", "fail_duration", "max_fails", "unhealthy_status", "unhealthy_latency", "unhealthy_request_count",
		"lb_retries", "lb_try_duration", "lb_try_interval", "lb_retry_match":
		p.Checks(d.place, what)
	case "header_up":
		if !byItself(d) {
			p.RequestHeader(d.place, what)
		}
	case "header_down":
		p.AnswerHeader(d.place, what)
	case "rewrite", "method":
		p.Rewrite(d.place, what)
	case "flush_interval", "request_buffers", "response_buffers", "stream_timeout", "stream_close_delay":
		p.Machine(d.place, what)
	case "transport":
		r.transport(d)
	default:
		p.Leave(d.place, what, "this is not translated")
	}
}

// policy is how requests are shared out.
func (r *proxied) policy(d *directive) {
	switch d.arg(0) {
	case "round_robin", "random":
		r.balance = "round-robin"
	case "weighted_round_robin":
		r.balance = "round-robin"
		for _, w := range d.args()[1:] {
			n, err := strconv.Atoi(w)
			if err != nil {
				r.t.plan.Leave(d.place, d.String(), "a weight is a number")
				r.weights = nil
				return
			}
			r.weights = append(r.weights, n)
		}
	case "least_conn":
		r.balance = "least-connections"
	case "ip_hash", "client_ip_hash", "cookie":
		r.balance = "sticky"
	default:
		r.t.plan.Leave(d.place, d.String(), "requests are shared out by turns, by least connections, or sticky (balance:)")
	}
}

// transport is how the application is spoken to.
func (r *proxied) transport(d *directive) {
	p := r.t.plan
	if d.arg(0) != "http" {
		p.Leave(d.place, d.String(), "Tenward speaks HTTP to applications: http://, https:// or h2c://")
		r.to = nil
		return
	}
	for i := range d.block {
		in := &d.block[i]
		switch in.name() {
		case "tls":
			r.scheme = "https"
		case "versions":
			if slices.Contains(in.args(), "h2c") {
				r.scheme = "h2c"
			}
		case "dial_timeout", "response_header_timeout":
			wait, ok := duration(in.arg(0))
			switch {
			case !ok:
				p.Leave(in.place, in.String(), "this is no time")
			case in.name() == "dial_timeout":
				p.WaitDial(in.place, in.String(), wait)
			default:
				p.WaitAnswer(in.place, in.String(), wait)
			}
		case "tls_insecure_skip_verify":
			r.scheme = "https"
			p.Leave(in.place, in.String(), "there is no switching that off: name the application's authority under tls: {ca: FILE}")
		case "tls_server_name", "tls_trusted_ca_certs", "tls_trust_pool", "tls_client_auth":
			r.scheme = "https"
			p.Leave(in.place, in.String(), "write it under the service: tls: {ca: FILE, name: HOST, cert: FILE, key: \"${file:FILE}\"}")
		case "keepalive", "keepalive_idle_conns", "keepalive_idle_conns_per_host", "compression", "read_buffer", "write_buffer", "max_conns_per_host":
			p.Machine(in.place, in.String())
		default:
			p.Leave(in.place, in.String(), "this is not translated")
		}
	}
}

// byItself says whether a header field is one that the gate sets or keeps anyway: it needs no word.
func byItself(d *directive) bool {
	switch strings.ToLower(d.arg(0)) {
	case "host":
		return d.arg(1) == "{host}" || d.arg(1) == "{http.request.host}" || d.arg(1) == "{hostport}"
	case "x-forwarded-for":
		return d.arg(1) == "{remote_host}" || d.arg(1) == "{client_ip}"
	case "x-forwarded-proto":
		return d.arg(1) == "{scheme}" || d.arg(1) == "https"
	case "x-forwarded-host":
		return d.arg(1) == "{host}"
	}
	return false
}

// duration reads a time as Caddy has it: Go's, and days.
func duration(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d >= 0
}

// sizeOf reads a size as Caddy has it: 10MB are ten millions, 10MiB are more.
func sizeOf(text string) (int64, bool) {
	digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
	unit, ok := map[string]int64{
		"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "k": 1e3, "m": 1e6, "g": 1e9,
	}[strings.ToLower(text[len(digits):])]
	n, err := strconv.ParseInt(digits, 10, 32)
	return n * unit, ok && err == nil
}
