package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// The name binds the cookie to this one origin and to TLS (RFC 6265bis section 4.1.3.2).
const themeCookie = "__Host-Http-tenward-theme"

// maxForm bounds what a form may send.
const maxForm = 64 << 10

type sessionKey struct{}

// inside lets only those through who have signed in and hold the role.
func (c *Console) inside(role string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session := c.o.Session(r)
		if session == nil {
			c.refuse(w, r, http.StatusUnauthorized, errNoSession)
			return
		}
		may, err := c.o.May(r.Context(), session, role)
		switch {
		case err != nil:
			c.fail(w, r, err)
		case !may:
			c.refuse(w, r, http.StatusForbidden, noRole(session.Person, role))
		default:
			ctx, err := c.knowing(context.WithValue(r.Context(), sessionKey{}, session), session)
			if err != nil {
				c.fail(w, r, err)
				return
			}
			next(w, r.WithContext(ctx))
		}
	}
}

// knowing says to pages and actions who asks, and what the greatest role is that they hold.
func (c *Console) knowing(ctx context.Context, session *identity.Session) (context.Context, error) {
	ctx = practice.WithActor(ctx, string(session.Person.ID))
	for _, role := range practice.ConsoleRoles() {
		may, err := c.o.May(ctx, session, role)
		if err != nil {
			return nil, err
		}
		if may {
			return practice.WithRole(ctx, role), nil
		}
	}
	return ctx, nil
}

// noRole says what is missing, and how it is given.
func noRole(p *identity.Person, role string) *problem.Problem {
	why := *errNoRole
	why.Sentence = "You are signed in as " + p.Account + ", and this page needs the role " + role + " or one that contains it."
	return &why
}

// sessionOf is the session that inside found.
func sessionOf(ctx context.Context) *identity.Session {
	session, _ := ctx.Value(sessionKey{}).(*identity.Session)
	return session
}

func cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
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
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.Query().Encode()}).String()
}
