package access

import (
	"context"
	"embed"
	"errors"
	"net/url"
	"strconv"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

//go:embed console/*.html
var screenFiles embed.FS

// screens are the practice's pages in the console. Those who have roles are shown by whoever knows of people, on the
// pages that these are below.
func (s *Service) screens() []practice.Page {
	return []practice.Page{
		{
			Path: "/people/{id}/roles", Below: "/people/{id}", Title: "Roles of a person", Tab: "Roles", Permission: seeRoles,
			Files: screenFiles, Templates: []string{"console/person.html", "console/parts.html"}, Data: &personRoles{}, Query: append(byPerson(), tryFields()...), Load: s.loadPerson,
		},
		{
			Path: "/grants", Below: "/people", Title: "Grants", Permission: seeRoles,
			Files: screenFiles, Templates: []string{"console/grants.html", "console/parts.html"}, Data: &grants{}, Query: whichFields(), Load: s.loadGrants,
		},
		{
			Path: "/roles", Below: "/people", Title: "Roles", Permission: seeRoles,
			Files: screenFiles, Templates: []string{"console/roles.html", "console/parts.html"}, Data: &roleList{}, Query: append(asAccount(), tryFields()...), Load: s.loadRoles,
		},
		{
			Path: "/roles/{name}", Below: "/roles", Title: "Role", Permission: seeRoles,
			Files: screenFiles, Templates: []string{"console/role.html", "console/parts.html"}, Data: &oneRole{}, Query: append(byRole(), tryFields()...), Load: s.loadRole,
		},
	}
}

// giving is what a form that gives a role needs, and whether there is one.
type giving struct {
	MayGive bool     `json:"-"`
	Roles   []string `json:"-"` // that can be given
	Back    string   `json:"-"`
	Account string   `json:"-"` // whose it will be, where that is known
	Role    string   `json:"-"` // which one, likewise
}

func (s *Service) giving(ctx context.Context, back string) giving {
	return giving{MayGive: practice.Holds(ctx, practice.RoleOwner), Roles: s.roleNames(), Back: back}
}

// trying is what a form that tries a request needs, and what came of the last one.
type trying struct {
	Tried    *trial   `json:"tried,omitempty"`
	Services []string `json:"-"`
	Asked    asked    `json:"-"`
}

// asked is what stands in the form.
type asked struct {
	Action, Account, Service, Method, Path string
	Who                                    bool // the form asks whose roles are meant
}

func (s *Service) trying(action string, v url.Values) trying {
	return trying{Services: s.services(), Asked: asked{
		Action: action, Account: v.Get("account"), Service: v.Get("service"), Method: v.Get("method"), Path: v.Get("path"),
	}}
}

// grants is a page of the list of grants.
type grants struct {
	Grants  []grantRow `json:"grants"`
	Matched int        `json:"matched"`        // on all pages
	Next    string     `json:"next,omitempty"` // the next page's after; absent on the last page

	Giving giving `json:"-"`
	which  whichGrants
	all    int // with and without an end
	ending int
}

func (s *Service) loadGrants(ctx context.Context, v url.Values) (any, error) {
	which, err := readWhich(v)
	if err != nil {
		return nil, err
	}
	list := &grants{which: which, Giving: s.giving(ctx, "/grants")}
	list.Giving.Role = which.Role
	if list.Grants, err = s.rows(ctx, which); err != nil {
		return nil, err
	}
	if len(list.Grants) > perPage {
		list.Grants = list.Grants[:perPage]
		last := list.Grants[perPage-1]
		list.Next = strconv.FormatInt(last.ends, 10) + "." + last.ID
	}
	if list.Grants == nil {
		list.Grants = []grantRow{}
	}
	both := which
	both.Ending = ""
	if list.all, err = s.count(ctx, both); err != nil {
		return nil, err
	}
	both.Ending = "yes"
	if list.ending, err = s.count(ctx, both); err != nil {
		return nil, err
	}
	list.Matched = list.all
	if which.Ending != "" {
		list.Matched = list.ending
	}
	return list, nil
}

// personRoles are what somebody may do, and by which grants.
type personRoles struct {
	ID      string     `json:"id"`
	Account string     `json:"account"`
	Name    string     `json:"name"`
	Grants  []grantRow `json:"grants"`
	trying

	Giving giving `json:"-"`
}

func (s *Service) loadPerson(ctx context.Context, v url.Values) (any, error) {
	p, err := identity.NewPeople(s.db).Find(ctx, identity.PersonID(v.Get("id")))
	if errors.Is(err, identity.ErrNotFound) {
		return nil, errNobodyOf.Because(err)
	}
	if err != nil {
		return nil, err
	}
	path := "/people/" + url.PathEscape(string(p.ID)) + "/roles"
	one := &personRoles{ID: string(p.ID), Account: p.Account, Name: p.Name, trying: s.trying(path, v), Giving: s.giving(ctx, path)}
	one.Giving.Account = p.Account
	if one.Grants, err = s.rows(ctx, whichGrants{person: p.ID}); err != nil {
		return nil, err
	}
	one.Grants = append([]grantRow{}, one.Grants...)
	one.Tried, err = s.triedAs(ctx, p.Account, v)
	return one, err
}

// Heading is the page's title.
func (p *personRoles) Heading() string { return "Roles of " + p.Name }

// roleList are all roles, and those that somebody has though there are no such ones.
type roleList struct {
	Roles []roleRow `json:"roles"`
	trying
}

func (s *Service) loadRoles(ctx context.Context, v url.Values) (any, error) {
	held, err := s.holders(ctx)
	if err != nil {
		return nil, err
	}
	list := &roleList{Roles: s.roleRows(held), trying: s.trying("/roles", v)}
	list.Asked.Who = true
	if account := v.Get("account"); account != "" {
		list.Tried, err = s.triedAs(ctx, account, v)
	} else {
		list.Tried, err = s.tried(nil, v)
	}
	return list, err
}

// oneRole is a role, what it allows, and who has it.
type oneRole struct {
	roleRow
	Lines  []lineRow  `json:"lines"`
	Grants []grantRow `json:"grants"` // the first of them
	trying

	Giving giving `json:"-"`
}

func (s *Service) loadRole(ctx context.Context, v url.Values) (any, error) {
	held, err := s.holders(ctx)
	if err != nil {
		return nil, err
	}
	name := v.Get("name")
	for _, row := range s.roleRows(held) {
		if row.Name != name {
			continue
		}
		path := row.Link()
		one := &oneRole{roleRow: row, Lines: s.lines(name), trying: s.trying(path, v), Giving: s.giving(ctx, path)}
		one.Giving.Role = name
		if one.Grants, err = s.rows(ctx, whichGrants{Role: name}); err != nil {
			return nil, err
		}
		one.Grants = append([]grantRow{}, one.Grants[:min(len(one.Grants), perPage)]...)
		one.Tried, err = s.tried([]string{name}, v)
		return one, err
	}
	return nil, s.Known(name)
}

// Heading is the page's title.
func (r *oneRole) Heading() string { return "Role " + r.Name }
