package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/tenward/tenward/console"
)

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
			"form-action 'self' https://login.localhost:8443; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tenward",
		"X-Content-Type-Options":            "nosniff",
		"X-Frame-Options":                   "DENY",
		"X-Permitted-Cross-Domain-Policies": "none",
		"Referrer-Policy":                   "no-referrer",
		"Permissions-Policy":                "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
		"Cross-Origin-Opener-Policy":        "same-origin",
		"Cross-Origin-Resource-Policy":      "same-origin",
		"Cross-Origin-Embedder-Policy":      "require-corp",
		"Cache-Control":                     "no-store",
	}
	s := newSite(t, exchange(1), refusal(2))
	check := func(t *testing.T, path string, status int) {
		t.Helper()
		a := s.get(t, path)
		if a.status != status {
			t.Errorf("%s: %d, want %d", path, a.status, status)
		}
		for name, value := range want {
			if got := strings.Join(a.header.Values(name), " | "); got != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got, value)
			}
		}
	}
	check(t, "/traffic", http.StatusUnauthorized)
	check(t, "/api/v1/events", http.StatusUnauthorized)
	s.session = ada()
	check(t, "/traffic", http.StatusForbidden)
	s.enter()
	check(t, "/", http.StatusSeeOther)
	check(t, "/traffic", http.StatusOK)
	check(t, "/events", http.StatusOK)
	check(t, "/events/"+refusal(2).UID.String(), http.StatusOK)
	check(t, "/api/v1/traffic", http.StatusOK)
	check(t, "/events?q=verdict:perhaps", http.StatusBadRequest)
	check(t, "/events/nonsense", http.StatusNotFound)
	check(t, "/nowhere", http.StatusNotFound)
	s.record.breaks(true)
	check(t, "/traffic", http.StatusInternalServerError)
}

func TestARealNameIsPinnedToTLS(t *testing.T) {
	for origin, want := range map[string]string{
		"https://console.example.com": "max-age=31536000", "https://console.example.com:9443": "max-age=31536000",
		"https://console.localhost:9443": "", "https://localhost": "",
	} {
		o := (&site{origin: origin, clock: &clock{at: noon}}).options()
		o.Events = &record{}
		c, err := console.New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		a := local(t, c.Handler(), http.MethodGet, origin+"/traffic")
		if got := a.header.Get("Strict-Transport-Security"); a.status != http.StatusUnauthorized || got != want {
			t.Errorf("%s: %d, pinned %q, want %q", origin, a.status, got, want)
		}
	}
}

func TestAnOriginThatIsNoneIsRefusedAtTheStart(t *testing.T) {
	for _, origin := range []string{"", "console.example.com", "http://console.example.com", "https://", "https://a.example.com/", "https://a.example.com/x", "https://u@a.example.com", "https://a.example.com?x", "https://[::1"} {
		if _, err := console.New(console.Options{URL: origin}); err == nil {
			t.Errorf("%q was taken", origin)
		}
	}
}

func TestTheConsoleAnswersUnderItsOwnNameOnly(t *testing.T) {
	s := newSite(t)
	s.enter()
	port := s.origin[strings.LastIndex(s.origin, ":"):]
	for host, want := range map[string]int{
		"console.localhost" + port: http.StatusOK, "CONSOLE.localhost" + port: http.StatusOK,
		"evil.example.com": http.StatusMisdirectedRequest, "evil.example.com" + port: http.StatusMisdirectedRequest,
		"console.localhost": http.StatusMisdirectedRequest, "console.localhost:1": http.StatusMisdirectedRequest,
		"127.0.0.1" + port: http.StatusMisdirectedRequest, "console.localhost" + port + ":443": http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequest(http.MethodGet, s.origin+"/traffic", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		if a := s.send(t, r); a.status != want {
			t.Errorf("%s: %d, want %d", host, a.status, want)
		}
	}
}

func TestAnotherSiteCanSendNothing(t *testing.T) {
	s := newSite(t)
	for name, headers := range map[string]map[string]string{
		"cross-site by fetch metadata":            {"Sec-Fetch-Site": "cross-site"},
		"another host of the same site":           {"Sec-Fetch-Site": "same-site"},
		"another origin, in an old browser":       {"Origin": "https://evil.example.com"},
		"no origin at all, from a sandboxed page": {"Origin": "null"},
	} {
		r, err := http.NewRequest(http.MethodPost, s.origin+"/theme", strings.NewReader(url.Values{"theme": {"dark"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		if a := s.send(t, r); a.status != http.StatusForbidden || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, cookie %q", name, a.status, a.header.Get("Set-Cookie"))
		}
	}
}

func TestTheThemeIsRemembered(t *testing.T) {
	s := newSite(t)
	s.enter()
	for _, tt := range []struct{ theme, want string }{
		{"dark", `<html lang="en" data-theme="dark">`}, {"light", `<html lang="en" data-theme="light">`},
		{"system", `<html lang="en">`}, {`"><script>`, `<html lang="en">`},
	} {
		a := s.post(t, "/theme", url.Values{"theme": {tt.theme}, "next": {"/events?q=verdict%3Arefused"}})
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/events?q=verdict%3Arefused" {
			t.Fatalf("%s: %d to %q", tt.theme, a.status, a.header.Get("Location"))
		}
		if a := s.get(t, "/traffic"); !strings.Contains(a.body, tt.want) {
			t.Errorf("%s: the page has no %s", tt.theme, tt.want)
		}
	}
}

func TestAThemeLeadsToNoOtherSite(t *testing.T) {
	s := newSite(t)
	for _, next := range []string{"", "https://evil.example.com/", "//evil.example.com/", `/\evil.example.com`, `\\evil.example.com`, "/%5cevil.example.com", "/%2fevil.example.com", "javascript:alert(1)", "evil", "/\t/evil.example.com", "///evil.example.com", "https:evil.example.com"} {
		a := s.post(t, "/theme", url.Values{"theme": {"dark"}, "next": {next}})
		if got := a.header.Get("Location"); got != "/" {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

func TestAssetsMayBeKeptForEver(t *testing.T) {
	s := newSite(t)
	page := s.get(t, "/traffic").body
	found := regexp.MustCompile(`/assets/[0-9a-f]{20}/[a-z.]+`).FindAllString(page, -1)
	if len(found) != 3 {
		t.Fatalf("the page loads %q", found)
	}
	for _, path := range found {
		a := s.get(t, path)
		if a.status != http.StatusOK || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d, kept %q", path, a.status, a.header.Get("Cache-Control"))
		}
	}
	other := strings.Replace(found[0], found[0][8:28], strings.Repeat("0", 20), 1)
	if a := s.get(t, other); a.status != http.StatusNotFound || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("another version's %s: %d, kept %q", other, a.status, a.header.Get("Cache-Control"))
	}
}
