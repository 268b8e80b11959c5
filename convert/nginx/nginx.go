// Package nginx reads nginx.conf and what it includes: the servers that pass requests on, and what is said of them.
//
// Source: nginx.org/en/docs, the core module and those of http proxy, upstream, ssl, headers, rewrite and gzip. A file of one site
// (sites-enabled/shop), which nginx.conf would include, is read as well as a whole nginx.conf.
package nginx

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenward/tenward/convert"
)

// Read reads the file of that name.
func Read(name string, files convert.Files) (*convert.Plan, error) {
	r := &reader{files: files, folder: filepath.Dir(name)}
	top, err := r.file(name, filepath.Base(name), 0)
	if err != nil {
		return nil, err
	}
	t := &translation{plan: &convert.Plan{From: filepath.Base(name)}, upstreams: map[string]*directive{}}
	t.outer(top)
	for _, s := range t.servers {
		t.server(s)
	}
	t.plan.Settle()
	return t.plan, nil
}

// translation is under way: groups of upstreams may stand behind the servers that use them.
type translation struct {
	plan      *convert.Plan
	upstreams map[string]*directive
	servers   []scope
}

// scope is a block with what the blocks around it say, which holds for it too.
type scope struct {
	*directive
	around []directive
}

// outer looks through the main context and http.
func (t *translation) outer(block []directive) {
	var around []directive
	for i := range block {
		d := &block[i]
		switch d.name() {
		case "http":
			t.outer(d.block)
		case "upstream":
			if t.upstreams[d.arg(0)] != nil {
				t.plan.Leave(d.place, d.String(), "a group of that name stands above already")
				continue
			}
			t.upstreams[d.arg(0)] = d
		case "server":
			t.servers = append(t.servers, scope{directive: d})
		case "stream", "mail":
			t.plan.Leave(d.place, d.String(), "Tenward stands in front of what speaks HTTP")
		case "map", "geo", "split_clients", "limit_req_zone", "limit_conn_zone", "proxy_cache_path":
			t.plan.Leave(d.place, d.String(), why(d.name()))
		case "client_max_body_size", "proxy_read_timeout", "proxy_connect_timeout":
			around = append(around, *d) // each server may say otherwise
		default:
			t.setting(d)
		}
	}
	for i := range t.servers {
		if t.servers[i].around == nil {
			t.servers[i].around = around
		}
	}
}

// locations are a server's places, and what it says for all of them.
type locations struct {
	hosts  []string
	own    []directive // of the server, for locations that say nothing else
	places []*directive
}

func (t *translation) server(s scope) {
	l := locations{}
	var listens []*directive
	var cert, key *directive
	redirected := false
	for i := range s.block {
		d := &s.block[i]
		switch d.name() {
		case "listen":
			listens = append(listens, d)
		case "server_name":
			l.hosts = append(l.hosts, t.names(d)...)
		case "location":
			l.places = append(l.places, d)
		case "ssl_certificate":
			cert = d
		case "ssl_certificate_key":
			key = d
		case "return":
			redirected = true
			t.answer(d)
		case "if":
			t.plan.Leave(d.place, d.String(), "conditions are not translated")
		default:
			l.own = append(l.own, *d)
		}
	}
	t.listen(listens, len(l.places) > 0)
	switch {
	case cert != nil && key != nil:
		t.plan.Certificate(cert.place, l.hosts, cert.arg(0), key.arg(0))
	case cert != nil:
		t.plan.Leave(cert.place, cert.String(), "it has no key")
	case key != nil:
		t.plan.Leave(key.place, key.String(), "it has no certificate")
	}
	l.own = append(l.own, unlessSaid(s.around, l.own)...)
	rest := l.own[:0:0]
	for i := range l.own {
		if d := &l.own[i]; inherits(d.name()) {
			rest = append(rest, *d)
		} else {
			t.setting(d)
		}
	}
	l.own = rest
	if len(l.places) == 0 {
		if !redirected {
			t.plan.Leave(s.place, "server", "it passes nothing on to an application")
		}
		return
	}
	if len(l.hosts) == 0 {
		t.plan.Leave(s.place, "server", "it names no host: write server_name, or the service by hand")
		return
	}
	for _, d := range l.places {
		t.location(d, l, 0)
	}
}

// inherits says whether locations take a directive from their server.
func inherits(name string) bool {
	return slices.Contains([]string{"client_max_body_size", "proxy_read_timeout", "proxy_connect_timeout"}, name)
}

// unlessSaid are those of the block around that the inner one does not say itself.
func unlessSaid(around, inner []directive) []directive {
	var list []directive
	for _, d := range around {
		if !slices.ContainsFunc(inner, func(o directive) bool { return o.name() == d.name() }) {
			list = append(list, d)
		}
	}
	return list
}

// names are the host names of server_name.
func (t *translation) names(d *directive) []string {
	var hosts []string
	for _, n := range d.args() {
		switch {
		case n == "_" || n == "":
			t.plan.Leave(d.place, d.String(), "a server for every name: Tenward answers to names that it knows, and to no others")
		case strings.HasPrefix(n, "~"):
			t.plan.Leave(d.place, n, "a pattern is no name: write out each host")
		default:
			if h, ok := t.plan.Host(d.place, n); ok {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts
}

// listen takes up where a server listens for TLS. Servers without it become services like the others: Tenward has TLS for all.
func (t *translation) listen(all []*directive, serves bool) {
	for _, d := range all {
		address := d.arg(0)
		if strings.HasPrefix(address, "unix:") {
			t.plan.Leave(d.place, d.String(), "Tenward listens on TCP ports")
			continue
		}
		if slices.Contains(d.args(), "proxy_protocol") {
			t.plan.Leave(d.place, d.String(), "the PROXY protocol is not read yet")
		}
		if slices.Contains(d.args(), "quic") {
			t.plan.Leave(d.place, d.String(), "HTTP/3 is not spoken yet")
			continue
		}
		if !slices.Contains(d.args(), "ssl") {
			if serves {
				t.plan.Plain(d.place, d.String())
			}
			continue
		}
		if strings.HasPrefix(address, "[::]:") || strings.HasPrefix(address, "*:") {
			address = address[strings.LastIndexByte(address, ':'):]
		}
		if !strings.Contains(address, ":") {
			if strings.Trim(address, "0123456789") == "" {
				address = ":" + address
			} else {
				address += ":80"
			}
		}
		t.plan.Listen(d.place, d.String(), address)
	}
}

// answer is a return.
func (t *translation) answer(d *directive) {
	if code := d.arg(0); strings.HasPrefix(code, "30") || strings.Contains(code, "://") || strings.HasPrefix(code, "$") {
		t.plan.Redirect(d.place, d.String())
		return
	}
	t.plan.Static(d.place, d.String())
}
