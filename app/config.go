package app

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/authentication"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/validation"
	"github.com/tenward/tenward/problem"
)

// Config is the one file. Each practice declares its own section in its folder.
type Config struct {
	Node   string `yaml:"node" doc:"Names this node's log: small letters, digits, dots and dashes. It must stay the same as long as the record lives."`
	Data   string `yaml:"data" doc:"The folder that holds everything Tenward keeps. Relative to this file."`
	Listen Listen `yaml:"listen" doc:"Where the gate listens."`

	Portal   Portal                         `yaml:"portal" doc:"Where people sign in, on a host name of its own beside the applications."`
	Console  Console                        `yaml:"console" doc:"The web console, on a host name and a listener of its own."`
	Store    Store                          `yaml:"store" doc:"The database; left out, it is SQLite in the data folder."`
	Backup   Backup                         `yaml:"backup" doc:"The backups that Tenward makes by itself."`
	Cluster  Cluster                        `yaml:"cluster" doc:"What several nodes share; left out, this node is alone."`
	Services map[string]*gate.ServiceConfig `yaml:"services" doc:"The applications behind the gate, by name."`
	Limits   gate.LimitsConfig              `yaml:"limits" doc:"What one client can make the gate hold or wait for."`

	Authentication authentication.Config `yaml:"authentication" doc:"How people prove who they are."`
	Validation     validation.Config     `yaml:"validation" doc:"What may be sent."`
	Access         access.Config         `yaml:"access" doc:"Who may do what."`
	Monitoring     monitoring.Config     `yaml:"monitoring" doc:"The record."`
	Audits         audits.Config         `yaml:"audits" doc:"How Tenward tries its own gate."`
	Notice         notice.Config         `yaml:"notice" doc:"How people and programs are told."`
}

// Listen is the section `listen:`.
type Listen struct {
	HTTPS config.Listen `yaml:"https" doc:"For the applications."`
	Admin config.Listen `yaml:"admin" doc:"For a monitoring system on this machine: /metrics, /healthz, /readyz. A loopback address."`
}

// Portal is the section `portal:`.
type Portal struct {
	Host config.HostName `yaml:"host" doc:"Its host name; none of the applications', nor the console's."`
	Name string          `yaml:"name" doc:"What people and their authenticator apps call this place; left out, the host name."`
}

// name is what people call the place.
func (p *Portal) name() string { return cmp.Or(p.Name, string(p.Host)) }

// Cluster is the section `cluster:`.
type Cluster struct {
	Redis config.Secret `yaml:"redis" doc:"Address of a Valkey or Redis server: redis://user:password@host:6379/0."`
}

// Console is the section `console:`.
type Console struct {
	Host   config.HostName `yaml:"host" doc:"Its host name; none of the applications'."`
	Listen config.Listen   `yaml:"listen" doc:"Its own port."`
}

// Store is the section `store:`.
type Store struct {
	Postgres config.Secret `yaml:"postgres" doc:"Connection string of a PostgreSQL database."`
}

// Defaults are those of a machine that runs nothing else on its HTTPS port.
func (c *Config) Defaults() {
	c.Node, c.Data = "a", "/var/lib/tenward"
	c.Listen.HTTPS, c.Listen.Admin = ":443", "127.0.0.1:9444"
	c.Console.Listen = ":9443"
	c.Backup = Backup{Folder: "backups", Every: config.Duration(24 * time.Hour), Keep: 7, Updates: 3}
}

// Validate looks at what no single section can know.
func (c *Config) Validate(r *config.Report) {
	if !nodeName(c.Node) && !r.At("node").Failed() {
		r.At("node").Errorf("use up to 63 small letters, digits, dots and dashes", "%q cannot name a node", c.Node)
	}
	if c.Data == "" && !r.At("data").Failed() {
		r.At("data").Errorf("write data: /var/lib/tenward", "the data folder has no name")
	}
	if c.Console.Host == "" && !r.At("console.host").Failed() {
		r.At("console.host").Errorf("write console: {host: console.example.com}", "the console needs a host name of its own")
	}
	if c.Portal.Host == "" && !r.At("portal.host").Failed() {
		r.At("portal.host").Errorf("write portal: {host: login.example.com}", "people need a host name where they sign in")
	}
	if len(c.Portal.Name) > 64 || strings.ContainsFunc(c.Portal.Name, func(r rune) bool { return r < ' ' || r == ':' }) {
		r.At("portal.name").Errorf("", "must be one line of at most 64 bytes, without a colon")
	}
	if c.Portal.Host != "" && c.Portal.Host == c.Console.Host {
		r.At("portal.host").Errorf("give each a host name of its own: they must never share an origin", "%s is the console's host", c.Portal.Host)
	}
	if c.Cluster.Redis.Set() && !c.Store.Postgres.Set() {
		r.At("cluster.redis").Errorf("write store: {postgres: \"${file:/etc/tenward/postgres}\"}", "several nodes share a PostgreSQL database too, and there is none")
	}
	if len(c.Services) == 0 && !r.At("services").Failed() {
		r.At("services").Errorf("write services: {notes: {hosts: [notes.example.com], upstream: \"http://127.0.0.1:3000\"}}", "there is no application to protect")
	}
	c.Backup.validate(r.At("backup"))
	if c.Listen.HTTPS == c.Console.Listen && !c.Listen.HTTPS.AnyPort() && !r.At("console.listen").Failed() {
		r.At("console.listen").Errorf("give the console another port", "the applications listen on %s already", c.Listen.HTTPS)
	}
	if !c.Listen.Admin.Loopback() && !r.At("listen.admin").Failed() {
		r.At("listen.admin").Errorf("write 127.0.0.1:9444; what asks from elsewhere comes through the gate, to a service with this address as its upstream", "%s is no loopback address, and what it says is not encrypted", c.Listen.Admin)
	}
	gate.ValidateServices(c.Services, r.At("services"))
	for name, s := range c.Services {
		if !nodeName(name) {
			r.At("services."+name).Errorf("use up to 63 small letters, digits, dots and dashes", "%q cannot name a service", name)
		}
		if slices.Contains(ownServices, name) {
			r.At("services."+name).Errorf("choose another name", "%s is a service of Tenward's own", name)
		}
		if s == nil {
			continue
		}
		if p := string(s.Path); p == own || strings.HasPrefix(p, own+"/") {
			r.At("services."+name+".path").Errorf("choose another path", "%s is Tenward's own on every host", own)
		}
		for _, h := range s.Hosts {
			if h == c.Portal.Host {
				r.At("portal.host").Errorf("give the portal a host name of its own: script in an application must not reach it", "%s is service %s's host", h, name)
			}
			if h == c.Console.Host {
				r.At("console.host").Errorf("give the console a host name of its own: script in an application must not reach it", "%s is service %s's host", h, name)
			}
		}
	}
	c.Validation.Known(c.serviceNames(), r.At("validation"))
	c.Access.Known(c.serviceNames(), r.At("access"))
	if inspect := c.Validation.Body.Inspect; c.Limits.Held < gate.Shares*inspect && !r.At("limits.held").Failed() && !r.At("validation.body.inspect").Failed() {
		r.At("limits.held").Errorf("raise it to "+(gate.Shares*inspect).String()+", or lower validation.body.inspect",
			"one client may hold a quarter of it, which is less than the %s that are looked at of one body", inspect)
	}
}

// ownServices are the names of what Tenward itself serves through the gates, in figures and in the record.
var ownServices = []string{"portal", "sign-in", "console"}

func nodeName(s string) bool {
	if s == "" || len(s) > 63 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > 0 && (c == '-' || c == '.'):
		default:
			return false
		}
	}
	return true
}

// places are where the configuration is looked for when none is named.
var places = []string{"tenward.yaml", filepath.Join(".tenward", "tenward.yaml"), "/etc/tenward/tenward.yaml"}

// findConfig gives the named file, or the first of the usual places that exists.
func findConfig(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	for _, p := range places {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	return "", problem.New("config.file.missing", "There is no configuration: neither ./tenward.yaml nor ./.tenward/tenward.yaml nor /etc/tenward/tenward.yaml exists.",
		"Name one with -c, or run `tenward demo` to see Tenward at work first.")
}

// loadConfig reads and validates the file; the data folder comes out absolute.
func loadConfig(named string, o config.Options) (*Config, *config.Source, error) {
	path, err := findConfig(named)
	if err != nil {
		return nil, nil, err
	}
	c := new(Config)
	src, err := config.Load(path, c, o)
	if err != nil {
		return nil, nil, err
	}
	if !filepath.IsAbs(c.Data) {
		c.Data = filepath.Join(filepath.Dir(path), c.Data)
	}
	if c.Data, err = filepath.Abs(c.Data); err != nil {
		return nil, nil, problem.Internal(err)
	}
	if !filepath.IsAbs(c.Backup.Folder) {
		c.Backup.Folder = filepath.Join(c.Data, c.Backup.Folder)
	}
	return c, src, nil
}

// serviceNames are the services' names, sorted.
func (c *Config) serviceNames() []string { return slices.Sorted(maps.Keys(c.Services)) }

// consoleServices is what the console says about the services.
func (c *Config) consoleServices(src *config.Source) []console.ServiceInfo {
	services := gate.Services(c.Services)
	list := make([]console.ServiceInfo, 0, len(services))
	for _, s := range services {
		info := console.ServiceInfo{Name: s.Name, Hosts: s.Hosts, Path: s.Path, Upstream: addressesOf(s), Mode: "block"}
		for _, p := range c.Services[s.Name].Public {
			info.Public = append(info.Public, string(p))
		}
		if c.Validation.Services[s.Name].Mode == validation.Observe {
			info.Mode = "observe"
		}
		if at := src.Line("services." + s.Name); at > 0 {
			info.Source = src.Name + ":" + strconv.Itoa(at)
		}
		list = append(list, info)
	}
	return list
}

// addressesOf are a service's upstreams, for the eye.
func addressesOf(s *gate.Service) string {
	all := make([]string, 0, len(s.Upstream.Targets))
	for _, u := range s.Upstream.Targets {
		all = append(all, u.URL.String())
	}
	return strings.Join(all, ", ")
}

// hosts are all host names that need a certificate.
func (c *Config) hosts() []string {
	hosts := []string{string(c.Console.Host), string(c.Portal.Host)}
	for _, s := range gate.Services(c.Services) {
		hosts = append(hosts, s.Hosts...)
	}
	return hosts
}
