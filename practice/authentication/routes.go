package authentication

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// maxForm bounds what a form may send.
const maxForm = 16 << 10

// routes are the portal's, and those on every host that sessions are handed over to.
func (s *Service) routes() []practice.Route {
	var list []practice.Route
	portal := func(pattern string, h http.HandlerFunc) {
		list = append(list, practice.Route{Pattern: pattern, Face: practice.Portal, Handler: s.guarded(h)})
	}
	portal("GET /assets/", s.ui.Assets().ServeHTTP)
	portal("GET /login", s.loginPage)
	portal("POST /login", s.login)
	portal("GET /login/second", s.secondPage)
	portal("POST /login/second", s.second)
	portal("POST /logout", s.logout)
	portal("GET /recover", s.recoverPage)
	portal("GET /enrol", s.enrolPage)
	portal("POST /enrol/password", s.enrolPassword)
	portal("GET /enrol/factor", s.factorPage)
	portal("POST /enrol/factor", s.enrolFactor)
	portal("GET /continue", s.continueTo)
	portal("GET /security", s.inside(s.securityPage))
	portal("POST /security/codes", s.inside(s.renewCodes))
	portal("POST /security/end", s.inside(s.endSession))
	portal("POST /security/others", s.inside(s.endOthers))
	portal("GET /{$}", s.inside(s.homePage))
	portal("/", func(w http.ResponseWriter, r *http.Request) { s.fail(w, r, http.StatusNotFound, errNoPage) })

	here := func(pattern string, h http.HandlerFunc) {
		list = append(list, practice.Route{Pattern: pattern, Face: practice.Public, Handler: s.guarded(h)})
	}
	here("GET /.tenward/enter", s.enter)
	here("POST /.tenward/logout", s.leave)
	return list
}

var (
	errNoPage = problem.New("authentication.page.unknown", "There is no such page here.", "Begin at your applications.")
	errForm   = problem.New("authentication.form.refused", "This form cannot be read.", "Load the page again, then fill it in anew.")
)

// guarded refuses what another site asks for in somebody's name (login CSRF too: the form must come from this very
// origin), bounds forms, and sets what goes with every answer.
func (s *Service) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, h := range answerHeaders {
			w.Header().Set(h[0], h[1])
		}
		if changes(r) {
			if !askedHere(r) {
				s.fail(w, r, http.StatusForbidden, errCross)
				return
			}
			r.Body = http.MaxBytesReader(w, r.Body, maxForm)
			if err := r.ParseForm(); err != nil {
				s.fail(w, r, http.StatusBadRequest, errForm.Because(err))
				return
			}
		}
		next(w, r)
	}
}

// answerHeaders go with every page of the portal (OWASP Secure Headers Project). It loads no script at all.
var answerHeaders = [...][2]string{
	{"Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cache-Control", "no-store"},
}

// handoverTo is the origin that an asked-for host means, if it is one that sessions are handed over to. Cookies know no
// ports: a code must not go to whatever else listens on the same host.
func (s *Service) handoverTo(r *http.Request, host string) (at *url.URL, ok bool) {
	at, err := url.Parse("https://" + host)
	if err != nil || at.Path != "" || at.User != nil || at.RawQuery != "" || at.ForceQuery || at.Fragment != "" || at.Host != host || strings.HasSuffix(host, ":") {
		return nil, false
	}
	origin, ok := s.origins[at.Hostname()]
	port := portOf(r.Host)
	if origin.Port != "" {
		port = portOf(":" + origin.Port)
	}
	return at, ok && portOf(at.Host) == port
}

// askedHere is stricter than sameOrigin: a form of ours always carries one of the two fields.
func askedHere(r *http.Request) bool {
	if r.Header["Origin"] == nil && r.Header.Get("Sec-Fetch-Site") == "" {
		return false
	}
	return sameOrigin(r)
}

type insideHandler func(w http.ResponseWriter, r *http.Request, session *identity.Session)

// inside lets only those through who have signed in, and sends the others to do so.
func (s *Service) inside(next insideHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, err := s.portalSession(r)
		switch {
		case err != nil:
			s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		case session == nil:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case !s.enough(session):
			http.Redirect(w, r, "/login/second", http.StatusSeeOther)
		default:
			note(r, session)
			next(w, r, session)
		}
	}
}

// portalSession is the session of the portal's cookie; nil when there is none.
func (s *Service) portalSession(r *http.Request) (*identity.Session, error) {
	token, one := cookie(r, sessionCookie)
	if !one || token == "" {
		return nil, nil //nolint:nilnil // nobody is signed in, which is no error
	}
	session, err := s.sessions.Find(r.Context(), token, identity.Portal, s.portal.host)
	if errors.Is(err, identity.ErrNoSession) {
		return nil, nil //nolint:nilnil // likewise
	}
	return session, err
}

// note says on the exchange's event who it was.
func note(r *http.Request, session *identity.Session) {
	if x := gate.FromContext(r.Context()); x != nil {
		x.Session, x.User, x.Subject = session, session.User, string(session.Person.ID)
	}
}

// from is where a request comes from.
func from(r *http.Request) Where {
	w := Where{Agent: bounded(r.UserAgent())}
	if x := gate.FromContext(r.Context()); x != nil {
		w.Client = x.Client
	}
	w.Device, _ = cookie(r, deviceCookie)
	return w
}

// bounded is what is kept of a browser's name: what no database takes for text must not keep a sign-in off the record.
func bounded(agent string) string { return strings.ToValidUTF8(agent[:min(len(agent), 256)], "") }

// setSession gives the browser what it has earned.
func setSession(w http.ResponseWriter, got SignedIn) {
	http.SetCookie(w, hostCookie(sessionCookie, got.Token, 0))
	if got.Device != "" {
		http.SetCookie(w, hostCookie(deviceCookie, got.Device, 400*24*3600))
	}
}

// hostCookie is bound to one host and to TLS, and out of script's reach. Age 0 ends with the browser, below 0 now.
// Lax, because people arrive at a portal by links; what changes anything asks for its own origin besides.
func hostCookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

// onward is where a form's hidden field leads after signing in: the portal's own way to a host, or home.
func onward(r *http.Request) string {
	to := r.FormValue("continue")
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path != "/continue" || strings.HasPrefix(to, "//") {
		return "/"
	}
	return (&url.URL{Path: "/continue", RawQuery: u.Query().Encode()}).String()
}
