package access

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/access/policy"
)

// consoleDoes is what the console's roles may do there; each also has what those after it have.
var consoleDoes = map[string]string{
	practice.RoleOwner:   "everything, and who may do what",
	practice.RoleAdmin:   "how the gate behaves, and people who are no owners",
	practice.RoleAuditor: "everything to read, also whose it is",
	practice.RoleReader:  "how things stand",
	RoleTrier:            "nothing: Tenward's own attacks carry it, which reach no application",
}

// roleRow is a role, and how many grants of it hold.
type roleRow struct {
	Name    string `json:"name"`
	Console bool   `json:"console"`         // it is the console's, not the file's
	Does    string `json:"does,omitempty"`  // what the console's roles may do
	Known   bool   `json:"known"`           // it stands in the file, or is the console's
	Rules   int    `json:"rules,omitempty"` // lines that the file has of it
	Holders int    `json:"holders"`         // grants of it that hold
}

// roleRows are all roles: first those that are held though there are no such ones, then the file's, then the console's.
func (s *Service) roleRows(held map[string]int) []roleRow {
	rows := []roleRow{}
	known := append(s.roleNames(), RoleTrier)
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if !slices.Contains(known, name) {
			rows = append(rows, roleRow{Name: name, Holders: held[name]})
		}
	}
	for _, r := range s.conf.Roles {
		rows = append(rows, roleRow{Name: r.Name, Known: true, Rules: len(r.Allow) + len(r.Deny), Holders: held[r.Name]})
	}
	for _, name := range consoleRoles {
		rows = append(rows, roleRow{Name: name, Console: true, Does: consoleDoes[name], Known: true, Holders: held[name]})
	}
	if n := held[RoleTrier]; n > 0 {
		rows = append(rows, roleRow{Name: RoleTrier, Does: consoleDoes[RoleTrier], Known: true, Holders: n})
	}
	return rows
}

// Link leads to the role's own page.
func (r roleRow) Link() string { return "/roles/" + url.PathEscape(r.Name) }

// Held leads to the grants of the role.
func (r roleRow) Held() string { return whichGrants{Role: r.Name}.path() }

// Pill says what is wrong with a role, or that nothing is.
func (r roleRow) Pill() ui.Pill {
	switch {
	case !r.Known:
		return ui.Pill{Class: "high", Word: "Not in the file"}
	case r.Holders == 0:
		return ui.Pill{Class: "info", Word: "Nobody has it"}
	default:
		return ui.Pill{Class: "ok", Word: "In use"}
	}
}

// lineRow is one line of a role, as the file has it.
type lineRow struct {
	Deny    bool     `json:"deny"`
	Service string   `json:"service"`
	Methods []string `json:"methods"`
	Paths   []string `json:"paths"`
}

// Pill says whether the line allows or forbids.
func (l lineRow) Pill() ui.Pill {
	if l.Deny {
		return ui.Pill{Class: "crit", Word: "Forbids"}
	}
	return ui.Pill{Class: "ok", Word: "Allows"}
}

// ServiceText is the service for people to read.
func (l lineRow) ServiceText() string {
	if l.Service == policy.Any {
		return "every service"
	}
	return l.Service
}

// MethodText are the methods for people to read.
func (l lineRow) MethodText() string {
	if slices.Contains(l.Methods, policy.Any) {
		return "every method"
	}
	return strings.Join(l.Methods, ", ")
}

// lines are a role's, those that forbid first.
func (s *Service) lines(role string) []lineRow {
	rows := []lineRow{}
	for _, r := range s.conf.Roles {
		if r.Name != role {
			continue
		}
		for _, part := range []struct {
			deny  bool
			lines []Allow
		}{{true, r.Deny}, {false, r.Allow}} {
			for _, a := range part.lines {
				row := lineRow{Deny: part.deny, Service: a.Service, Methods: a.Methods}
				for _, p := range a.Paths {
					row.Paths = append(row.Paths, string(p))
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// Link leads to whose the grant is; a group has no page.
func (g grantRow) Link() string {
	if g.Person == "" {
		return ""
	}
	return "/people/" + url.PathEscape(g.Person) + "/roles"
}

// RoleLink leads to the role.
func (g grantRow) RoleLink() string { return "/roles/" + url.PathEscape(g.Role) }

// Own says that nobody takes the grant away, because Tenward gave it to itself.
func (g grantRow) Own() bool { return g.own }

// EndsAt is when it ends, for the page.
func (g grantRow) EndsAt() time.Time { return *g.Ends }

// Filtered says that not all grants are asked for.
func (l *grants) Filtered() bool { return l.which != whichGrants{After: l.which.After} }

// Name is what is looked for.
func (l *grants) Name() string { return l.which.Name }

// Role is the only role that is shown; empty for all.
func (l *grants) Role() string { return l.which.Role }

// choice is one of several views of the list, and how many grants are on it.
type choice struct {
	Word, Link string
	N          int
	Here       bool
}

// Choices are the views to choose from; the other filters stay.
func (l *grants) Choices() []choice {
	w := l.which
	w.After, w.Ending = "", ""
	all := choice{Word: "All", Link: w.path(), N: l.all, Here: l.which.Ending == ""}
	w.Ending = "yes"
	return []choice{all, {Word: "With an end", Link: w.path(), N: l.ending, Here: l.which.Ending != ""}}
}

// Without is the list without its filter by role.
func (l *grants) Without() string {
	w := l.which
	w.After, w.Role = "", ""
	return w.path()
}

// Ending is the filter that stays when somebody looks for a name.
func (l *grants) Ending() string { return l.which.Ending }

// NextLink leads to the next page.
func (l *grants) NextLink() string {
	w := l.which
	w.After = l.Next
	return w.path()
}

// First leads back to the first page; empty there.
func (l *grants) First() string {
	if l.which.After == "" {
		return ""
	}
	w := l.which
	w.After = ""
	return w.path()
}
