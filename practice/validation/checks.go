package validation

import (
	"slices"
	"time"

	"github.com/tenward/tenward/practice"
)

// checks judge what became of attacks and honest requests, and ask the gate as whoever attacks it would.
func (s *Service) checks() []practice.Check {
	start, exclusions := "app.process.started", "validation.exclusion."
	return slices.Concat(s.corpusChecks(), []practice.Check{
		{
			ID: "validation/places-read", Title: "Attacks are found in every place of a request", Source: "OWASP ASVS 5.0 V1.2, OWASP WSTG 4.2 section 4.7", Weight: 3,
			Every: 6 * time.Hour, Timeout: 5 * time.Minute, Stale: []string{start, exclusions},
			Fix: "Look in validation.directives for what takes a whole place out of the rules, such as !REQUEST_COOKIES, and name the one parameter instead.", Run: s.placesRead,
		},
		{
			ID: "validation/exclusions-narrow", Title: "What a rule does not look at, others do", Source: "OWASP CRS 4 false positives and tuning, NIST SP 800-53 SI-10", Weight: 2,
			Every: 6 * time.Hour, Timeout: 5 * time.Minute, Stale: []string{start, exclusions},
			Fix: "Take back the exclusion on the page Validation or in the file, or give it the one path that needs it.", Run: s.exclusionsNarrow,
		},
		{
			ID: "validation/refusals-explained", Title: "A refusal tells its event, and nothing about the rules", Source: "OWASP ASVS 5.0 V16.2 and V16.5, CWE-209",
			Every: 24 * time.Hour, Timeout: 2 * time.Minute, Stale: []string{start},
			Fix: "Look at what stands between the gate and the record, and report this: it is a fault of Tenward.", Run: s.refusalsExplained,
		},
		{
			ID: "validation/long-bodies-refused", Title: "Nothing passes unseen behind a long body", Source: "OWASP ASVS 5.0 V5.2, CWE-770", Weight: 2,
			Every: 24 * time.Hour, Timeout: 10 * time.Minute, Stale: []string{start},
			Fix: "Raise validation.body.inspect to what the application takes, and write beyond: pass for the paths of uploads alone.", Run: s.longBodiesRefused,
		},
		{
			ID: "validation/two-readings-refused", Title: "What can be read in two ways is not passed on", Source: "OWASP ASVS 5.0 V4.2, RFC 9112 sections 3.2 and 6.3, CWE-444", Weight: 2,
			Every: 24 * time.Hour, Timeout: 5 * time.Minute, Stale: []string{start},
			Fix: "Let nothing before the gate share connections between clients, and report this: it is a fault of Tenward.", Run: s.twoReadings,
		},
	})
}
