package authentication

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tenward/tenward/identity"
)

// FuzzNoWayLeadsAway takes what a stranger can put into the portal's addresses, and follows it as a browser would.
func FuzzNoWayLeadsAway(f *testing.F) {
	for _, seed := range []string{
		"/notes", "//evil.example/", `/\evil.example`, "https://evil.example", "/continue?host=notes.example.com&path=/", "notes.example.com", "notes.example.com:443",
		"notes.example.com:1", "x@notes.example.com", "notes.example.com/x", "notes.example.com.", "NOTES.example.com", "/\t/evil", "/%2f/evil", "[::1]", "notes.example.com:", "",
	} {
		f.Add(seed)
	}
	s := &Service{origins: map[string]Origin{"notes.example.com": {Face: identity.Application}, "console.example.com": {Face: identity.Console, Port: "9443"}}}
	base := &url.URL{Scheme: "https", Host: "notes.example.com", Path: "/.tenward/enter"}
	f.Fuzz(func(t *testing.T, text string) {
		r := httptest.NewRequest(http.MethodGet, "https://login.example.com/continue", http.NoBody)
		if at, ok := s.handoverTo(r, text); ok {
			if got := at.String(); got != "https://notes.example.com" && got != "https://notes.example.com:443" && got != "https://console.example.com:9443" {
				t.Errorf("%q is handed over to %s", text, got)
			}
		}
		to, err := base.Parse(safePath(text))
		if err != nil || to.Host != base.Host || to.Scheme != "https" || strings.ContainsAny(safePath(text), "\\\r\n\t ") {
			t.Errorf("the path %q leads to %v", text, to)
		}
		r.Form = url.Values{"continue": {text}}
		if next, err := url.Parse(onward(r)); err != nil || next.Host != "" || next.Scheme != "" || next.Path != "/" && next.Path != "/continue" {
			t.Errorf("after signing in %q leads to %v", text, next)
		}
	})
}
