package door_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/test/node"
)

// stay has a visitor follow no redirect from now on.
func stay(v *node.Visitor) {
	v.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
}

// cookieOf is the session's cookie that a visitor has for a host.
func cookieOf(t *testing.T, v *node.Visitor, host string) string {
	t.Helper()
	for _, c := range v.Jar.Cookies(&url.URL{Scheme: "https", Host: host, Path: "/"}) {
		if c.Name == "__Host-Http-tenward" {
			return c.Value
		}
	}
	t.Fatalf("no session's cookie for %s", host)
	return ""
}

// request is one that no browser has made.
func request(t *testing.T, method, address string, headers map[string]string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

func TestASessionOfOneOriginOpensNoOther(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author", "reader-of-all", "auditor")
	ada.Get(ada.URL(notes, "/notes"))
	ada.Get(ada.URL(wiki, "/"))
	ada.Get(ada.ConsoleURL(console, "/traffic"))
	places := map[string]string{
		notes: ada.URL(notes, "/notes"), wiki: ada.URL(wiki, "/"), login: ada.URL(login, "/security"), console: ada.ConsoleURL(console, "/traffic"),
	}
	thief := h.Visit(t)
	stay(thief)
	for from := range places {
		stolen := cookieOf(t, ada, from)
		for to, address := range places {
			a := thief.Send(request(t, http.MethodGet, address, map[string]string{"Cookie": "__Host-Http-tenward=" + stolen}, nil))
			if want := map[bool]int{true: http.StatusOK, false: http.StatusSeeOther}[from == to]; a.StatusCode != want {
				t.Errorf("the cookie of %s on %s: %s, want %d", from, to, a.Status, want)
			}
		}
	}
}

func TestTwoSessionsAtOnceAreRefused(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author")
	ada.Get(ada.URL(notes, "/notes"))
	mine := cookieOf(t, ada, notes)
	thief := h.Visit(t)
	stay(thief)
	// A sibling host tosses a cookie of the same name over (an old browser, or one that knows no prefixes).
	for _, cookies := range []string{"__Host-Http-tenward=tossed; __Host-Http-tenward=" + mine, "__Host-Http-tenward=" + mine + "; __Host-Http-tenward=tossed"} {
		if a := thief.Send(request(t, http.MethodGet, thief.URL(notes, "/notes"), map[string]string{"Cookie": cookies}, nil)); a.StatusCode != http.StatusBadRequest {
			t.Errorf("two sign-ins at once: %s", a.Status)
		}
	}
	portal := cookieOf(t, ada, login)
	if a := thief.Send(request(t, http.MethodGet, thief.URL(login, "/security"), map[string]string{"Cookie": "__Host-Http-tenward=" + portal + "; __Host-Http-tenward=tossed"}, nil)); a.StatusCode == http.StatusOK {
		t.Errorf("two sign-ins at once on the portal: %s", a.Status)
	}
}

// handover brings somebody who is signed in on the portal to the point where the code is in their hand.
func handover(t *testing.T, v *node.Visitor) (enter string) {
	t.Helper()
	stay(v)
	a := v.Get(v.URL(notes, "/notes"))
	a = v.Get(a.Header.Get("Location"))
	enter = a.Header.Get("Location")
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(enter, v.URL(notes, "/.tenward/enter?code=")) {
		t.Fatalf("handing over: %s to %s", a.Status, enter)
	}
	return enter
}

func TestACodeIsGoodOnceInTheBrowserThatAsked(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author")

	t.Run("replayed in the same browser", func(t *testing.T) {
		enter := handover(t, ada)
		if a := ada.Get(enter); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/notes" {
			t.Fatalf("the first use: %s to %s", a.Status, a.Header.Get("Location"))
		}
		if a := ada.Get(enter); a.StatusCode != http.StatusBadRequest || len(a.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("the second use: %s, cookies %q", a.Status, a.Header.Values("Set-Cookie"))
		}
	})
	ada.Post(ada.URL(notes, "/.tenward/logout"), nil)
	t.Run("in each of two tabs that waited for the same sign-in", func(t *testing.T) {
		fay := h.person(t, "fay", "author")
		stay(fay)
		var enters []string
		for _, path := range []string{"/notes?tab=1", "/notes?tab=2"} {
			a := fay.Get(fay.URL(notes, path))
			enters = append(enters, a.Header.Get("Location"))
		}
		for i, to := range enters {
			enters[i] = fay.Get(to).Header.Get("Location")
		}
		for i, enter := range enters {
			if a := fay.Get(enter); a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != fmt.Sprintf("/notes?tab=%d", i+1) {
				t.Errorf("tab %d: %s to %s", i+1, a.Status, a.Header.Get("Location"))
			}
		}
	})
	bea := h.person(t, "bea", "author")
	t.Run("in another browser, which has asked too", func(t *testing.T) {
		enter := handover(t, bea)
		mallory := h.Visit(t)
		stay(mallory)
		mallory.Get(mallory.URL(notes, "/notes"))
		if a := mallory.Get(enter); a.StatusCode != http.StatusBadRequest {
			t.Errorf("a code that leaked: %s", a.Status)
		}
		if a := bea.Get(enter); a.StatusCode != http.StatusBadRequest {
			t.Errorf("a code that somebody else tried is still good: %s", a.Status)
		}
	})
	t.Run("made by an attacker for somebody else to follow", func(t *testing.T) {
		mallory := h.person(t, "mallory", "author")
		enter := handover(t, mallory)
		victim := h.Visit(t)
		stay(victim)
		victim.Get(victim.URL(notes, "/notes"))
		if a := victim.Get(enter); a.StatusCode != http.StatusBadRequest || len(a.Header.Values("Set-Cookie")) != 0 {
			t.Errorf("somebody is signed in as the attacker: %s %q", a.Status, a.Header.Values("Set-Cookie"))
		}
	})
	t.Run("on another host", func(t *testing.T) {
		cleo := h.person(t, "cleo", "author", "reader-of-all")
		enter := handover(t, cleo)
		cleo.Get(cleo.URL(wiki, "/"))
		if a := cleo.Get(strings.Replace(enter, notes, wiki, 1)); a.StatusCode != http.StatusBadRequest {
			t.Errorf("the code for %s on %s: %s", notes, wiki, a.Status)
		}
	})
}

func TestAnotherSiteCanAskForNothing(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author", "auditor")
	ada.Get(ada.URL(notes, "/notes"))
	ada.Get(ada.ConsoleURL(console, "/traffic"))
	stay(ada)
	login4 := url.Values{"account": {"mallory"}, "password": {password}}.Encode()
	for name, headers := range map[string]map[string]string{
		"a sibling host":                    {"Origin": ada.URL(notes, ""), "Sec-Fetch-Site": "same-site"},
		"a sibling host, in an old browser": {"Origin": "https://evil.example.test"},
		"another site":                      {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
		"a sandboxed page":                  {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
		"nobody says who":                   {},
	} {
		for _, target := range []struct{ address, body string }{
			{ada.URL(login, "/login"), login4},
			{ada.URL(login, "/logout"), ""},
			{ada.URL(login, "/security/others"), ""},
			{ada.URL(login, "/security/codes"), "code=000000"},
			{ada.URL(notes, "/.tenward/logout"), ""},
			{ada.ConsoleURL(console, "/.tenward/logout"), ""},
		} {
			r := request(t, http.MethodPost, target.address, headers, strings.NewReader(target.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if a := ada.Send(r); a.StatusCode != http.StatusForbidden || len(a.Header.Values("Set-Cookie")) != 0 {
				t.Errorf("%s to %s: %s, cookies %q", name, target.address, a.Status, a.Header.Values("Set-Cookie"))
			}
		}
		if len(headers) == 0 {
			continue // a program with somebody's cookie is that person
		}
		r := request(t, http.MethodPost, ada.URL(notes, "/notes"), headers, strings.NewReader("body=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := ada.Send(r); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s to the application: %s", name, a.Status)
		}
	}
	if a := ada.Get(ada.URL(login, "/security")); a.StatusCode != http.StatusOK {
		t.Errorf("another site has signed her out: %s", a.Status)
	}
}

func TestNoRedirectLeadsAway(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author")
	stay(ada)
	ours := func(location string) bool {
		u, err := url.Parse(location)
		if err != nil || strings.ContainsAny(location, "\\\t\r\n") || strings.HasPrefix(location, "//") {
			return false
		}
		port := strings.TrimPrefix(ada.URL("", ""), "https://")
		return u.Host == "" && u.Scheme == "" || u.Scheme == "https" && (u.Host == notes+port || u.Host == login+port)
	}
	challenge := strings.Repeat("a", 64)
	for _, evil := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example/`, `\\evil.example`, "/%2fevil.example", "///evil.example", "https:evil.example",
		"javascript:alert(1)", "/\t/evil.example", "evil.example", "/continue?host=evil.example", "/continue\\@evil.example", "//login.example.test@evil.example/",
	} {
		form := url.Values{"continue": {evil}}
		for _, address := range []string{
			ada.URL(login, "/login?") + form.Encode(), ada.URL(login, "/login/second?") + form.Encode(),
			ada.URL(login, "/continue?") + url.Values{"host": {evil}, "challenge": {challenge}, "path": {"/"}}.Encode(),
			ada.URL(login, "/continue?") + url.Values{"host": {notes + strings.TrimPrefix(ada.URL("", ""), "https://")}, "challenge": {challenge}, "path": {evil}}.Encode(),
		} {
			a := ada.Get(address)
			if to := a.Header.Get("Location"); to != "" && !ours(to) {
				t.Errorf("%s leads to %s", address, to)
			}
		}
	}
	// The path that the code carries is followed on the application's host.
	for i, path := range []string{"//evil.example/", "/\\evil.example", "https://evil.example/", "/\t/evil.example", "evil", "///evil.example"} {
		bea := h.person(t, "bea"+strconv.Itoa(i), "author")
		stay(bea)
		u, err := url.Parse(bea.Get(bea.URL(notes, "/notes")).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Set("path", path)
		u.RawQuery = q.Encode()
		a := bea.Get(bea.Get(u.String()).Header.Get("Location"))
		if to := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || to != "/" {
			t.Errorf("the path %q: %s to %q", path, a.Status, to)
		}
	}
	for _, host := range []string{notes + ":1", notes, notes + ":99999", notes + ".:443", "user@" + notes, notes + "@evil.example", notes + "/x", "NOTES.example.test:1", console, login, "evil.example.test", ""} {
		a := ada.Get(ada.URL(login, "/continue?") + url.Values{"host": {host}, "challenge": {challenge}, "path": {"/"}}.Encode())
		if a.StatusCode != http.StatusBadRequest {
			t.Errorf("a code for %q: %s to %s", host, a.Status, a.Header.Get("Location"))
		}
	}
}

func TestNoHeaderChangesWhereSomebodyIsSent(t *testing.T) {
	h := newHouse(t)
	stranger := h.Visit(t)
	stay(stranger)
	for name, value := range map[string]string{
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "1", "X-Forwarded-Prefix": "//evil.example", "Forwarded": "host=evil.example;proto=http",
		"X-Original-URL": "/search", "X-Rewrite-URL": "/search", "X-Host": "evil.example", "X-HTTP-Method-Override": "GET", "X-Forwarded-For": "127.0.0.1", "X-Real-Ip": "127.0.0.1",
	} {
		a := stranger.Send(request(t, http.MethodGet, stranger.URL(notes, "/notes"), map[string]string{name: value}, nil))
		if to := a.Header.Get("Location"); a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, stranger.URL(login, "/continue?")) || strings.Contains(to, "evil") {
			t.Errorf("with %s: %s to %s", name, a.Status, to)
		}
	}
	for _, host := range []string{"evil.example", "login.example.test.evil.example", "evil.example.test", "127.0.0.1", "localhost"} {
		r := request(t, http.MethodGet, stranger.URL(login, "/login"), nil, nil)
		r.Host = host
		if a := stranger.Send(r); a.StatusCode == http.StatusOK || a.Header.Get("Location") != "" {
			t.Errorf("under the name %s: %s to %q", host, a.Status, a.Header.Get("Location"))
		}
	}
	// The console's name does not open it on the applications' listener, nor the portal's on the console's.
	r := request(t, http.MethodGet, stranger.URL(notes, "/traffic"), nil, nil)
	r.Host = console
	if a := stranger.Send(r); a.StatusCode < 400 {
		t.Errorf("the console on the applications' listener: %s", a.Status)
	}
}

func TestPagesOfThePortalCannotBeFramedReadOrKept(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada")
	for _, path := range []string{"/login", "/", "/security", "/recover", "/enrol?token=x", "/nowhere"} {
		a := ada.Get(ada.URL(login, path))
		for name, want := range map[string]string{
			"X-Frame-Options": "DENY", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
		} {
			if got := a.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
}
