package console_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/practice"
)

// orchard is two practices that show parts of the same trees, and know nothing of each other.
func orchard(asked *[]string) []practice.Page {
	files := fstest.MapFS{"page.html": {Data: []byte(`{{define "page"}}<h1>Tree</h1>{{end}}`)}}
	page := func(path, below, title, tab, permission string) practice.Page {
		one := practice.Page{
			Path: path, Below: below, Title: title, Tab: tab, Permission: permission, Files: files, Templates: []string{"page.html"},
			Load: func(ctx context.Context, _ url.Values) (any, error) {
				*asked = append(*asked, practice.Actor(ctx))
				for _, role := range practice.ConsoleRoles() {
					if practice.Holds(ctx, role) {
						*asked = append(*asked, role)
					}
				}
				return nil, nil
			},
		}
		for _, name := range [...]string{"id", "apple"} {
			if strings.Contains(path, "{"+name+"}") {
				one.Query = append(one.Query, practice.Field{Name: name, Required: true})
			}
		}
		if below == "" {
			one.Group, one.Icon = "Protect", "services"
		}
		return one
	}
	return []practice.Page{
		page("/trees", "", "Trees & apples", "Trees", "gardening.look"),
		page("/trees/{id}", "/trees", "Tree", "", "gardening.look"),
		page("/apples", "/trees", "Apples", "", "gardening.look"),
		page("/roots", "/trees", "Roots", "", "gardening.dig"),
		page("/trees/{id}/apples", "/trees/{id}", "Apples of a tree", "Apples", "gardening.look"),
		page("/trees/{id}/apples/{apple}", "/trees/{id}/apples", "Apple", "", "gardening.look"),
	}
}

func TestPagesAboutTheSameThingAreTabs(t *testing.T) {
	var asked []string
	s := startSite(t, newRecord(t), func(o *console.Options) {
		o.Pages = orchard(&asked)
		o.Permissions = []practice.Permission{{Name: "gardening.look", Role: practice.RoleReader}, {Name: "gardening.dig", Role: practice.RoleOwner}}
	})
	s.enter()
	link := regexp.MustCompile(`<a href="([^"]*)"( aria-current="page")?>([^<]*)</a>`)
	for path, want := range map[string][]string{
		"/trees":              {"/trees Trees here", "/apples Apples"},
		"/apples?ripe=yes":    {"/trees Trees", "/apples Apples here"},
		"/trees/a%2Fb":        {"/trees/a%2Fb Tree here", "/trees/a%2Fb/apples Apples"},
		"/trees/7/apples?x=1": {"/trees/7 Tree", "/trees/7/apples Apples here"},
		"/trees/7/apples/3":   nil,
		"/services":           nil,
	} {
		a := s.get(t, path)
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d", path, a.status)
		}
		var got []string
		if _, nav, found := strings.Cut(a.body, `<nav class="tabs"`); found {
			nav, _, _ = strings.Cut(nav, "</nav>")
			for _, m := range link.FindAllStringSubmatch(nav, -1) {
				word := m[1] + " " + m[3]
				if m[2] != "" {
					word += " here"
				}
				got = append(got, word)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the tabs %q, want %q", path, got, want)
		}
		if path != "/services" && !strings.Contains(a.body, `href="/trees" aria-current="page">`) {
			t.Errorf("%s: the navigation does not say where one is", path)
		}
	}
	if slices.Contains(asked, "owner") || !slices.Contains(asked, "auditor") || !slices.Contains(asked, "reader") || !slices.Contains(asked, "p1") {
		t.Errorf("pages know of who asks: %q", asked)
	}
}

func TestOnlyRolesOfTheConsoleContainEachOther(t *testing.T) {
	for _, c := range []struct {
		has, least string
		want       bool
	}{
		{practice.RoleOwner, practice.RoleReader, true},
		{practice.RoleAdmin, practice.RoleAdmin, true},
		{practice.RoleReader, practice.RoleAuditor, false},
		{"", practice.RoleReader, false},
		{"author", practice.RoleReader, false},
		{practice.RoleOwner, "author", false},
	} {
		if got := practice.Holds(practice.WithRole(t.Context(), c.has), c.least); got != c.want {
			t.Errorf("%q holds %q: %v", c.has, c.least, got)
		}
	}
	if practice.Holds(t.Context(), practice.RoleReader) {
		t.Error("somebody unknown holds a role")
	}
}
