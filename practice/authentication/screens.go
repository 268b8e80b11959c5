package authentication

import (
	"context"
	"embed"
	"net/url"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

//go:embed console/*.html
var screenFiles embed.FS

// screens are the practice's pages in the console. What somebody may do is shown below them by whoever knows of roles.
func (s *Service) screens() []practice.Page {
	return []practice.Page{
		{
			Path: "/people", Group: "Protect", Title: "People & roles", Tab: "People", Icon: "people", Key: "u", Permission: seePeople,
			Files: screenFiles, Templates: []string{"console/people.html"}, Data: &people{}, Query: whichFields(), Load: s.loadPeople,
		},
		{
			Path: "/people/invite", Below: "/people", Title: "Invite somebody", Tab: "Invite", Permission: managePeople,
			Files: screenFiles, Templates: []string{"console/invite.html"}, Data: &invitationForm{}, Load: s.loadInvite,
		},
		{
			Path: "/people/{id}", Below: "/people", Title: "Person", Permission: seePeople,
			Files: screenFiles, Templates: []string{"console/person.html"}, Data: &onePerson{}, Query: byPerson(), Load: s.loadPerson,
		},
	}
}

// invitationForm is what the page of an invitation needs to know.
type invitationForm struct {
	Roles []string `json:"roles"` // that whoever asks may give
}

func (s *Service) loadInvite(ctx context.Context, _ url.Values) (any, error) {
	form := &invitationForm{Roles: []string{}}
	if practice.Holds(ctx, practice.RoleOwner) {
		form.Roles = append(form.Roles, s.roles.Names()...)
	}
	return form, nil
}

// choice is one of several views of the list, and how many are on it.
type choice struct {
	Word, Link string
	N          int
	Here       bool
}

// field is a hidden value of a form.
type field struct{ Name, Value string }

// Name is what is looked for.
func (l *people) Name() string { return l.which.Name }

// Filtered says that not everybody is asked for.
func (l *people) Filtered() bool { return l.which != whichPeople{After: l.which.After} }

// All are those of the name, in whatever state.
func (l *people) All() int { return l.countOf(whichPeople{}) }

// States are the states to choose from; the other filters stay.
func (l *people) States() []choice {
	return l.choices([][2]string{
		{"", "All"}, {string(identity.Active), "Active"}, {string(identity.Invited), "Invited"}, {string(identity.Disabled), "Disabled"},
	}, func(w *whichPeople) *string { return &w.State })
}

// Factors are whether there is a second factor, to choose from.
func (l *people) Factors() []choice {
	return l.choices([][2]string{{"", "Any factor"}, {"none", "No second factor"}, {"app", "App"}}, func(w *whichPeople) *string { return &w.Factor })
}

func (l *people) choices(words [][2]string, of func(*whichPeople) *string) []choice {
	all := make([]choice, 0, len(words))
	for _, word := range words {
		w := l.which
		w.After = ""
		*of(&w) = word[0]
		all = append(all, choice{Word: word[1], Link: w.path(), N: l.countOf(w), Here: *of(&l.which) == word[0]})
	}
	return all
}

// Kept are the filters that stay when somebody looks for a name.
func (l *people) Kept() (kept []field) {
	for _, f := range []field{{"state", l.which.State}, {"factor", l.which.Factor}} {
		if f.Value != "" {
			kept = append(kept, f)
		}
	}
	return kept
}

// NextLink leads to the next page.
func (l *people) NextLink() string {
	w := l.which
	w.After = l.Next
	return w.path()
}

// First leads back to the first page; empty there.
func (l *people) First() string {
	if l.which.After == "" {
		return ""
	}
	w := l.which
	w.After = ""
	return w.path()
}
