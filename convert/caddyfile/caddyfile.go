// Package caddyfile reads a Caddyfile and what it imports: the sites that pass requests on, and what is said of them.
//
// Source: caddyserver.com/docs/caddyfile: concepts, reverse_proxy, handle, tls, and caddyconfig/caddyfile/lexer.go for what a word is.
package caddyfile

import (
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/convert"
)

// Read reads the file of that name.
func Read(name string, files convert.Files) (*convert.Plan, error) {
	plan := &convert.Plan{From: filepath.Base(name)}
	r := &reader{files: files, folder: filepath.Dir(name), plan: plan, snippets: map[string][]word{}}
	list, err := r.open(name, convert.Place{File: filepath.Base(name), Line: 1})
	if err != nil {
		return nil, err
	}
	top, err := r.all(list, 0, true)
	if err != nil {
		return nil, err
	}
	t := &translation{plan: plan, port: "443"}
	t.top(top)
	plan.Settle()
	return plan, nil
}

type translation struct {
	plan *convert.Plan
	port string // where clients come in whose address names none
}

// top takes the global options and the sites. A file with one site may do without braces: all its lines are the site's then.
func (t *translation) top(lines []directive) {
	if len(lines) > 0 && lines[0].has && len(lines[0].words) == 0 {
		for i := range lines[0].block {
			t.option(&lines[0].block[i])
		}
		lines = lines[1:]
	}
	if len(lines) > 0 && !lines[0].has {
		one := lines[0]
		one.block = lines[1:]
		t.site(&one)
		return
	}
	for i := range lines {
		t.site(&lines[i])
	}
}

func (t *translation) option(d *directive) {
	switch d.name() {
	case "email", "acme_ca", "acme_dns", "acme_eab", "cert_issuer":
		t.plan.Automatic(d.place, nil, d.String())
	case "https_port":
		t.port = d.arg(0)
	case "debug", "admin", "log", "storage", "order", "grace_period", "persist_config":
		t.plan.Machine(d.place, d.String())
	default:
		t.plan.Leave(d.place, d.String(), "this option is not translated")
	}
}

// site is one block of addresses.
type site struct {
	hosts    []string
	own      bool // its certificate is spoken of, or comes from an authority of one's own
	matchers map[string][]string
	found    bool // it passes something on
}

func (t *translation) site(d *directive) {
	if strings.HasPrefix(d.name(), "&(") {
		t.plan.Leave(d.place, d.String(), "named routes are not translated")
		return
	}
	s := &site{matchers: map[string][]string{}, own: true}
	for _, a := range d.words {
		for address := range strings.SplitSeq(a, ",") {
			if address != "" {
				t.address(s, d.place, address)
			}
		}
	}
	if len(s.hosts) == 0 {
		t.plan.Leave(d.place, d.String(), "it names no host that clients ask for: write the service by hand")
		return
	}
	t.lines(s, d.block, within{path: "/"})
	if !s.own {
		t.plan.Automatic(d.place, s.hosts, "")
	}
	if !s.found {
		t.plan.Leave(d.place, d.String(), "it passes nothing on to an application")
	}
}

// address reads one address of a site: scheme, host, port.
func (t *translation) address(s *site, at convert.Place, text string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", text
	}
	rest, path, _ := strings.Cut(rest, "/")
	host, port := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		host, port = rest[:i], rest[i+1:]
	}
	switch {
	case path != "":
		t.plan.Leave(at, text, "an address with a path: write the path into the block")
		return
	case host == "":
		t.plan.Leave(at, text, "a site for every name: Tenward answers to names that it knows, and to no others")
		return
	}
	name, ok := t.plan.Host(at, strings.Trim(host, "[]"))
	if !ok {
		return
	}
	s.hosts = append(s.hosts, name)
	switch {
	case scheme == "http" || port == "80":
		t.plan.Plain(at, text)
		return
	case port == "":
		port = t.port
	}
	t.plan.Listen(at, text, ":"+port)
	if _, err := netip.ParseAddr(name); err != nil && name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		s.own = false // Caddy would fetch a certificate
	}
}
