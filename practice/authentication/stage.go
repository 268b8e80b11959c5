package authentication

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
)

const (
	kindRefused = "authentication.request.refused"
	kindCross   = "authentication.request.cross-site"
)

// The cookies. Their prefix binds them to one host, to TLS and to the root path (RFC 6265bis section 4.1.3.2), so that
// no sibling host can set or overwrite one. The gate takes all of them out of what an upstream gets.
const (
	sessionCookie  = gate.SessionCookie
	verifierCookie = sessionCookie + "-verifier"
	deviceCookie   = sessionCookie + "-device"
	enrolCookie    = sessionCookie + "-enrol"
)

var (
	errSignIn = problem.New("authentication.required", "This page needs a sign-in.", "Open it in a browser and sign in, then try again.")
	errCross  = problem.New("authentication.cross-site", "Another site asked for this in your name, so it was not done.",
		"Open the page itself and do it there.")
	errTwice = problem.New("authentication.cookie.ambiguous", "The request carries two sign-ins.", "Delete this site's cookies, then sign in again.")
)

func (s *Service) stages() []gate.Stage {
	return []gate.Stage{{Name: "authentication.session", Phase: gate.Headed, Run: s.session}}
}

// session finds out who asks. Who may not stay a stranger here is sent to the portal.
func (s *Service) session(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
	origin, ours := s.origins[x.Host]
	if !ours {
		return gate.Verdict{}, nil // the portal, which sees to it itself
	}
	token, one := cookie(x.Request, sessionCookie)
	if !one {
		return gate.Refuse(http.StatusBadRequest, kindRefused, errTwice), nil
	}
	if token != "" {
		session, err := s.sessions.Find(ctx, token, origin.Face, x.Host)
		if err != nil && !errors.Is(err, identity.ErrNoSession) {
			return gate.Verdict{}, err
		}
		service := session != nil && session.Person.Kind != identity.Human
		if service && x.Run == "" {
			// It is good for what Tenward tries on its own gate, and for nothing else, also where strangers may come.
			return gate.Refuse(http.StatusUnauthorized, kindRefused, errSignIn), nil
		}
		if service || session != nil && s.enough(session) {
			if changes(x.Request) && !sameOrigin(x.Request) {
				return gate.Refuse(http.StatusForbidden, kindCross, errCross), nil
			}
			x.Session, x.User, x.Subject = session, session.User, string(session.Person.ID)
			return gate.Verdict{}, nil
		}
	}
	if x.Public {
		return gate.Verdict{}, nil
	}
	if !navigates(x.Request) {
		return gate.Refuse(http.StatusUnauthorized, kindRefused, errSignIn), nil
	}
	return gate.SendTo(s.ask(x, origin), kindRefused, errSignIn), nil
}

// ask gives the browser a verifier, and the portal's address with its challenge.
func (s *Service) ask(x *gate.Exchange, from Origin) string {
	// Several tabs may wait for the same sign-in: each code is good for the browser, not for the tab that asked last.
	verifier, _ := cookie(x.Request, verifierCookie)
	if len(verifier) != len(rand.Text()) {
		verifier = rand.Text()
	}
	x.SetCookie(&http.Cookie{Name: verifierCookie, Value: verifier, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 600})
	return s.portalFor(x.Request, from) + "/continue?" + url.Values{
		"host": {x.Request.Host}, "challenge": {Challenge(verifier)}, "path": {safePath(x.Request.URL.RequestURI())},
	}.Encode()
}

// portalFor is the portal's origin as somebody reaches it who asks for another: beside an application it answers on the
// port that they used, which need not be the one that is listened on.
func (s *Service) portalFor(r *http.Request, from Origin) string {
	if from.Port != "" {
		return s.portal.url
	}
	if port := portOf(r.Host); port != "" {
		return "https://" + net.JoinHostPort(s.portal.host, port)
	}
	return "https://" + s.portal.host
}

// portOf is the port of a Host field; empty for the scheme's own.
func portOf(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil || port == "443" {
		return ""
	}
	return port
}

// cookie gives the one cookie of this name. Two are none: nobody can say which one was meant.
func cookie(r *http.Request, name string) (value string, one bool) {
	all := r.CookiesNamed(name)
	switch len(all) {
	case 0:
		return "", true
	case 1:
		return all[0].Value, true
	default:
		return "", false
	}
}

// navigates says whether a person waits for a page, who can be sent elsewhere: scripts and forms cannot.
func navigates(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// changes says whether a request may do something: a WebSocket's handshake is a GET that does.
func changes(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return r.Header.Get("Upgrade") != ""
	default:
		return true
	}
}

// sameOrigin says whether a browser says that the page which asks is of this very origin. SameSite cookies do not: a
// sibling host is of the same site. Sec-Fetch-Site comes first, since a page that sends no referrer sends Origin: null
// even to itself (Fetch, section 3.2). Whoever sends neither field is no browser, and nobody can make them ask.
func sameOrigin(r *http.Request) bool {
	if site, ok := r.Header["Sec-Fetch-Site"]; ok {
		return len(site) == 1 && (site[0] == "same-origin" || site[0] == "none")
	}
	if origin, ok := r.Header["Origin"]; ok {
		return len(origin) == 1 && strings.EqualFold(origin[0], "https://"+r.Host)
	}
	return true
}
