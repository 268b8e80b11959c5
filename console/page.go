package console

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/problem"
)

//go:embed pages/*.html
var pageFiles embed.FS

// page is one place of the console. The same view is rendered as HTML and as JSON.
type page struct {
	group, title, path, icon string
	key                      string // goes there after g
	template                 string
	role                     string // whom it is for

	// load gives what the page shows to a query. Age is how old the rows may be.
	load func(ctx context.Context, query url.Values, age time.Duration) (view, error)

	body *template.Template
}

// view is what a page shows.
type view interface {
	// live says where the page's live parts come from; empty when it stands still.
	live() string
}

func (c *Console) loadPages() error {
	c.pages = []*page{
		{group: "Watch", title: "Traffic", path: "/traffic", icon: "traffic", key: "t", template: "traffic.html", role: roleReader, load: c.loadTraffic},
		{group: "Watch", title: "Events", path: "/events", icon: "events", key: "e", template: "events.html", role: roleAuditor, load: c.loadEvents},
	}
	var err error
	for _, p := range c.pages {
		if p.body, err = c.ui.Parse(pageFiles, "pages/"+p.template, "pages/rows.html"); err != nil {
			return err
		}
	}
	c.oneEvent, err = c.ui.Parse(pageFiles, "pages/event.html")
	return err
}

// show answers with the page.
func (c *Console) show(p *page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := p.load(r.Context(), r.URL.Query(), 0)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		c.writePage(w, r, p.title, p.path, p.body, v)
	}
}

// writePage puts the shell around what a page shows. Nothing is written before all of it is rendered.
func (c *Console) writePage(w http.ResponseWriter, r *http.Request, title, here string, body *template.Template, v view) {
	var content, whole bytes.Buffer
	err := body.Execute(&content, v)
	if err == nil {
		err = c.ui.Page(&whole, ui.Frame{
			Title: title, Path: localPath(r.URL.RequestURI()), Theme: theme(r), Groups: c.groups(here), Live: v.live(),
			Subject: c.subject(), Name: sessionOf(r.Context()).Person.Name, Until: sessionOf(r.Context()).Ends,
			Content: template.HTML(content.String()), //nolint:gosec // rendered by html/template
		})
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = whole.WriteTo(w) // the reader may have gone
}

// fail says a problem to people; any other error is internal.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	status := http.StatusInternalServerError
	switch p.Code {
	case errUnknownEvent.Code:
		status = http.StatusNotFound
	case errFilter.Code:
		status = http.StatusBadRequest
	}
	c.refuse(w, r, status, p)
}

// parts renders the live parts of a page, by the id of the element that holds each.
func (p *page) parts(v view) (map[string]string, error) {
	parts := map[string]string{}
	for _, t := range p.body.Templates() {
		if !strings.HasPrefix(t.Name(), ui.LivePrefix) {
			continue
		}
		var b strings.Builder
		if err := t.Execute(&b, v); err != nil {
			return nil, fmt.Errorf("render %s of page %s: %w", t.Name(), p.title, err)
		}
		parts[t.Name()] = b.String()
	}
	return parts, nil
}

// groups is the navigation, with the mark on where somebody is.
func (c *Console) groups(here string) []ui.Group {
	var groups []ui.Group
	for _, p := range c.pages {
		if n := len(groups); n == 0 || groups[n-1].Title != p.group {
			groups = append(groups, ui.Group{Title: p.group})
		}
		g := &groups[len(groups)-1]
		g.Items = append(g.Items, ui.Item{Title: p.title, Path: p.path, Icon: p.icon, Key: p.key, Here: p.path == here})
	}
	return groups
}

func (c *Console) subject() string {
	if n := len(c.o.Services); n != 1 {
		return fmt.Sprintf("%d services protected", n)
	}
	return "1 service protected"
}
