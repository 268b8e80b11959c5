package access_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// as is somebody who holds a role of the console.
func (h *house) as(who, role string) context.Context {
	return practice.WithRole(practice.WithActor(h.Context(), who), role)
}

// page is what somebody of a role of the console sees.
func (h *house) page(role, path string, query url.Values) string {
	h.Helper()
	return practicetest.Shown(h.T, h.as("uid 0", role), h.service.Practice(), path, query)
}

// load is what a page is made of.
func (h *house) load(path string, query url.Values) (any, error) {
	h.Helper()
	i := slices.IndexFunc(h.service.Practice().Pages, func(p practice.Page) bool { return p.Path == path })
	return h.service.Practice().Pages[i].Load(h.as("uid 0", practice.RoleOwner), query)
}

// data is what programs get of a page.
func (h *house) data(path string, query url.Values, into any) {
	h.Helper()
	v, err := h.load(path, query)
	if err != nil {
		h.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		h.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		h.Fatal(err)
	}
}

// full has people, a group, grants with an end, a role that the file does not have.
func (h *house) full() *identity.Person {
	h.Helper()
	later := func() { h.now = h.now.Add(time.Second) } // what is given at one moment stands in any order
	later()
	ada := h.person("ada", "viewer")
	later()
	h.person("olga", "owner")
	later()
	h.do(func(c *outbox.Change) error {
		if err := identity.Join(h.Context(), c, ada.ID, "authors <b>"); err != nil {
			return err
		}
		if err := h.service.GrantGroup(h.Context(), c, "authors <b>", "editor", "uid 0"); err != nil {
			return err
		}
		if err := h.service.Grant(h.Context(), c, ada, "auditor", h.now.Add(8*time.Hour), string(ada.ID)); err != nil {
			return err
		}
		later()
		_, err := c.Exec(h.Context(), "INSERT INTO access_grant (id, person_id, group_id, role, set_by, created_at, ends_at) VALUES ($1, $2, NULL, 'former', 'uid 0', 0, 0)",
			string(identity.NewPersonID(h.now)), string(ada.ID))
		return err
	})
	later()
	return ada
}

func TestGrantsAndRolesAsTheyLook(t *testing.T) {
	each(t, func(h *house) {
		look := func(name, role, path string, query url.Values) {
			t.Helper()
			practicetest.Golden(t, name, h.page(role, path, query), *update)
		}
		look("grants-none", practice.RoleOwner, "/grants", nil)
		look("roles-none", practice.RoleAuditor, "/roles", nil)
		look("role-none", practice.RoleAuditor, "/roles/{name}", url.Values{"name": {"guest"}})
		bea := h.person("bea")
		look("person-none", practice.RoleOwner, "/people/{id}/roles", url.Values{"id": {string(bea.ID)}})
		gus := h.person("gus", "guest")
		look("roles-one", practice.RoleAuditor, "/roles", url.Values{"service": {"notes"}, "method": {"GET"}, "path": {"/search"}})
		look("role-one", practice.RoleOwner, "/roles/{name}", url.Values{"name": {"guest"}})
		look("person-one", practice.RoleAuditor, "/people/{id}/roles", url.Values{"id": {string(gus.ID)}})
		ada := h.full()
		h.person("vera", "viewer")
		look("grants-many", practice.RoleOwner, "/grants", nil)
		look("grants-one", practice.RoleAuditor, "/grants", url.Values{"role": {"editor"}, "name": {"B>"}})
		look("grants-no-match", practice.RoleAuditor, "/grants", url.Values{"name": {"nobody"}})
		look("person-many", practice.RoleOwner, "/people/{id}/roles", url.Values{"id": {string(ada.ID)}, "service": {"notes"}, "method": {"GET"}, "path": {"/notes/7"}})
		look("roles-many", practice.RoleOwner, "/roles", url.Values{"account": {"ada"}, "service": {"notes"}, "method": {"PUT"}, "path": {`/<script>`}})
		look("role-many", practice.RoleOwner, "/roles/{name}", url.Values{"name": {"viewer"}})
		look("role-console", practice.RoleOwner, "/roles/{name}", url.Values{"name": {"owner"}})
		look("role-unknown", practice.RoleOwner, "/roles/{name}", url.Values{"name": {"former"}})
		for path, query := range map[string]url.Values{"/grants": nil, "/roles/{name}": {"name": {"viewer"}}, "/people/{id}/roles": {"id": {string(ada.ID)}}} {
			if strings.Contains(h.page(practice.RoleAuditor, path, query), "/actions/") {
				t.Errorf("%s offers an auditor to act", path)
			}
		}
		for path, query := range map[string]url.Values{"/roles/{name}": {"name": {"king"}}, "/people/{id}/roles": {"id": {"nobody"}}} {
			if _, err := h.load(path, query); !strings.HasSuffix(problem.Of(err).Code, ".unknown") {
				t.Errorf("%s of nobody: %v", path, err)
			}
		}
	})
}

// listed is a page of grants, as programs get it.
type listed struct {
	Grants []struct {
		ID, Role, Account, Group string
		Ends                     *time.Time
	}
	Matched int
	Next    string
}

func (h *house) all(query url.Values) (grants []string, matched int) {
	h.Helper()
	for range 10 {
		var page listed
		h.data("/grants", query, &page)
		if len(page.Grants) > 50 {
			h.Errorf("a page has %d rows", len(page.Grants))
		}
		for _, g := range page.Grants {
			grants = append(grants, g.Account+g.Group+" "+g.Role)
		}
		if page.Next == "" {
			return grants, page.Matched
		}
		query.Set("after", page.Next)
	}
	h.Fatal("the list has no end")
	return nil, 0
}

func TestGrantsAreReadPageByPageAndWhatEndsFirstStandsFirst(t *testing.T) {
	each(t, func(h *house) {
		h.full()
		for i := range 60 {
			h.person(fmt.Sprintf("p%03d", i), "viewer")
		}
		p := h.person("soon")
		h.do(func(c *outbox.Change) error {
			return h.service.Grant(h.Context(), c, p, "editor", h.now.Add(time.Minute), "uid 0")
		})
		grants, matched := h.all(url.Values{})
		if len(grants) != 66 || matched != 66 || grants[0] != "soon editor" || grants[1] != "ada auditor" {
			t.Errorf("%d rows, %d said: %v", len(grants), matched, grants)
		}
		if unique := slices.Compact(slices.Sorted(slices.Values(grants))); len(unique) != len(grants) {
			t.Errorf("only %d of %d are different", len(unique), len(grants))
		}
		h.now = h.now.Add(2 * time.Minute)
		if grants, matched := h.all(url.Values{}); len(grants) != 65 || matched != 65 {
			t.Errorf("a grant that has ended is among the %d (%d)", len(grants), matched)
		}
	})
}

func TestEveryNumberIsTheGrantsBehindIt(t *testing.T) {
	each(t, func(h *house) {
		h.full()
		number := regexp.MustCompile(`<a href="(/grants[^"]*)"[^>]*>(?:[^<]*<span class="num">)?(\d+)`)
		found := 0
		pages := []string{h.page(practice.RoleAuditor, "/roles", nil), h.page(practice.RoleAuditor, "/roles/{name}", url.Values{"name": {"editor"}})}
		for _, query := range []string{"", "name=ada", "name=AUTH", "role=auditor", "ending=yes&name=o", "name=%25"} {
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			pages = append(pages, h.page(practice.RoleAuditor, "/grants", v))
		}
		for _, page := range pages {
			for _, m := range number.FindAllStringSubmatch(page, -1) {
				link, err := url.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
				if err != nil {
					t.Fatal(err)
				}
				grants, matched := h.all(link.Query())
				if said, _ := strconv.Atoi(m[2]); said != len(grants) || said != matched {
					t.Errorf("%s is said to have %d, has %d rows and says %d", link, said, len(grants), matched)
				}
				found++
			}
		}
		if found != 8+1+6*2 {
			t.Errorf("%d numbers were followed", found)
		}
		for _, query := range []string{"role=A%20b", "ending=no", "after=x", "after=5.x", "after=-1.0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50", "name=" + strings.Repeat("a", 201)} {
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.load("/grants", v); problem.Of(err).Code != "access.list.malformed" {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}

func TestATriedRequestIsAnsweredAsTheStageWould(t *testing.T) {
	each(t, func(h *house) {
		h.signIn(h.full())
		h.person("gus", "viewer", "guest")
		for _, tt := range []struct {
			account, method, path string
			allowed               bool
			why                   string
		}{
			{"ada", "GET", "/", true, "The role viewer allows it."},
			{"ada", "HEAD", "/x?y=1", true, "The role viewer allows it."},
			{"ada", "DELETE", "/notes/7", true, "The role editor allows it."},
			{"ada", "DELETE", "/notes/../x", false, "No line of auditor, editor, former, viewer allows it."},
			{"gus", "GET", "/Admin;x/y", false, "The role guest forbids it, whatever else allows it."},
			{"", "GET", "/", false, "Without a role nothing is allowed but what is public."},
			{"", "POST", "/search", true, "The path is public: nobody is asked for a role there."},
		} {
			var got struct {
				Tried struct {
					Allowed   bool
					Why, Line string
				}
			}
			h.data("/roles", url.Values{"account": {tt.account}, "service": {"notes"}, "method": {tt.method}, "path": {tt.path}}, &got)
			if got.Tried.Allowed != tt.allowed || got.Tried.Why != tt.why {
				t.Errorf("%s %s %s: %v, %q", tt.account, tt.method, tt.path, got.Tried.Allowed, got.Tried.Why)
			}
		}
		for code, query := range map[string]url.Values{
			"access.try.malformed":    {"service": {"notes"}, "method": {"GET"}, "path": {"/a%2fb"}},
			"access.method.malformed": {"service": {"notes"}, "method": {"get"}, "path": {"/"}},
			"access.service.unknown":  {"service": {"king"}, "method": {"GET"}, "path": {"/"}},
			"access.person.unknown":   {"service": {"notes"}, "method": {"GET"}, "path": {"/"}, "account": {"nobody"}},
		} {
			if _, err := h.load("/roles", query); problem.Of(err).Code != code {
				t.Errorf("%v: %v, want %s", query, err, code)
			}
		}
	})
}
