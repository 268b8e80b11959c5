package console

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/problem"
)

// titled is data that names its page itself.
type titled interface{ Heading() string }

// still is data that may stand still though its page has live parts: an older part of a list.
type still interface{ Still() bool }

// faulty is data of a page that could not be asked for as it was, and says so itself. Programs get the problem.
type faulty interface{ Fault() *problem.Problem }

// faultOf is what is wrong with what was asked; nil where nothing is.
func faultOf(data any) *problem.Problem {
	if f, ok := data.(faulty); ok {
		return f.Fault()
	}
	return nil
}

// hole is a named part of a path.
var hole = regexp.MustCompile(`\{([a-z]+)\}`)

// query is what a page is asked for: the address's parameters, and the path's values.
func (p *page) query(r *http.Request) url.Values {
	q := r.URL.Query()
	for _, name := range p.holes() {
		q.Set(name, r.PathValue(name))
	}
	return q
}

// show answers with the page.
func (c *Console) show(p *page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := p.query(r)
		data, err := p.Load(r.Context(), q)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		c.writePage(w, r, p, q, data)
	}
}

// writePage puts the shell around what a page shows. Nothing is written before all of it is rendered.
func (c *Console) writePage(w http.ResponseWriter, r *http.Request, p *page, q url.Values, data any) {
	session := sessionOf(r.Context())
	frame := ui.Frame{
		Title: p.Title, Path: localPath(r.URL.RequestURI()), Theme: theme(r), Subject: c.subject(), Name: session.Person.Name, Until: session.Ends,
	}
	if t, ok := data.(titled); ok {
		frame.Title = t.Heading()
	}
	wrong := faultOf(data)
	if s, ok := data.(still); p.live && wrong == nil && (!ok || !s.Still()) {
		frame.Live = address(p.Path+"/live", q)
	}
	if f := c.flashes.of(session); f != nil {
		frame.Flash = ui.Flash{Sentence: f.sentence, Undo: f.token}
	}
	frame.Views = c.places(r.Context())
	var content, whole bytes.Buffer
	frame.Groups, frame.Tabs = c.navigation(r.Context(), p), c.tabs(r.Context(), p, q)
	err := p.body.Execute(&content, data)
	if err == nil {
		frame.Content = template.HTML(content.String()) //nolint:gosec // rendered by html/template
		err = c.ui.Page(&whole, frame)
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if wrong != nil {
		w.WriteHeader(statusOf(wrong))
	}
	_, _ = whole.WriteTo(w) // the reader may have gone
}

// fail says a problem to people; any other error is internal.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	c.refuse(w, r, statusOf(p), p)
}

// statusOf reads the last word of a problem's code.
func statusOf(p *problem.Problem) int {
	if strings.HasPrefix(p.Code, "index.query.") {
		return http.StatusBadRequest
	}
	switch p.Code[strings.LastIndexByte(p.Code, '.')+1:] {
	case "internal":
		return http.StatusInternalServerError
	case "unknown":
		return http.StatusNotFound
	case "malformed":
		return http.StatusBadRequest
	case "unreadable", "unwritable":
		return http.StatusServiceUnavailable
	default:
		return http.StatusConflict
	}
}

// parts renders the live parts of a page, by the id of the element that holds each.
func (p *page) parts(data any) (map[string]string, error) {
	parts := map[string]string{}
	for _, t := range p.body.Templates() {
		if !isLive(t) {
			continue
		}
		var b strings.Builder
		if err := t.Execute(&b, data); err != nil {
			return nil, fmt.Errorf("render %s of page %s: %w", t.Name(), p.Title, err)
		}
		parts[t.Name()] = b.String()
	}
	return parts, nil
}

func (c *Console) subject() string {
	if n := len(c.o.Services); n != 1 {
		return fmt.Sprintf("%d services protected", n)
	}
	return "1 service protected"
}
