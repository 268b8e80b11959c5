package console

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
)

//go:embed pages/*.html
var pageFiles embed.FS

// groups are the navigation's, in order.
var groups = []string{"", "Watch", "Protect", "Improve", "Prove", "System"}

// The console's own permissions; its pages belong to no single practice.
const (
	seeState     = "console.state.read"
	readRecord   = "console.record.read"
	readSettings = "console.settings.read"
	shareViews   = "console.view.share"
	loadSettings = "console.settings.load"
)

var ownPermissions = []practice.Permission{
	{Name: seeState, Title: "See how things stand", Role: practice.RoleReader},
	{Name: readRecord, Title: "Read the record", Role: practice.RoleAuditor},
	{Name: shareViews, Title: "Share views of the record", Role: practice.RoleAdmin},
	{Name: askNow, Title: "Ask a check now", Role: practice.RoleAdmin},
	{Name: readSettings, Title: "Read the configuration", Role: practice.RoleAuditor},
	{Name: loadSettings, Title: "Load the configuration from its file", Role: practice.RoleAdmin},
}

// own are the pages of no single practice.
func (c *Console) own() []practice.Page {
	return []practice.Page{
		{
			Path: "/overview", Title: "Overview", Icon: "overview", Key: "o", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/overview.html", "pages/causes.html"}, Data: &overview{}, Load: c.loadOverview,
		},
		{
			Path: "/practices", Group: "Prove", Title: "Practices", Icon: "practices", Key: "p", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/practices.html", "pages/checks.html"}, Data: &practices{}, Query: byStatus(), Load: c.loadPractices,
		},
		{
			Path: "/practices/{slug}", Below: "/practices", Title: "Practice", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/practice.html", "pages/checks.html"}, Data: &practicePage{}, Query: byStatus(bySlug()), Load: c.loadPractice,
		},
		{
			Path: "/practices/{slug}/{check}", Below: "/practices", Title: "Check", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/check.html"}, Data: &checkPage{}, Query: byCheck(), Load: c.loadCheck,
		},
		{
			Path: "/traffic", Group: "Watch", Title: "Traffic", Icon: "traffic", Key: "t", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/traffic.html", "pages/rows.html", "pages/causes.html"}, Data: &trafficPage{}, Load: c.loadTraffic,
		},
		{
			Path: "/services", Group: "Protect", Title: "Services", Icon: "services", Key: "s", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/services.html"}, Data: &services{}, Load: c.loadServices,
		},
		{
			Path: "/services/{name}", Below: "/services", Title: "Service", Permission: seeState,
			Files: pageFiles, Templates: []string{"pages/service.html"}, Data: &service{}, Query: byService(), Load: c.loadService,
		},
		{
			Path: "/settings", Group: "System", Title: "Settings", Icon: "settings", Key: ",", Permission: readSettings,
			Files: pageFiles, Templates: []string{"pages/settings.html"}, Data: &settings{}, Load: c.loadSettings,
		},
		{
			Path: "/events", Group: "Watch", Title: "Events", Icon: "events", Key: "e", Permission: readRecord,
			Files: pageFiles, Templates: []string{"pages/events.html", "pages/rows.html"}, Data: &list{}, Query: byQuery(), Load: c.loadEvents,
		},
		{
			Path: "/events/{id}", Below: "/events", Title: "Event", Permission: readRecord,
			Files: pageFiles, Templates: []string{"pages/event.html"}, Data: &one{}, Query: byEvent(), Load: c.loadEvent,
		},
	}
}

// ownActions are what can be done on the console's own pages.
func (c *Console) ownActions() []practice.Action {
	return []practice.Action{
		{Name: askNow, Title: "Ask now", Permission: askNow, Form: []practice.Field{checkAsked()}, Do: c.askCheck},
		{Name: loadSettings, Title: "Load the configuration", Permission: loadSettings, Do: c.loadFile},
	}
}

// page is a page in its place.
type page struct {
	practice.Page
	role string // whom it is for
	body *template.Template
	live bool // some of its parts are renewed as they change
}

// register takes the console's own pages and those of the practices, in the navigation's order.
func (c *Console) register() error {
	for _, given := range [...][]practice.Permission{ownPermissions, c.o.Permissions} {
		for _, p := range given {
			c.roles[p.Name] = p.Role
		}
	}
	for _, p := range append(c.own(), c.o.Pages...) {
		role, err := c.roleFor(p.Permission)
		if err != nil {
			return fmt.Errorf("register page %s: %w", p.Path, err)
		}
		if !slices.Contains(groups, p.Group) {
			return fmt.Errorf("register page %s: the navigation has no group %q", p.Path, p.Group)
		}
		one := &page{Page: p, role: role}
		if one.body, err = c.ui.Parse(p.Files, p.Templates...); err != nil {
			return fmt.Errorf("register page %s: %w", p.Path, err)
		}
		one.live = slices.ContainsFunc(one.body.Templates(), isLive)
		c.pages = append(c.pages, one)
	}
	for _, p := range c.o.Bare {
		role, err := c.roleFor(p.Permission)
		if err != nil {
			return fmt.Errorf("register %s: %w", p.Path, err)
		}
		c.bare = append(c.bare, &page{Page: p, role: role})
	}
	slices.SortStableFunc(c.pages, func(a, b *page) int { return slices.Index(groups, a.Group) - slices.Index(groups, b.Group) })
	for _, a := range slices.Concat(c.ownActions(), c.viewActions(), c.o.Actions) {
		role, err := c.roleFor(a.Permission)
		if err != nil {
			return fmt.Errorf("register action %s: %w", a.Name, err)
		}
		if a.Effect != nil && !slices.ContainsFunc(a.Form, func(f practice.Field) bool { return f.Name == practice.Reason().Name }) {
			return fmt.Errorf("register action %s: it is asked about, and its form has no reason", a.Name)
		}
		c.actions[a.Name] = &action{a, role}
	}
	for _, r := range c.o.Remedies {
		role, err := c.roleFor(r.Permission)
		if err != nil {
			return fmt.Errorf("register remedy %s: %w", r.Name, err)
		}
		c.cures = append(c.cures, cure{r, role})
	}
	var err error
	c.description, err = c.described()
	return err
}

func isLive(t *template.Template) bool { return strings.HasPrefix(t.Name(), ui.LivePrefix) }

// roleFor is the least role that has a permission. One that nobody has defined is a mistake at the start, not a page
// that everybody sees.
func (c *Console) roleFor(permission string) (string, error) {
	role := c.roles[permission]
	if !slices.Contains([]string{practice.RoleReader, practice.RoleAuditor, practice.RoleAdmin, practice.RoleOwner}, role) {
		return "", fmt.Errorf("the permission %q has no role", permission)
	}
	return role, nil
}

// navigation is the rail for somebody: the pages that their role opens, with the mark on where they are.
func (c *Console) navigation(ctx context.Context, here *page) []ui.Group {
	at := c.root(here)
	var rail []ui.Group
	for _, p := range c.pages {
		if p.Below != "" || !practice.Holds(ctx, p.role) {
			continue
		}
		if n := len(rail); n == 0 || rail[n-1].Title != p.Group {
			rail = append(rail, ui.Group{Title: p.Group})
		}
		g := &rail[len(rail)-1]
		g.Items = append(g.Items, ui.Item{Title: p.Title, Path: p.Path, Icon: p.Icon, Key: p.Key, Here: p.Path == at})
	}
	return rail
}

// address is where a page is, for these values: those that its path names stand in it, the others behind it.
func address(pattern string, v url.Values) string {
	rest := url.Values{}
	for name, all := range v {
		if hole := "{" + name + "}"; strings.Contains(pattern, hole) {
			pattern = strings.ReplaceAll(pattern, hole, url.PathEscape(v.Get(name)))
		} else {
			rest[name] = all
		}
	}
	if len(rest) == 0 {
		return pattern
	}
	return pattern + "?" + rest.Encode()
}
