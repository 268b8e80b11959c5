package validation

import (
	"net/url"
	"slices"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// remedies are what can be done about what the rules refused, or would have.
func (s *Service) remedies() []practice.Remedy {
	return []practice.Remedy{{
		Name: "validation.exclusion", Title: "Allow this", Permission: proposeExclusion,
		For: func(e *event.Event) string {
			if e.Verdict != event.Refused && e.Verdict != event.Observed {
				return ""
			}
			if e.Stage != stageName || !slices.ContainsFunc(e.Rules, func(r event.Rule) bool { return s.draftOf(e, r).Fault == "" }) {
				return ""
			}
			return "/validation/exclusions/new?" + url.Values{"event": {e.UID.String()}}.Encode()
		},
	}}
}
