package validation

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice"
)

// exclusionsNarrow sends attacks to where one rule does not look, to see that others do. Where nothing is excluded it
// sends them all the same, so that an exclusion that nobody knows of is found.
func (s *Service) exclusionsNarrow(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	for _, service := range s.services {
		of := (*s.running.Load())[service]
		if len(of) == 0 {
			f, err := s.tryAt(ctx, service, service, attack.InQuery.Attacks("/", fresh()))
			if err != nil {
				return nil, err
			}
			findings = append(findings, f)
		}
		for _, e := range of {
			f, err := s.tryExclusion(ctx, e)
			if err != nil {
				return nil, err
			}
			findings = append(findings, f)
		}
	}
	return findings, nil
}

// tryExclusion sends attacks in the place and to a path that an exclusion speaks of.
func (s *Service) tryExclusion(ctx context.Context, e exclusion) (practice.Finding, error) {
	path, ok := within(s.outside.Paths[e.Service], e.Path)
	if !ok {
		return practice.Found(practice.Warn, e.String(), "No request of %s has such a path: the exclusion means nothing.", e.Service), nil
	}
	var entries []attack.Entry
	in, name := placesOf(e.Target.String())
	for _, place := range in {
		entries = append(entries, place.Attacks(path, name)...)
	}
	if len(entries) == 0 {
		return practice.Found(practice.Pass, e.String(), "No attack fits there: what the rule does not look at is one word."), nil
	}
	return s.tryAt(ctx, e.String(), e.Service, entries)
}

// tryAt sends attacks and has them judged.
func (s *Service) tryAt(ctx context.Context, subject, service string, entries []attack.Entry) (practice.Finding, error) {
	report, err := s.outside.Try(ctx, service, entries, 0)
	if err != nil {
		return practice.Finding{}, fmt.Errorf("try %s: %w", subject, err)
	}
	return found(subject, &report, stillRefused)
}

// stillRefused judges the attacks that were sent to where a rule does not look. That some get through is what an exclusion
// is for, and the price of it; where none of a place is found any more, the place is out of the rules. Whether a service
// is only watched is not the question here.
func stillRefused(r *attack.Report) (status practice.Status, failing []string, sentence string) {
	of := sorted(r)[attack.Refused]
	caught, missed := places(r, slices.Concat(of[attack.WasRefused], of[attack.WasObserved])), of[attack.WasPassed]
	blind := slices.DeleteFunc(places(r, missed), func(place string) bool { return slices.Contains(caught, place) })
	unjudged := size(of) - len(of[attack.WasRefused]) - len(of[attack.WasObserved]) - len(missed)
	switch {
	case unjudged > 0 || size(of) == 0:
		return practice.Unknown, of[attack.Unjudged], fmt.Sprintf("%d of %d attacks there were judged by nobody.", unjudged, size(of))
	case len(blind) > 0:
		return practice.Fail, missed, fmt.Sprintf("%d of %d attacks there are not found any more, none in %s.", len(missed), size(of), strings.Join(blind, ", "))
	case len(missed) > 0:
		return practice.Warn, missed, fmt.Sprintf("%d of %d attacks there are not found any more.", len(missed), size(of))
	}
	return practice.Pass, nil, fmt.Sprintf("All %d attacks there are found.", size(of))
}

// placesOf are the places of a request in which a rule's target holds an attack, and the name that it has there. A
// target that is a name itself holds nothing else.
func placesOf(target string) (all []attack.Place, name string) {
	variable, name, _ := strings.Cut(target, ":")
	sent := attack.InForm
	if inner, ok := strings.CutPrefix(name, "json."); ok {
		sent, name = attack.InJSON, inner
	}
	if name == "" {
		name = "tw"
	}
	switch variable {
	case "ARGS":
		if sent == attack.InJSON {
			return []attack.Place{sent}, name
		}
		return []attack.Place{attack.InQuery, sent}, name
	case "ARGS_GET", "QUERY_STRING":
		return []attack.Place{attack.InQuery}, name
	case "ARGS_POST", "REQUEST_BODY":
		return []attack.Place{sent}, name
	case "REQUEST_COOKIES":
		return []attack.Place{attack.InCookie}, name
	case "REQUEST_HEADERS":
		switch name {
		case "user-agent":
			return []attack.Place{attack.InAgent}, name
		case "referer":
			return []attack.Place{attack.InReferrer}, name
		}
		return []attack.Place{attack.InHeader}, name
	case "XML":
		return []attack.Place{attack.InXML}, name
	case "MULTIPART_FILENAME", "MULTIPART_PART_HEADERS", "FILES":
		return []attack.Place{attack.InFileName}, name
	case "REQUEST_URI", "REQUEST_URI_RAW", "REQUEST_LINE":
		return []attack.Place{attack.InPath, attack.InQuery}, name
	case "REQUEST_FILENAME", "REQUEST_BASENAME":
		return []attack.Place{attack.InPath}, name
	default:
		return nil, name
	}
}

// within is a path that a pattern means, escaped and below the one at which a service begins; ok is false where there
// is none.
func within(begins string, pattern config.PathPattern) (path string, ok bool) {
	begins = strings.TrimSuffix(begins, "/")
	for _, one := range []string{strings.NewReplacer("**", "tw", "*", "tw").Replace(string(pattern)), begins + "/tw"} {
		below, inside := strings.CutPrefix(one, begins)
		if inside && strings.HasPrefix(below, "/") && pattern.Match(one) {
			return (&url.URL{Path: below}).EscapedPath(), true
		}
	}
	return "", false
}
