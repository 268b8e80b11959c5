package validation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice"
)

// placesRead sends attacks in every place of a request: rules that look into a query may be blind in a cookie.
func (s *Service) placesRead(ctx context.Context) ([]practice.Finding, error) {
	findings := make([]practice.Finding, 0, len(s.services))
	for _, service := range s.services {
		report, err := s.outside.Try(ctx, service, attack.Places(fresh()), 0)
		if err != nil {
			return nil, fmt.Errorf("try %s: %w", service, err)
		}
		f, err := found(service, &report, readPlaces)
		if err != nil {
			return nil, err
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// readPlaces judges attacks by the places that they were in.
func readPlaces(r *attack.Report) (status practice.Status, failing []string, sentence string) {
	of := sorted(r)[attack.Refused]
	say := func(status practice.Status, ids []string, sentence string) (practice.Status, []string, string) {
		return status, ids, fmt.Sprintf(sentence, len(ids), size(of), strings.Join(places(r, ids), ", "))
	}
	switch {
	case len(of[attack.WasPassed]) > 0:
		return say(practice.Fail, of[attack.WasPassed], "%d of %d attacks would have reached the application: in %s.")
	case len(of[attack.WasRefused])+len(of[attack.WasObserved]) < size(of) || size(of) == 0:
		return say(practice.Unknown, of[attack.Unjudged], "%d of %d attacks were judged by nobody: in %s.")
	case len(of[attack.WasObserved]) > 0:
		return say(practice.Warn, of[attack.WasObserved], "%d of %d attacks were found, and only watched: in %s.")
	}
	return practice.Pass, nil, fmt.Sprintf("All %d attacks in %d places were refused.", size(of), len(places(r, of[attack.WasRefused])))
}

// places are those of some entries, each once.
func places(r *attack.Report, ids []string) []string {
	var all []string
	for i := range r.Results {
		if e := &r.Results[i].Entry; slices.Contains(ids, e.ID) && !slices.Contains(all, e.Kind) {
			all = append(all, e.Kind)
		}
	}
	return all
}
