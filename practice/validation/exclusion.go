package validation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice/validation/waf"
)

// exclusion is one rule that does not look at one place of a request, for some paths of a service.
type exclusion struct {
	Service string
	Rule    int
	Target  waf.Target
	Path    config.PathPattern
}

// about is what two exclusions have in common that speak of the same: where one stands in the file, the other does not
// count.
type about struct {
	service string
	rule    int
	target  string
}

func (e exclusion) about() about { return about{e.Service, e.Rule, e.Target.String()} }

// String is the exclusion in one line, for events.
func (e exclusion) String() string {
	return strconv.Itoa(e.Rule) + " " + e.Target.String() + " on " + e.Service + " " + string(e.Path)
}

// exclusions are those in force, by service.
type exclusions map[string][]exclusion

// fitting are those for one request, as the rules take them. Where there are none it allocates nothing.
func (all *exclusions) fitting(service, path string) []waf.Exclusion {
	var fitting []waf.Exclusion
	for _, e := range (*all)[service] {
		if e.Path.Match(path) {
			fitting = append(fitting, waf.Exclusion{Rule: e.Rule, Target: e.Target})
		}
	}
	return fitting
}

// excludedText names what did not look at what, for the event.
func excludedText(list []waf.Exclusion) string {
	words := make([]string, 0, len(list))
	for _, e := range list {
		words = append(words, strconv.Itoa(e.Rule)+" "+e.Target.String())
	}
	return strings.Join(words, ", ")
}

// apply has the rules of one request not look where an exclusion says so, and the event say it.
func (s *Service) apply(x *gate.Exchange, q *waf.Request) {
	if q.Exclude = s.running.Load().fitting(x.Service.Name, x.Path); q.Exclude != nil {
		x.Note("validation.excluded", excludedText(q.Exclude))
	}
}

// fromFile are the exclusions of the configuration.
func (s *Service) fromFile() ([]exclusion, error) {
	var list []exclusion
	for _, service := range s.services {
		for i, c := range s.cfg.Services[service].Exclusions {
			e, err := s.exclusion(service, c.Rule, c.Target, string(c.Path))
			if err != nil {
				return nil, fmt.Errorf("validation.services.%s.exclusions[%d]: %w", service, i, err)
			}
			list = append(list, e)
		}
	}
	return list, nil
}

// exclusion reads one from its parts.
func (s *Service) exclusion(service string, rule int, target, path string) (e exclusion, err error) {
	e = exclusion{Service: service, Rule: rule}
	if !slices.Contains(s.services, service) {
		return e, errExcludedService
	}
	if _, ok := s.waf.Rule(rule); !ok {
		return e, errExcludedRule
	}
	if e.Target, err = waf.ParseTarget(target); err != nil {
		return e, badTarget(err)
	}
	if err := e.Path.UnmarshalText([]byte(path)); err != nil {
		return e, errExcludedPath.Because(err)
	}
	return e, nil
}

// run puts exclusions in force: the file's, and those accepted in the console of which the file says nothing.
func (s *Service) run(accepted []exclusion) {
	all, said := exclusions{}, map[about]bool{}
	for _, e := range s.file {
		all[e.Service] = append(all[e.Service], e)
		said[e.about()] = true
	}
	for _, e := range accepted {
		if !said[e.about()] {
			all[e.Service] = append(all[e.Service], e)
		}
	}
	s.running.Store(&all)
}
