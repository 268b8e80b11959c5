package door_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var eventID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}`)

func TestFromInvitationToSigningOutEverywhere(t *testing.T) {
	h := newHouse(t)
	ada := h.Visit(t)

	// Who is not signed in is sent to the portal, and after it to where they wanted to go.
	ada.Enrol(h.Invite(t, "ada", "--as", "Ada Lovelace"), password)
	ada.Post(ada.URL(login, "/logout"), nil)
	a := ada.Get(ada.URL(notes, "/notes?page=1"))
	if at, _ := url.Parse(a.URL); at.Hostname() != login || at.Path != "/login" || !strings.Contains(a.Body, notes) {
		t.Fatalf("without a sign-in: at %s", a.URL)
	}
	at, _ := url.Parse(a.URL)
	a = ada.SignIn(login, "ada", password, at.Query().Get("continue"))
	if a.StatusCode != http.StatusForbidden || a.URL != ada.URL(notes, "/notes?page=1") {
		t.Fatalf("signed in without a role: %s at %s", a.Status, a.URL)
	}
	for _, want := range []string{"Ada Lovelace (ada)", "you have no role yet", "Ask the office"} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("the refusal lacks %q:\n%s", want, a.Body)
		}
	}
	id := eventID.FindString(a.Body)
	if shown := h.Command(t, "log", "show", id); !strings.Contains(shown, "access.request.refused") || !strings.Contains(shown, "Ada Lovelace") {
		t.Errorf("the event says:\n%s", shown)
	}

	// A role counts at once.
	h.Command(t, "person", "grant", "ada", "author")
	if a = ada.Get(ada.URL(notes, "/notes")); a.StatusCode != http.StatusOK {
		t.Fatalf("with the role: %s", a.Status)
	}
	if a = ada.Get(ada.URL(login, "/")); !strings.Contains(a.Body, ada.URL(notes, "/")) || strings.Contains(a.Body, wiki) {
		t.Errorf("my applications:\n%s", a.Body)
	}

	// Several services share the sign-in; each host has a cookie of its own.
	h.Command(t, "person", "grant", "ada", "reader-of-all")
	if a = ada.Get(ada.URL(wiki, "/page")); a.StatusCode != http.StatusOK || a.URL != ada.URL(wiki, "/page") {
		t.Errorf("the other service: %s at %s", a.Status, a.URL)
	}
	if a = ada.Get(ada.URL(wiki, "/Admin;x=1/users")); a.StatusCode != http.StatusForbidden || !strings.Contains(a.Body, "forbids it") {
		t.Errorf("what a role forbids: %s", a.Status)
	}
	cookies := map[string]string{}
	for _, host := range []string{notes, wiki, login} {
		for _, c := range ada.Jar.Cookies(&url.URL{Scheme: "https", Host: host, Path: "/"}) {
			if c.Name == "__Host-Http-tenward" {
				cookies[c.Value] = host
			}
		}
	}
	if len(cookies) != 3 {
		t.Errorf("%d different cookies on three hosts", len(cookies))
	}

	// Signing out on one host ends all of them.
	if a = ada.Post(ada.URL(wiki, "/.tenward/logout"), nil); a.StatusCode != http.StatusOK || !strings.HasPrefix(a.URL, ada.URL(login, "/login")) {
		t.Errorf("signing out: %s at %s", a.Status, a.URL)
	}
	for _, host := range []string{notes, wiki} {
		if a = ada.Get(ada.URL(host, "/notes")); !strings.HasPrefix(a.URL, ada.URL(login, "/login")) {
			t.Errorf("after signing out %s is open: %s", host, a.URL)
		}
	}
	if a = ada.Get(ada.URL(login, "/security")); !strings.HasPrefix(a.URL, ada.URL(login, "/login")) {
		t.Errorf("after signing out the portal is open: %s", a.URL)
	}
}

func TestTheConsoleIsForThoseWhoHoldARole(t *testing.T) {
	h := newHouse(t)
	owner := h.Visit(t)
	owner.Enrol(h.Invite(t, "ada", "--role", "owner"), password)
	if a := owner.Get(owner.ConsoleURL(console, "/events")); a.StatusCode != http.StatusOK || a.URL != owner.ConsoleURL(console, "/events") {
		t.Fatalf("the owner: %s at %s\n%s", a.Status, a.URL, a.Body)
	}
	if out, err := h.Try(t, "person", "disable", "ada"); err == nil || !strings.Contains(out, "last owner") {
		t.Errorf("the last owner can be disabled: %s", out)
	}
	bea := h.person(t, "bea", "author")
	if a := bea.Get(bea.ConsoleURL(console, "/events")); a.StatusCode != http.StatusForbidden || !strings.Contains(a.Body, "the role auditor") {
		t.Errorf("somebody without a role: %s", a.Status)
	}
	h.Command(t, "person", "grant", "bea", "reader")
	for path, want := range map[string]int{"/traffic": http.StatusOK, "/events": http.StatusForbidden, "/api/v1/events": http.StatusForbidden} {
		if a := bea.Get(bea.ConsoleURL(console, path)); a.StatusCode != want {
			t.Errorf("a reader at %s: %s, want %d", path, a.Status, want)
		}
	}
	stranger := h.Visit(t)
	if a := stranger.Get(stranger.ConsoleURL(console, "/traffic")); !strings.HasPrefix(a.URL, stranger.URL(login, "/login")) {
		t.Errorf("a stranger: %s at %s", a.Status, a.URL)
	}
	if a := bea.Post(bea.ConsoleURL(console, "/.tenward/logout"), nil); !strings.HasPrefix(a.URL, bea.URL(login, "/login")) {
		t.Errorf("signing out: %s at %s", a.Status, a.URL)
	}
	if a := bea.Get(bea.ConsoleURL(console, "/traffic")); !strings.HasPrefix(a.URL, bea.URL(login, "/login")) {
		t.Errorf("signed out: %s at %s", a.Status, a.URL)
	}
}

func TestTheUpstreamIsToldWhoAsksAndNobodyElseSays(t *testing.T) {
	h := newHouse(t)
	ada := h.Visit(t)
	ada.Enrol(h.Invite(t, "ada", "--group", "authors", "--role", "reader-of-all"), password)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ada.URL(wiki, "/x"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	ada.Get(ada.URL(wiki, "/"))
	<-h.echo.got
	for _, name := range []string{"X-Tenward-Person", "X-Tenward-Groups", "X-Tenward-Assertion", "X_Tenward_Person", "Tenward-Person"} {
		r.Header.Set(name, "forged")
	}
	if a := ada.Send(r); a.StatusCode != http.StatusOK {
		t.Fatalf("%s", a.Status)
	}
	told := <-h.echo.got
	if got := told.Values("X-Tenward-Person"); len(got) != 1 || got[0] != "ada" {
		t.Errorf("the person: %q", got)
	}
	if got := told.Values("X-Tenward-Groups"); len(got) != 1 || got[0] != "authors" {
		t.Errorf("the groups: %q", got)
	}
	if got := told.Values("X-Tenward-Assertion"); len(got) != 1 || strings.Count(got[0], ".") != 2 {
		t.Errorf("the assertion: %q", got)
	}
	for name, values := range told {
		if strings.Contains(strings.Join(values, " "), "forged") || strings.Contains(strings.Join(values, " "), "__Host-Http-tenward") {
			t.Errorf("the upstream got %s: %q", name, values)
		}
	}
	if a := ada.Get(ada.URL(login, "/.well-known/jwks.json")); a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/jwk-set+json" || !strings.Contains(a.Body, `"ES256"`) {
		t.Errorf("the key set: %s %s", a.Status, a.Body)
	}
}

// A browser holds all redirects that follow a form to what the form's page allows, also those of the application behind
// (CSP Level 3, section 6.4.2): signing in must end with a page, from which another way begins.
func TestSigningInEndsBeforeTheApplicationLeadsElsewhere(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "author")
	ada.Post(ada.URL(login, "/logout"), nil)
	stay(ada)
	onward := "/continue?" + url.Values{"host": {strings.TrimPrefix(ada.URL(notes, ""), "https://")}, "challenge": {strings.Repeat("0", 64)}, "path": {"/notes"}}.Encode()
	ada.Post(ada.URL(login, "/login"), url.Values{"account": {"ada"}, "password": {password}, "continue": {onward}})
	a := ada.Post(ada.URL(login, "/login/second"), url.Values{"code": {ada.Code()}, "continue": {onward}})
	refresh := a.Header.Get("Refresh")
	if a.StatusCode != http.StatusOK || !strings.HasPrefix(refresh, "0; url=/continue?") || !strings.Contains(a.Body, `href="/continue?`) {
		t.Errorf("%s, refresh %q\n%s", a.Status, refresh, a.Body)
	}
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self';") {
		t.Errorf("the policy is %s", policy)
	}
}
