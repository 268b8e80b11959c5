package authentication

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/problem"
)

//go:embed pages/*.html
var pageFiles embed.FS

const (
	languageCookie = "__Host-Http-tenward-lang"
	themeCookie    = "__Host-Http-tenward-theme"
)

// view is what a page shows, by the names that its template uses.
type view map[string]any

// Place is an application that somebody may open.
type Place struct{ Name, URL string }

// parsePages reads the templates once for each language.
func parsePages(u *ui.UI) (map[language]*template.Template, error) {
	pages := map[language]*template.Template{}
	for _, l := range languages {
		t, err := u.Fragments(template.FuncMap{"say": l.code.say, "agent": l.code.agentName, "when": minute}, pageFiles, "pages/*.html")
		if err != nil {
			return nil, err
		}
		pages[l.code] = t
	}
	return pages, nil
}

// minute is a time as every language reads it, and as letters have it.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// show writes a page of the portal.
func (s *Service) show(w http.ResponseWriter, r *http.Request, status int, name, title string, v view) {
	l := languageOf(r)
	if chosen, ok := known(r.URL.Query().Get("lang")); ok {
		l = chosen
		http.SetCookie(w, hostCookie(languageCookie, string(l), 365*24*3600))
	}
	for _, other := range languages {
		if other.code != l {
			v["OtherLang"], v["OtherName"] = string(other.code), other.name
		}
	}
	heading, err := l.say(title, titleValues(v)...)
	if err == nil {
		if v["Title"] == "" {
			v["Title"] = heading
		}
		err = s.write(w, r, status, l, heading, name, v)
	}
	if err != nil {
		s.log.Error("a page of the portal cannot be shown", "page", name, "error", err)
		http.Error(w, problem.Internal(err).Error(), http.StatusInternalServerError)
	}
}

// titleValues are what a title has room for.
func titleValues(v view) []any {
	if name, ok := v["Name"]; ok && v["Token"] != nil {
		return []any{name}
	}
	return nil
}

func (s *Service) write(w http.ResponseWriter, r *http.Request, status int, l language, title, name string, v view) error {
	var content, page bytes.Buffer
	if err := s.pages[l].ExecuteTemplate(&content, name, v); err != nil {
		return err
	}
	theme, _ := cookie(r, themeCookie)
	wide, _ := v["Wide"].(bool)
	err := s.ui.Card(&page, ui.Card{
		Title: title, Lang: string(l), Theme: ui.ParseTheme(theme), Place: s.issuer, Under: s.portal.host, Wide: wide,
		Content: template.HTML(content.String()), //nolint:gosec // html/template made it
	})
	if err != nil {
		return err
	}
	if why, ok := v["Wrong"].(*problem.Problem); ok && why != nil && why.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(why.RetryAfter.Seconds()))) // RFC 9110 section 10.2.3
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // a client that has gone needs no answer
	return nil
}

// fail says what went wrong on a page of its own, with the id of the exchange's event to quote.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, status int, why *problem.Problem) {
	if x := gate.FromContext(r.Context()); x != nil {
		w.Header().Set(gate.EventHeader, x.ID.String())
		x.Note("problem", why.Code)
	}
	if status >= http.StatusInternalServerError {
		s.log.Error("the portal cannot answer", "path", r.URL.Path, "error", errors.Unwrap(why), "problem", why.Code)
	}
	s.show(w, r, status, "said", "said.title", view{"Title": why.Sentence, "Wrong": why})
}

// statusOf is the status for a refusal.
func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrThrottled):
		return http.StatusTooManyRequests
	case errors.Is(err, errWrong), errors.Is(err, errCode), errors.Is(err, errBegin):
		return http.StatusUnauthorized
	case errors.Is(err, errInvitation):
		return http.StatusGone
	case errors.Is(err, errHandover), errors.Is(err, errPlace):
		return http.StatusBadRequest
	case strings.HasPrefix(problem.Of(err).Code, "authentication.password."):
		return http.StatusUnprocessableEntity
	default:
		return http.StatusServiceUnavailable
	}
}

// hostOf is the host that was asked, as the gate has normalised it.
func hostOf(r *http.Request) string {
	if x := gate.FromContext(r.Context()); x != nil {
		return x.Host
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		return r.Host
	}
	return host
}
