package app

import (
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
)

// sound is a configuration with nothing wrong, in the parts that the tests below exchange.
var sound = map[string]string{
	"node": "", "data": "", "listen": "", "cluster": "", "portal": "portal: {host: login.example.com}\n", "access": "", "console": "console: {host: console.example.com}\n",
	"services": "services: {shop: {hosts: [shop.example.com], upstream: \"http://127.0.0.1:1\"}}\n", "validation": "",
}

func TestWhatNoSingleSectionCanKnow(t *testing.T) {
	for _, c := range []struct{ name, section, text, complaint string }{
		{"nothing wrong", "node", "node: gate-1.example\n", ""},
		{"a node with capitals", "node", "node: Gate\n", `"Gate" cannot name a node`},
		{"a node that begins with a dash", "node", "node: -a\n", `"-a" cannot name a node`},
		{"a node of 64 letters", "node", "node: " + strings.Repeat("a", 64) + "\n", "cannot name a node"},
		{"a node of 63 letters", "node", "node: " + strings.Repeat("a", 63) + "\n", ""},
		{"no data folder", "data", "data: \"\"\n", "the data folder has no name"},
		{"no console", "console", "", "the console needs a host name of its own"},
		{"no portal", "portal", "", "people need a host name where they sign in"},
		{"the portal on the console's host", "portal", "portal: {host: console.example.com}\n", "console.example.com is the console's host"},
		{"the portal on an application's host", "portal", "portal: {host: shop.example.com}\n", "shop.example.com is service shop's host"},
		{"a portal's name that breaks the code's address", "portal", "portal: {host: login.example.com, name: \"a:b\"}\n", "without a colon"},
		{"a cluster on a database of its own", "cluster", "cluster: {redis: \"${env:REDIS}\"}\n", "there is none"},
		{"a role for a service that is none", "access", "access: {roles: [{name: a, allow: [{service: shpo}]}]}\n", `there is no service "shpo"`},
		{"a service on Tenward's own path", "services", "services: {shop: {hosts: [shop.example.com], path: /.tenward/x, upstream: \"http://127.0.0.1:1\"}}\n", "Tenward's own on every host"},
		{"bodies that no client may have held", "validation", "validation: {body: {inspect: 32MiB}}\n", "one client may hold a quarter of it"},
		{"no services", "services", "", "there is no application to protect"},
		{"one port for both", "listen", "listen: {https: \":9443\"}\n", "the applications listen on :9443 already"},
		{"any port for both", "listen", "listen: {https: \":0\"}\n", ""},
		{"the console on an application's host", "console", "console: {host: shop.example.com}\n", "shop.example.com is service shop's host"},
		{"a service with a strange name", "services", "services: {\"my shop\": {hosts: [shop.example.com], upstream: \"http://127.0.0.1:1\"}}\n", `"my shop" cannot name a service`},
		{"a service with a name of ours", "services", "services: {portal: {hosts: [shop.example.com], upstream: \"http://127.0.0.1:1\"}}\n", "portal is a service of Tenward's own"},
		{"tokens that two services would take", "access", "access: {services: {shop: {assertion: true, audience: wiki}, wiki: {assertion: true}}}\n", "wiki's tokens are for wiki, as shop's are"},
		{"an audience that gets no tokens", "access", "access: {services: {shop: {assertion: true}}}\n", ""},
		{"validation of a service that is none", "validation", "validation: {services: {shpo: {mode: block}}}\n", `there is no service "shpo"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			for section, sentence := range sound {
				if section == c.section {
					sentence = c.text
				}
				text.WriteString(sentence)
			}
			_, err := config.Parse("tenward.yaml", []byte(text.String()), new(Config), config.Options{KeepReferences: true})
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("complains %v, want %s", err, c.complaint)
			}
		})
	}
}
