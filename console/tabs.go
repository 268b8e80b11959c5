package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
)

// Practices that know nothing of each other show parts of the same thing on pages of their own. What they share is the
// path: a page below another one whose address needs no other values than that one's is a tab of it. So one practice shows
// a person at /people/{id}, another what they may do at /people/{id}/roles, and the console puts the tabs above both.

// at gives the page of this path, or nil.
func (c *Console) at(path string) *page {
	if i := slices.IndexFunc(c.pages, func(p *page) bool { return p.Path == path }); i >= 0 {
		return c.pages[i]
	}
	return nil
}

// root is the path in the navigation that a page belongs to.
func (c *Console) root(p *page) string {
	for range c.pages { // each is above the one before, or this ends
		if p == nil || p.Below == "" {
			break
		}
		p = c.at(p.Below)
	}
	if p == nil {
		return ""
	}
	return p.Path
}

// tabs are the pages about what a page is about, for these values of its path: its own tab is among them. Where it is
// alone there are none.
func (c *Console) tabs(ctx context.Context, here *page, v url.Values) []ui.Item {
	first := here
	if above := c.at(here.Below); above != nil && sameHoles(above, here) {
		first = above
	}
	all := []*page{first}
	for _, p := range c.pages {
		if p.Below == first.Path && sameHoles(p, first) {
			all = append(all, p)
		}
	}
	var tabs []ui.Item
	for _, p := range all {
		if practice.Holds(ctx, p.role) {
			tabs = append(tabs, ui.Item{Title: cmp.Or(p.Tab, p.Title), Path: address(p.Path, p.own(v)), Here: p == here})
		}
	}
	if len(tabs) < 2 {
		return nil
	}
	return tabs
}

// sameHoles says whether two paths need the same values.
func sameHoles(a, b *page) bool { return slices.Equal(a.holes(), b.holes()) }

// holes are the values that the path needs, in order.
func (p *page) holes() []string {
	found := hole.FindAllStringSubmatch(p.Path, -1)
	names := make([]string, 0, len(found))
	for _, name := range found {
		names = append(names, name[1])
	}
	return names
}

// own are those of the values that the path needs.
func (p *page) own(v url.Values) url.Values {
	own := url.Values{}
	for _, name := range p.holes() {
		own.Set(name, v.Get(name))
	}
	return own
}
