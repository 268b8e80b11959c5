package app

import (
	"maps"
	"slices"
	"testing"

	"github.com/tenward/tenward/config"
)

func TestWhatIsAskedFromOutside(t *testing.T) {
	c := new(Config)
	_, err := config.Parse("tenward.yaml", []byte(`
portal: {host: login.example.com}
console: {host: console.example.com}
services:
  notes: {hosts: [app.example.com], upstream: "http://127.0.0.1:1", public: ["/search", "/assets/**"]}
  api: {hosts: [app.example.com], path: /api, upstream: "http://127.0.0.1:2"}
  docs: {hosts: [docs.example.com], upstream: "http://127.0.0.1:3", public: ["/**"]}
  blog: {hosts: [app.example.com], path: /blog, upstream: "http://127.0.0.1:4", public: ["/blog/**"]}
`), c, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closed, open := c.places("8443")
	if want := map[string]string{"notes": "app.example.com:8443", "api": "app.example.com:8443/api"}; !maps.Equal(closed, want) {
		t.Errorf("closed are %v, want %v", closed, want)
	}
	if want := []string{"blog", "docs"}; !slices.Equal(open, want) {
		t.Errorf("open are %v, want %v", open, want)
	}
}
