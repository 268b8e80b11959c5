package validation

import (
	"context"
	"embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/validation/waf"
	"github.com/tenward/tenward/problem"
)

//go:embed console/*.html
var screenFiles embed.FS

// screens are the practice's pages in the console.
func (s *Service) screens() []practice.Page {
	return []practice.Page{
		{
			Path: "/validation", Group: "Protect", Title: "Validation", Icon: "rules", Key: "v", Permission: seeRules,
			Files: screenFiles, Templates: []string{"console/validation.html", "console/parts.html"}, Data: &overview{}, Load: s.loadOverview,
		},
		{
			Path: "/validation/rules/{rule}", Below: "/validation", Title: "Rule", Permission: seeRules,
			Files: screenFiles, Templates: []string{"console/rule.html", "console/parts.html"}, Data: &ruleShown{}, Query: byRule(), Load: s.loadRule,
		},
		{
			Path: "/validation/exclusions/new", Below: "/validation", Title: "Let it pass", Tab: "New exclusion", Permission: seeRules,
			Files: screenFiles, Templates: []string{"console/exclude.html", "console/parts.html"}, Data: &drafts{}, Query: byEvent(), Load: s.loadDrafts,
		},
	}
}

// overview is what the rules matched lately, and what they do not look at.
type overview struct {
	Paranoia   int        `json:"paranoia"`
	InForce    int        `json:"rules_in_force"`
	Rules      []ruleRow  `json:"rules"`  // that matched in the last 7 days, the most frequent first
	Others     int        `json:"others"` // how many matched besides
	Exclusions []standing `json:"exclusions"`

	MayDecide bool `json:"-"`
}

func (s *Service) loadOverview(ctx context.Context, _ url.Values) (any, error) {
	o := &overview{Paranoia: s.cfg.Paranoia, InForce: len(s.waf.Rules()), Rules: []ruleRow{}, MayDecide: practice.Holds(ctx, practice.RoleAdmin)}
	rules, err := s.facet(ctx, lately, "rule")
	if err != nil {
		return nil, err
	}
	for _, v := range rules.Values {
		row := ruleRow{ID: v.Value, Count: v.Count}
		if id, err := strconv.Atoi(v.Value); err == nil {
			d, _ := s.waf.Rule(id)
			row.Group, row.Looks = d.Group, d.Looks
		}
		o.Rules = append(o.Rules, row)
	}
	o.Others = rules.Others
	o.Exclusions, err = s.standing(ctx, 0)
	return o, err
}

// facet counts the values of one field in what a query finds.
func (s *Service) facet(ctx context.Context, text, field string) (index.Facet, error) {
	q, err := index.Parse(text, s.keeping.Now())
	if err != nil {
		return index.Facet{}, err
	}
	facets, err := s.keeping.Index.Facets(ctx, q, field)
	if err != nil {
		return index.Facet{}, err
	}
	return facets[0], nil
}

// ruleShown is one rule: what it looks for, where it matched, and where it does not look.
type ruleShown struct {
	waf.Description

	Services   []matched  `json:"services"`
	Exclusions []standing `json:"exclusions"`

	MayDecide bool `json:"-"`
}

// matched is how often a rule matched in requests for a service.
type matched struct {
	Service string `json:"service"`
	Count   int64  `json:"count"`
	Link    string `json:"-"`
}

var errNoRule = problem.New("validation.rule.unknown", "There is no rule of this number that looks for anything.", "See the page Validation for those that matched lately.")

func (s *Service) loadRule(ctx context.Context, v url.Values) (any, error) {
	id, err := strconv.Atoi(v.Get("rule"))
	if err != nil {
		return nil, errNoRule.Because(err)
	}
	d, ok := s.waf.Rule(id)
	if !ok {
		return nil, errNoRule
	}
	shown := &ruleShown{Description: d, Services: []matched{}, MayDecide: practice.Holds(ctx, practice.RoleAdmin)}
	services, err := s.facet(ctx, fmt.Sprintf("rule:%d %s", id, lately), "service")
	if err != nil {
		return nil, err
	}
	for _, one := range services.Values {
		shown.Services = append(shown.Services, matched{one.Value, one.Count, eventsOf(fmt.Sprintf("rule:%d service:%s %s", id, one.Value, lately))})
	}
	shown.Exclusions, err = s.standing(ctx, id)
	return shown, err
}

// drafts are what could be excluded so that a request like one that was recorded would pass.
type drafts struct {
	Event  string  `json:"event,omitempty"`
	Line   string  `json:"request,omitempty"`
	Drafts []draft `json:"drafts"`

	Services  []string `json:"-"`
	MayDecide bool     `json:"-"`
}

// draft is one rule that matched, and what it would take that it does not look there.
type draft struct {
	Rule    int    `json:"rule"`
	Looks   string `json:"looks"`
	Points  int    `json:"points"` // that its match added to the score
	Service string `json:"service"`
	Target  string `json:"target"`
	Path    string `json:"path"`
	Match   string `json:"match"`
	Fault   string `json:"fault,omitempty"` // why it cannot be excluded
}

var errNoEvent = problem.New("validation.event.unknown", "There is no event of this id in the record.", "Check the id: error pages show it, and the list of events.")

func (s *Service) loadDrafts(ctx context.Context, v url.Values) (any, error) {
	d := &drafts{Drafts: []draft{}, Services: s.services, MayDecide: practice.Holds(ctx, practice.RoleAdmin)}
	if !v.Has("event") {
		return d, nil
	}
	id, err := event.ParseID(v.Get("event"))
	if err != nil {
		return nil, errNoEvent.Because(err)
	}
	e, _, err := s.keeping.Find(ctx, id)
	if err != nil {
		return nil, errNoEvent.Because(err)
	}
	d.Event = id.String()
	if e.HTTP != nil {
		d.Line = e.HTTP.Method + " " + e.HTTP.Path
	}
	for _, r := range e.Rules {
		one := s.draftOf(e, r)
		if !slices.ContainsFunc(d.Drafts, func(o draft) bool { return o.Rule == one.Rule && o.Target == one.Target }) {
			d.Drafts = append(d.Drafts, one)
		}
	}
	return d, nil
}

// draftOf is the least that would have one rule not look where it matched.
func (s *Service) draftOf(e *event.Event, r event.Rule) draft {
	d := draft{Looks: r.Message, Service: e.Service, Target: r.Target, Match: r.Match, Path: "/**"}
	d.Rule, _ = strconv.Atoi(r.ID) // what is no number is no rule, which is said below
	if e.HTTP != nil {
		if path, err := gate.NormalisePath(e.HTTP.Path); err == nil && new(config.PathPattern).UnmarshalText([]byte(path)) == nil {
			d.Path = path
		}
	}
	x, err := s.exclusion(d.Service, d.Rule, d.Target, d.Path)
	if err != nil {
		d.Fault = problem.Of(err).Error()
		return d
	}
	if rule, ok := s.waf.Rule(d.Rule); ok {
		d.Points = rule.Points
	}
	if wider, ok := x.Target.InAnyPlace(); ok {
		d.Target = wider.String()
	}
	return d
}

func eventsOf(query string) string { return "/events?" + url.Values{"q": {query}}.Encode() }

// plainRule says whether a rule's text in an event is its number.
func plainRule(id string) bool { return id != "" && strings.Trim(id, "0123456789") == "" }
