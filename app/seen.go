package app

import (
	"net"
	"path/filepath"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/store"
)

// seen is what the checks of encryption look at: this node's own listeners, where its upstreams lead, what lies in its
// folder.
func (c *Config) seen(front, console net.Addr, key store.MasterKeyOrigin) encryption.Outside {
	hosts := []string{string(c.Portal.Host)}
	var upstreams []encryption.Upstream
	known := map[string]bool{hosts[0]: true}
	for _, s := range gate.Services(c.Services) {
		for _, u := range s.Upstream.Targets {
			upstreams = append(upstreams, encryption.Upstream{Service: s.Name, URL: u.URL.String(), TLS: s.Upstream.TLS})
		}
		for _, h := range s.Hosts {
			if !known[h] {
				known[h] = true
				hosts = append(hosts, h)
			}
		}
	}
	return encryption.Outside{
		Listeners: []encryption.Listener{
			{Name: "gate", Address: reachable(front), Hosts: hosts},
			{Name: "console", Address: reachable(console), Hosts: []string{string(c.Console.Host)}},
		},
		Upstreams: upstreams, Folder: c.Data, Authority: filepath.Join(c.Data, "ca.pem"), MasterKey: key.Path,
		Resolve: net.DefaultResolver.LookupHost,
	}
}
