package app

import (
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
)

// sound is a configuration with nothing wrong, in the parts that the tests below exchange.
var sound = map[string]string{
	"node": "", "data": "", "listen": "", "console": "console: {host: console.example.com}\n",
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
		{"bodies that no client may have held", "validation", "validation: {body: {inspect: 32MiB}}\n", "one client may hold a quarter of it"},
		{"no services", "services", "", "there is no application to protect"},
		{"one port for both", "listen", "listen: {https: \":9443\"}\n", "the applications listen on :9443 already"},
		{"any port for both", "listen", "listen: {https: \":0\"}\n", ""},
		{"the console on an application's host", "console", "console: {host: shop.example.com}\n", "shop.example.com is service shop's host"},
		{"a service with a strange name", "services", "services: {\"my shop\": {hosts: [shop.example.com], upstream: \"http://127.0.0.1:1\"}}\n", `"my shop" cannot name a service`},
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
			_, err := config.Parse("tenward.yaml", []byte(text.String()), new(Config), config.Options{})
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("complains %v, want %s", err, c.complaint)
			}
		})
	}
}
