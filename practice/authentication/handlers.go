package authentication

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/authentication/totp"
	"github.com/tenward/tenward/problem"
)

func (s *Service) loginPage(w http.ResponseWriter, r *http.Request) {
	if session, err := s.portalSession(r); err == nil && session != nil && s.enough(session) {
		http.Redirect(w, r, onward(r), http.StatusSeeOther)
		return
	}
	s.showLogin(w, r, http.StatusOK, nil)
}

func (s *Service) showLogin(w http.ResponseWriter, r *http.Request, status int, wrong *problem.Problem) {
	to := onward(r)
	v := view{"Continue": to, "To": "", "Account": r.PostFormValue("account"), "Host": s.portal.host, "Wrong": wrong}
	if u, err := url.Parse(to); err == nil {
		if at, ok := s.handoverTo(r, u.Query().Get("host")); ok { // nobody else's words on this page
			v["To"] = at.Host
		}
	}
	s.show(w, r, status, "login", "login.title", v)
}

func (s *Service) showSecond(w http.ResponseWriter, r *http.Request, status int, wrong *problem.Problem) {
	s.show(w, r, status, "second", "second.title", view{"Continue": onward(r), "Wrong": wrong})
}

func (s *Service) login(w http.ResponseWriter, r *http.Request) {
	got, err := s.Password(r.Context(), r.PostFormValue("account"), r.PostFormValue("password"), from(r))
	if err != nil {
		s.showLogin(w, r, statusOf(err), problem.Of(err))
		return
	}
	setSession(w, got)
	if got.Second {
		http.Redirect(w, r, "/login/second?"+url.Values{"continue": {onward(r)}}.Encode(), http.StatusSeeOther)
		return
	}
	s.goOn(w, r)
}

// goOn leads to where somebody wanted to go who has signed in. To a browser the redirects that follow a form belong to it,
// also those of the application, and all must be what form-action names (CSP Level 3, section 6.4.2): so the form ends
// here, with a page, and the way on is another.
func (s *Service) goOn(w http.ResponseWriter, r *http.Request) {
	to := onward(r)
	if to == "/" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	w.Header().Set("Refresh", "0; url="+to)
	s.show(w, r, http.StatusOK, "onward", "onward.title", view{"To": to})
}

func (s *Service) secondPage(w http.ResponseWriter, r *http.Request) {
	session, err := s.portalSession(r)
	switch {
	case err != nil:
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
	case session == nil:
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	case s.enough(session):
		http.Redirect(w, r, onward(r), http.StatusSeeOther)
	default:
		s.showSecond(w, r, http.StatusOK, nil)
	}
}

func (s *Service) second(w http.ResponseWriter, r *http.Request) {
	session, err := s.portalSession(r)
	if err != nil || session == nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	note(r, session)
	got, err := s.Second(r.Context(), session, r.PostFormValue("code"), from(r))
	if err != nil {
		s.showSecond(w, r, statusOf(err), problem.Of(err))
		return
	}
	setSession(w, got)
	s.goOn(w, r)
}

func (s *Service) logout(w http.ResponseWriter, r *http.Request) {
	session, err := s.portalSession(r)
	if err == nil && session != nil {
		note(r, session)
		err = s.SignOut(r.Context(), session, from(r))
	}
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		return
	}
	http.SetCookie(w, hostCookie(sessionCookie, "", -1))
	s.show(w, r, http.StatusOK, "said", "out.title", view{"Title": "", "Wrong": (*problem.Problem)(nil)})
}

func (s *Service) recoverPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "recover", "recover.title", view{})
}

func (s *Service) enrolPage(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	browser, _ := cookie(r, enrolCookie)
	e, err := s.Enrolment(r.Context(), token, browser)
	if err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	s.show(w, r, http.StatusOK, "enrol", "enrol.title", s.enrolData(e, token, nil))
}

func (s *Service) enrolData(e *Enrolment, token string, wrong *problem.Problem) view {
	return view{"Name": e.Person.Name, "Account": e.Person.Account, "Token": token, "Least": s.leastPassword(), "Wrong": wrong}
}

func (s *Service) enrolPassword(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	browser, _ := cookie(r, enrolCookie)
	bound, err := s.ChoosePassword(r.Context(), token, browser, r.PostFormValue("password"), from(r))
	if err == nil {
		http.SetCookie(w, hostCookie(enrolCookie, bound, int(s.conf.Invitation.Std().Seconds())))
		http.Redirect(w, r, "/enrol/factor?"+url.Values{"token": {token}}.Encode(), http.StatusSeeOther)
		return
	}
	e, found := s.Enrolment(r.Context(), token, browser)
	if found != nil {
		s.fail(w, r, statusOf(found), problem.Of(found))
		return
	}
	s.show(w, r, statusOf(err), "enrol", "enrol.title", s.enrolData(e, token, problem.Of(err)))
}

func (s *Service) factorPage(w http.ResponseWriter, r *http.Request) {
	s.showFactor(w, r, http.StatusOK, r.URL.Query().Get("token"), nil)
}

func (s *Service) showFactor(w http.ResponseWriter, r *http.Request, status int, token string, wrong *problem.Problem) {
	browser, _ := cookie(r, enrolCookie)
	e, err := s.Enrolment(r.Context(), token, browser)
	if err == nil && (!e.HasPassword || browser == "") {
		err = errInvitation
	}
	if err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	secret, err := s.AppSecret(r.Context(), e)
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		return
	}
	label, err := languageOf(r).say("factor.picture")
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Internal(err))
		return
	}
	picture, err := totp.QR(totp.URI(s.issuer, e.Person.Account, secret), label)
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Internal(err))
		return
	}
	s.show(w, r, status, "factor", "factor.title", view{"QR": picture, "Secret": totp.Grouped(secret), "Token": token, "Wrong": wrong})
}

func (s *Service) enrolFactor(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	browser, _ := cookie(r, enrolCookie)
	codes, got, err := s.Enrol(r.Context(), token, browser, r.PostFormValue("code"), from(r))
	if err != nil {
		s.showFactor(w, r, statusOf(err), token, problem.Of(err))
		return
	}
	setSession(w, got)
	http.SetCookie(w, hostCookie(enrolCookie, "", -1))
	s.show(w, r, http.StatusOK, "codes", "codes.title", view{"Codes": codes, "Continue": "/"})
}

// continueTo hands a session over to the host that asked for it.
func (s *Service) continueTo(w http.ResponseWriter, r *http.Request) {
	session, err := s.portalSession(r)
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		return
	}
	if session == nil || !s.enough(session) {
		http.Redirect(w, r, "/login?"+url.Values{"continue": {"/continue?" + r.URL.RawQuery}}.Encode(), http.StatusSeeOther)
		return
	}
	note(r, session)
	q := r.URL.Query()
	at, ok := s.handoverTo(r, q.Get("host"))
	if !ok {
		s.fail(w, r, http.StatusBadRequest, errPlace)
		return
	}
	code, err := s.HandOver(r.Context(), session, at.Hostname(), q.Get("challenge"), q.Get("path"))
	if err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	at.Path, at.RawQuery = "/.tenward/enter", url.Values{"code": {code}}.Encode()
	http.Redirect(w, r, at.String(), http.StatusSeeOther) //nolint:gosec // handoverTo takes our own hosts only
}

// enter is on an application's host: it takes the code that the portal gave.
func (s *Service) enter(w http.ResponseWriter, r *http.Request) {
	verifier, _ := cookie(r, verifierCookie)
	host := hostOf(r)
	token, path, err := s.Redeem(r.Context(), r.URL.Query().Get("code"), host, verifier, from(r))
	if err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	http.SetCookie(w, hostCookie(sessionCookie, token, 0))
	http.Redirect(w, r, path, http.StatusSeeOther) //nolint:gosec // safePath, when it was kept
}

// leave is on an application's host: it signs out everywhere.
func (s *Service) leave(w http.ResponseWriter, r *http.Request) {
	host := hostOf(r)
	if token, one := cookie(r, sessionCookie); one && token != "" {
		session, err := s.sessions.Find(r.Context(), token, s.origins[host].Face, host)
		if err == nil {
			note(r, session)
			err = s.SignOut(r.Context(), session, from(r))
		}
		if err != nil && !errors.Is(err, identity.ErrNoSession) {
			s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
			return
		}
	}
	http.SetCookie(w, hostCookie(sessionCookie, "", -1))
	http.Redirect(w, r, s.portalFor(r, s.origins[host])+"/login", http.StatusSeeOther)
}

func (s *Service) homePage(w http.ResponseWriter, r *http.Request, session *identity.Session) {
	places, err := s.open(r.Context(), session)
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		return
	}
	s.show(w, r, http.StatusOK, "home", "home.title", view{
		"Name": session.Person.Name, "Places": places, "Wrong": (*problem.Problem)(nil),
	})
}

func (s *Service) securityPage(w http.ResponseWriter, r *http.Request, session *identity.Session) {
	ctx := r.Context()
	apps, err := s.factors.apps(ctx, session.Person.ID)
	left, leftErr := s.factors.recoveryLeft(ctx, session.Person.ID)
	rows, rowsErr := s.sessions.List(ctx, session.Person.ID)
	logins, loginsErr := s.logins(ctx, session.Person.ID)
	if err := errors.Join(err, leftErr, rowsErr, loginsErr); err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Internal(err))
		return
	}
	type row struct {
		identity.Row
		Here bool
	}
	list := make([]row, len(rows))
	for i, one := range rows {
		list[i] = row{one, one.ID == session.ID}
	}
	s.show(w, r, http.StatusOK, "security", "security.title", view{
		"Name": session.Person.Name, "Apps": apps, "CodesLeft": left, "Sessions": list, "Logins": logins, "Wrong": (*problem.Problem)(nil), "Wide": true,
	})
}

func (s *Service) renewCodes(w http.ResponseWriter, r *http.Request, session *identity.Session) {
	ctx := r.Context()
	var codes []string
	tries := codeTries(string(session.Person.ID), session.ID)
	if err := s.throttle.count(ctx, tries...); err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	err := s.box.Do(ctx, func(c *outbox.Change) error {
		// Whoever finds an open browser must not make themselves a way in that lasts (NIST SP 800-63B-4 section 4.1.2).
		proven, err := s.factors.useCode(ctx, c, session.Person.ID, r.PostFormValue("code"))
		if err != nil {
			return err
		}
		if !proven {
			return errCode
		}
		if codes, err = s.factors.newRecoveryCodes(ctx, c, session.Person.ID); err != nil {
			return err
		}
		c.Record(about(session.Person, event.UserManagement, userEnableFactors, kindCodesMade, "Made new recovery codes; the older ones ended.", from(r)))
		return s.tell(ctx, c, session.Person, "codes")
	})
	if err != nil {
		s.fail(w, r, statusOf(err), problem.Of(err))
		return
	}
	s.throttle.clear(ctx, tries...)
	s.show(w, r, http.StatusOK, "codes", "codes.title", view{"Codes": codes, "Continue": "/security"})
}

func (s *Service) endSession(w http.ResponseWriter, r *http.Request, session *identity.Session) {
	ctx := r.Context()
	err := s.box.Do(ctx, func(c *outbox.Change) error {
		if err := s.sessions.End(ctx, c, session.Person.ID, r.PostFormValue("session")); err != nil && !errors.Is(err, identity.ErrNotFound) {
			return err
		}
		c.Record(about(session.Person, event.Authentication, logoff, kindLogout, "Ended one of their sessions.", from(r)))
		return nil
	})
	s.back(w, r, err)
}

func (s *Service) endOthers(w http.ResponseWriter, r *http.Request, session *identity.Session) {
	s.back(w, r, s.SignOutOthers(r.Context(), session, from(r)))
}

func (s *Service) back(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		s.fail(w, r, http.StatusServiceUnavailable, problem.Of(err))
		return
	}
	http.Redirect(w, r, "/security", http.StatusSeeOther)
}
