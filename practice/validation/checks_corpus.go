package validation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice"
)

// attacks is who tries the services from outside.
type attacks interface {
	// Report is what became of it the last time; nil while there was none.
	Report(ctx context.Context, service string) (*attack.Report, error)
}

// untried is nobody.
type untried struct{}

func (untried) Report(context.Context, string) (*attack.Report, error) { return nil, nil } //nolint:nilnil // none is no error

// TriedBy says who tries the services from outside, which stands only after this practice does.
func (s *Service) TriedBy(a attacks) { s.tried = a }

// reportGood is how long a report proves something: twice as long as it takes until the next.
const reportGood = 48 * time.Hour

// corpusChecks ask what became of attacks and of honest requests that came in through the front door.
func (s *Service) corpusChecks() []practice.Check {
	return []practice.Check{
		{
			ID: "validation/attacks-refused", Title: "Attacks are refused", Source: "OWASP Core Rule Set 4, NIST SP 800-115 section 5", Every: 24 * time.Hour, Timeout: 30 * time.Second, Weight: 3,
			Stale: []string{"audits.run.ended"},
			Fix:   "Look for the exclusion in validation.directives that is wider than it has to be, and for a service whose mode is observe.",
			Run:   func(ctx context.Context) ([]practice.Finding, error) { return s.overServices(ctx, attacksRefused) },
		},
		{
			ID: "validation/honest-requests-pass", Title: "Honest requests pass", Source: "OWASP Core Rule Set 4", Every: 24 * time.Hour, Timeout: 30 * time.Second, Weight: 2,
			Stale: []string{"audits.run.ended"},
			Fix:   "Lower validation.paranoia, or take the rule that the event names out for the field that it matched.",
			Run:   func(ctx context.Context) ([]practice.Finding, error) { return s.overServices(ctx, honestPass) },
		},
		{
			ID: "validation/every-family-refuses", Title: "Every family of rules has found something", Source: "OWASP Core Rule Set 4", Every: 24 * time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"audits.run.ended"},
			Fix:   "Look in validation.directives for what takes out a whole family, such as SecRuleRemoveByTag, and take out the one rule instead.",
			Run:   func(ctx context.Context) ([]practice.Finding, error) { return s.overServices(ctx, familiesRefuse) },
		},
	}
}

// overServices has each service's report judged.
func (s *Service) overServices(ctx context.Context, judge func(*attack.Report) (practice.Status, []string, string)) ([]practice.Finding, error) {
	findings := make([]practice.Finding, 0, len(s.services))
	for _, service := range s.services {
		report, err := s.tried.Report(ctx, service)
		if err != nil {
			return nil, err
		}
		if report == nil {
			findings = append(findings, practice.Finding{Subject: service, Sentence: "Nobody has tried yet."})
			continue
		}
		f, err := found(service, report, judge)
		if err != nil {
			return nil, err
		}
		f.At, f.Until = report.Ended, report.Ended.Add(reportGood)
		findings = append(findings, f)
	}
	return findings, nil
}

// found is a report as it was judged, with the ids of those that are not well for a proof.
func found(subject string, r *attack.Report, judge func(*attack.Report) (practice.Status, []string, string)) (practice.Finding, error) {
	status, failing, sentence := judge(r)
	proof, err := json.Marshal(map[string]any{"run": r.Run.String(), "requests": len(r.Results), "failing": failing})
	if err != nil {
		return practice.Finding{}, fmt.Errorf("write proof of run %s: %w", r.Run, err)
	}
	return practice.Finding{Subject: subject, Status: status, Sentence: sentence, Proof: proof}, nil
}

// answers are the ids of a report's entries by what was expected of them and what became of them.
type answers map[attack.Expectation]map[attack.Answer][]string

func sorted(r *attack.Report) answers {
	all := answers{attack.Refused: {}, attack.Passed: {}}
	for i := range r.Results {
		one := &r.Results[i]
		of := all[one.Entry.Expect]
		became := one.Answer(stageName)
		of[became] = append(of[became], one.Entry.ID)
	}
	return all
}

// attacksRefused judges attacks. What nobody has judged proves nothing, but one that passed proves enough.
func attacksRefused(r *attack.Report) (status practice.Status, failing []string, sentence string) {
	of := sorted(r)[attack.Refused]
	refused, total := len(of[attack.WasRefused]), size(of)
	switch {
	case len(of[attack.WasPassed]) > 0:
		return practice.Fail, of[attack.WasPassed], fmt.Sprintf("%d of %d attacks would have reached the application.", len(of[attack.WasPassed]), total)
	case len(of[attack.WasObserved]) > 0:
		return practice.Fail, of[attack.WasObserved], fmt.Sprintf("%d of %d attacks were only watched, and would have reached the application.", len(of[attack.WasObserved]), total)
	case refused < total || total == 0:
		return practice.Unknown, of[attack.Unjudged], fmt.Sprintf("%d of %d attacks were judged by nobody.", total-refused, total)
	}
	return practice.Pass, nil, fmt.Sprintf("All %d attacks were refused.", total)
}

// honestPass judges honest requests.
func honestPass(r *attack.Report) (status practice.Status, failing []string, sentence string) {
	of := sorted(r)[attack.Passed]
	passed, total := len(of[attack.WasPassed]), size(of)
	switch {
	case len(of[attack.WasRefused]) > 0:
		return practice.Fail, of[attack.WasRefused], fmt.Sprintf("%d of %d honest requests were refused.", len(of[attack.WasRefused]), total)
	case len(of[attack.WasObserved]) > 0:
		return practice.Warn, of[attack.WasObserved], fmt.Sprintf("%d of %d honest requests would be refused, were the service not only watched.", len(of[attack.WasObserved]), total)
	case passed < total || total == 0:
		return practice.Unknown, of[attack.Unjudged], fmt.Sprintf("%d of %d honest requests were judged by nobody.", total-passed, total)
	}
	return practice.Pass, nil, fmt.Sprintf("All %d honest requests passed.", total)
}

func size(of map[attack.Answer][]string) int {
	n := 0
	for _, ids := range of {
		n += len(ids)
	}
	return n
}
