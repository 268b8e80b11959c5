package console_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestALinkOpensTheConsoleOnce(t *testing.T) {
	s := newSite(t)
	link := s.console.NewLink()
	if !strings.HasPrefix(link, s.origin+"/open?token=") {
		t.Fatalf("the link is %s", link)
	}
	path := strings.TrimPrefix(link, s.origin)
	for range 3 { // previews and scanners
		if a := s.get(t, path); a.status != http.StatusOK || !strings.Contains(a.body, `<form method="post" action="/open">`) {
			t.Fatalf("looking at the link: %d %s", a.status, a.body)
		}
	}
	if a := s.get(t, "/traffic"); a.status != http.StatusUnauthorized {
		t.Fatalf("looking at the link has opened a session: %d", a.status)
	}
	form := url.Values{"token": {token(t, link)}}
	a := s.post(t, "/open", form)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/traffic" {
		t.Fatalf("using the link: %d to %q", a.status, a.header.Get("Location"))
	}
	cookie := a.header.Get("Set-Cookie")
	for _, part := range []string{"__Host-tenward-console=", "; Path=/;", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Max-Age=1800"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie %q lacks %q", cookie, part)
		}
	}
	if a := s.get(t, "/traffic"); a.status != http.StatusOK {
		t.Fatalf("with the session: %d", a.status)
	}
	if a := s.post(t, "/open", form); a.status != http.StatusGone {
		t.Errorf("the link was used twice: %d", a.status)
	}
	if a := s.get(t, path); a.status != http.StatusGone {
		t.Errorf("the used link's page: %d", a.status)
	}
}

func TestALinkEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  int
	}{
		{"just before ten minutes", 10*time.Minute - time.Second, http.StatusSeeOther},
		{"after ten minutes", 10 * time.Minute, http.StatusGone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			form := url.Values{"token": {token(t, s.console.NewLink())}}
			s.clock.add(tt.after)
			if a := s.post(t, "/open", form); a.status != tt.want {
				t.Errorf("got %d, want %d", a.status, tt.want)
			}
		})
	}
}

func TestAForgedLinkOpensNothing(t *testing.T) {
	s := newSite(t)
	good := token(t, s.console.NewLink())
	for name, forged := range map[string]string{
		"empty": "", "other letters": strings.Repeat("A", len(good)), "cut": good[:len(good)-1], "longer": good + "A",
		"lower case": strings.ToLower(good), "one letter changed": swapped(good),
	} {
		if a := s.post(t, "/open", url.Values{"token": {forged}}); a.status != http.StatusGone || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, cookie %q", name, a.status, a.header.Get("Set-Cookie"))
		}
	}
	if a := s.get(t, "/open?token="+url.QueryEscape(`"><script>alert(1)</script>`)); a.status != http.StatusGone || strings.Contains(a.body, "<script>alert") {
		t.Errorf("a hostile token: %d %s", a.status, a.body)
	}
	if a := s.post(t, "/open", url.Values{"token": {good}}); a.status != http.StatusSeeOther {
		t.Errorf("the forgeries have used up the good link: %d", a.status)
	}
}

func swapped(s string) string {
	last := byte('A')
	if s[len(s)-1] == 'A' {
		last = 'B'
	}
	return s[:len(s)-1] + string(last)
}

func TestALinkWhoseUseCannotBeRecordedOpensNothingAndStaysGood(t *testing.T) {
	s := newSite(t)
	form := url.Values{"token": {token(t, s.console.NewLink())}}
	s.opened = func() error { return errors.New("disk full at /secret/path") }
	a := s.post(t, "/open", form)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Set-Cookie") != "" {
		t.Fatalf("got %d, cookie %q", a.status, a.header.Get("Set-Cookie"))
	}
	if strings.Contains(a.body, "secret") {
		t.Errorf("the page shows the cause: %s", a.body)
	}
	s.opened = func() error { return nil }
	if a := s.post(t, "/open", form); a.status != http.StatusSeeOther {
		t.Errorf("the link is used up: %d", a.status)
	}
}

func TestASessionEndsAfterThirtyMinutes(t *testing.T) {
	s := newSite(t)
	s.enter(t)
	s.clock.add(30*time.Minute - time.Second)
	if a := s.get(t, "/traffic"); a.status != http.StatusOK {
		t.Fatalf("just before: %d", a.status)
	}
	s.clock.add(time.Second)
	for path, kind := range map[string]string{
		"/traffic": "text/html; charset=utf-8", "/events": "text/html; charset=utf-8", "/traffic/live": "text/html; charset=utf-8",
		"/api/v1/traffic": "application/problem+json", "/nowhere": "text/html; charset=utf-8", "/": "text/html; charset=utf-8",
	} {
		a := s.get(t, path)
		if a.status != http.StatusUnauthorized || a.header.Get("Content-Type") != kind || !strings.Contains(a.body, "link") {
			t.Errorf("%s afterwards: %d, %s", path, a.status, a.header.Get("Content-Type"))
		}
	}
	if a := s.get(t, "/traffic"); !strings.Contains(a.body, "tenward console link") {
		t.Error("the page does not say how to get a link")
	}
}

func TestCloseEndsLinksAndSessions(t *testing.T) {
	s := newSite(t)
	s.enter(t)
	form := url.Values{"token": {token(t, s.console.NewLink())}}
	s.console.Close()
	if a := s.get(t, "/traffic"); a.status != http.StatusUnauthorized {
		t.Errorf("the session holds: %d", a.status)
	}
	if a := s.post(t, "/open", form); a.status != http.StatusGone {
		t.Errorf("the link opens: %d", a.status)
	}
}

func TestTheSeventeenthSessionEndsTheFirst(t *testing.T) {
	s := newSite(t)
	cookies := make([]*http.Cookie, 0, 17)
	for range 17 {
		a := s.post(t, "/open", url.Values{"token": {token(t, s.console.NewLink())}})
		cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
		if err != nil {
			t.Fatal(err)
		}
		cookies = append(cookies, cookie)
	}
	s.Jar = nil
	for i, want := range map[int]int{0: http.StatusUnauthorized, 1: http.StatusOK, 16: http.StatusOK} {
		r, err := http.NewRequest(http.MethodGet, s.origin+"/traffic", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookies[i])
		if a := s.send(t, r); a.status != want {
			t.Errorf("session %d of 17: %d, want %d", i+1, a.status, want)
		}
	}
}

func TestOfManyLinksTheNewestStay(t *testing.T) {
	s := newSite(t)
	links := make([]string, 0, 33)
	for range 33 {
		links = append(links, token(t, s.console.NewLink()))
	}
	for i, want := range map[int]int{0: http.StatusGone, 1: http.StatusSeeOther, 32: http.StatusSeeOther} {
		if a := s.post(t, "/open", url.Values{"token": {links[i]}}); a.status != want {
			t.Errorf("link %d of 33: %d, want %d", i+1, a.status, want)
		}
	}
}
