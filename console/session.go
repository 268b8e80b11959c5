package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/console/ui"
)

// The names that begin with __Host- bind the cookies to this one origin and to TLS (RFC 6265bis section 4.1.3.2).
const (
	sessionCookie = "__Host-tenward-console"
	themeCookie   = "__Host-tenward-theme"
)

// maxForm bounds what a form may send.
const maxForm = 4 << 10

// openPage shows the button that uses a link up. A GET uses nothing: mail scanners and previews follow links.
func (c *Console) openPage(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if _, ok := c.links.find(token); !ok {
		c.refuse(w, r, http.StatusGone, errLinkUsed)
		return
	}
	c.writeNotice(w, r, http.StatusOK, ui.Notice{
		Title: "Open the console", Theme: theme(r),
		Sentence: "This link opens the console once, for 30 minutes, in this browser.",
		Next:     "It only shows what happens. Nothing can be changed here.", Open: token,
	})
}

// open uses a link up and begins a session. The form stands on a page of this origin, so the new cookie is sent along
// with the redirect, although SameSite=Strict would hold it back from somebody who comes from elsewhere.
func (c *Console) open(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	link, ok := c.links.take(r.PostFormValue("token"))
	if !ok {
		c.refuse(w, r, http.StatusGone, errLinkUsed)
		return
	}
	if err := c.o.Opened(r.Context(), r); err != nil {
		c.links.put(link) // it opened nothing
		c.refuse(w, r, http.StatusServiceUnavailable, errNotRecorded.Because(err))
		return
	}
	token, _ := c.sessions.issue()
	http.SetCookie(w, cookie(sessionCookie, token, int(sessionLife.Seconds())))
	http.Redirect(w, r, c.pages[0].path, http.StatusSeeOther)
}

func cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

type sessionKey struct{}

// inside lets only sessions through.
func (c *Console) inside(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, ok := c.session(r)
		if !ok {
			c.refuse(w, r, http.StatusUnauthorized, errNoSession)
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, session)))
	}
}

// session is the one that a request's cookie names.
func (c *Console) session(r *http.Request) (grant, bool) {
	sent, err := r.Cookie(sessionCookie)
	if err != nil {
		return grant{}, false
	}
	return c.sessions.find(sent.Value)
}

func (c *Console) inSession(r *http.Request) bool {
	_, ok := c.session(r)
	return ok
}

// sessionOf is the session that inside found.
func sessionOf(ctx context.Context) grant {
	session, _ := ctx.Value(sessionKey{}).(grant)
	return session
}

// theme is what the cookie remembers, so that the server renders it and no page flashes.
func theme(r *http.Request) ui.Theme {
	sent, err := r.Cookie(themeCookie)
	if err != nil {
		return ui.System
	}
	return ui.ParseTheme(sent.Value)
}

// setTheme remembers the theme and goes back to the page.
func (c *Console) setTheme(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	chosen := ui.ParseTheme(r.PostFormValue("theme"))
	http.SetCookie(w, cookie(themeCookie, chosen.Word(), 365*24*3600))
	http.Redirect(w, r, localPath(r.PostFormValue("next")), http.StatusSeeOther)
}

// localPath is an address of the console, whatever was sent: two slashes, or a slash and a backslash, would lead to
// another site.
func localPath(sent string) string {
	u, err := url.Parse(sent)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/traffic"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.Query().Encode()}).String()
}
