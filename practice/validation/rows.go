package validation

import (
	"context"
	"time"

	"github.com/tenward/tenward/console/ui"
)

// ruleRow is a rule and how often it matched.
type ruleRow struct {
	ID    string `json:"id"`
	Looks string `json:"looks,omitempty"` // what it looks for; empty where there is no such rule any more
	Group string `json:"group,omitempty"`
	Count int64  `json:"count"`
}

// Link leads to the rule; empty where there is none.
func (r ruleRow) Link() string {
	if r.Looks == "" || !plainRule(r.ID) {
		return ""
	}
	return "/validation/rules/" + r.ID
}

// Events leads to what it matched.
func (r ruleRow) Events() string {
	if !plainRule(r.ID) {
		return ""
	}
	return eventsOf("rule:" + r.ID + " " + lately)
}

// standing is an exclusion as pages show it: from the file, or from the console.
type standing struct {
	ID      string     `json:"id,omitempty"` // of the console's
	State   string     `json:"state"`        // file, accepted, proposed, or overruled: the file speaks of the same
	Service string     `json:"service"`
	Rule    int        `json:"rule"`
	Target  string     `json:"target"`
	Path    string     `json:"path"`
	Reason  string     `json:"reason"`
	By      string     `json:"by,omitempty"`
	At      *time.Time `json:"at,omitempty"`
	YAML    string     `json:"yaml"`

	Events string `json:"-"` // leads to what the rule matched there
}

// place is the part of a form that says where a rule does not look.
type place struct {
	ID           int
	Target, Path string
}

// Place is what the form of a draft begins with.
func (d draft) Place(i int) place { return place{i, d.Target, d.Path} }

// Place is what an empty form begins with.
func (*drafts) Place() place { return place{Path: "/**"} }

const (
	inFile    = "file"
	overruled = "overruled"
)

// standing are all exclusions, the file's first; of one rule, or of all where that is 0.
func (s *Service) standing(ctx context.Context, rule int) ([]standing, error) {
	all := []standing{}
	add := func(e exclusion, row standing) {
		if rule != 0 && e.Rule != rule {
			return
		}
		row.Service, row.Rule, row.Target, row.Path = e.Service, e.Rule, e.Target.String(), string(e.Path)
		row.YAML = e.YAML(row.Reason)
		if q, err := s.matches(e); err == nil {
			row.Events = eventsOf(q.String())
		}
		all = append(all, row)
	}
	said, i := map[about]bool{}, 0
	for _, service := range s.services {
		for _, c := range s.cfg.Services[service].Exclusions {
			said[s.file[i].about()] = true
			add(s.file[i], standing{State: inFile, Reason: c.Reason})
			i++
		}
	}
	kept, err := s.proposals(ctx)
	if err != nil {
		return nil, err
	}
	for j := range kept {
		p := &kept[j]
		row := standing{ID: p.ID, State: p.State, Reason: p.Reason, By: p.By, At: &p.At}
		if said[p.about()] {
			row.State = overruled
		}
		add(p.exclusion, row)
	}
	return all, nil
}

// Pill says whether an exclusion counts.
func (e standing) Pill() ui.Pill {
	switch e.State {
	case inFile:
		return ui.Pill{Class: "ok", Word: "In the file"}
	case accepted:
		return ui.Pill{Class: "ok", Word: "Accepted"}
	case overruled:
		return ui.Pill{Class: "med", Word: "The file wins"}
	default:
		return ui.Pill{Class: "high", Word: "Proposed"}
	}
}

// Waits says that somebody has to decide.
func (e standing) Waits() bool { return e.State == proposed }

// Since is when it was decided, for the page.
func (e standing) Since() time.Time { return *e.At }

// Export are the lines to write into the file so that it alone says what counts; none where it does already.
func (o *overview) Export() []string {
	var lines []string
	service := ""
	for _, e := range o.Exclusions {
		if e.State != accepted {
			continue
		}
		if lines == nil {
			lines = append(lines, "validation:", "  services:")
		}
		if e.Service != service {
			service = e.Service
			lines = append(lines, "    "+service+":", "      exclusions:")
		}
		lines = append(lines, "        "+e.YAML)
	}
	return lines
}
