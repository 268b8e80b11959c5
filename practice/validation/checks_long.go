package validation

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// beyondDetail names the detail by which an event says that the rest of its body went by unseen.
const beyondDetail = "validation.beyond"

// longBodiesRefused sends an attack behind as much as is looked at of a body, once with its length said before and once
// without. It must be refused; on a path where the operator lets uploads pass, the record must say what nobody saw.
func (s *Service) longBodiesRefused(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	for _, service := range s.services {
		f, err := s.tryLong(ctx, service, service, "/"+fresh(), false)
		if err != nil {
			return nil, err
		}
		findings = append(findings, f)
		for _, route := range s.cfg.Services[service].Routes {
			path, ok := within(s.outside.Paths[service], route.Path)
			if route.Beyond != Pass || !ok {
				continue
			}
			if f, err = s.tryLong(ctx, service+" "+string(route.Path), service, path, true); err != nil {
				return nil, err
			}
			findings = append(findings, f)
		}
	}
	return findings, nil
}

// tryLong sends both to one path. may says that the operator lets the rest of a body pass there.
func (s *Service) tryLong(ctx context.Context, subject, service, path string, may bool) (practice.Finding, error) {
	request := attack.Long(path, int(s.cfg.Body.Inspect)) // at most maxInspect
	entry := attack.Entry{ID: "long.announced", Expect: attack.Refused, By: attack.ByRules, Request: request}
	unannounced := entry
	unannounced.ID, unannounced.Request.Unannounced = "long.unannounced", true
	report, err := s.outside.Try(ctx, service, []attack.Entry{entry, unannounced}, 0)
	if err != nil {
		return practice.Finding{}, fmt.Errorf("try %s: %w", subject, err)
	}
	refused, observed, unseen := 0, 0, 0
	for i := range report.Results {
		r := &report.Results[i]
		switch {
		case r.Verdict == "refused" && r.Status >= http.StatusBadRequest && (r.Stage == stageName || r.Stage == "gate"):
			refused++ // the gate has a bound of its own, which may be the lower
		case r.Answer(stageName) == attack.WasObserved:
			observed++
		case r.Answer(stageName) != attack.WasPassed:
			return practice.Found(practice.Unknown, subject, "A long body was judged by nobody: it was answered with %d.", r.Status), nil
		case !may:
			return practice.Found(practice.Fail, subject, "An attack behind %s of a body would have reached the application.", s.cfg.Body.Inspect), nil
		default:
			e, err := s.outside.await(ctx, r.Event)
			if err != nil {
				return practice.Finding{}, err
			}
			if e == nil || !slices.ContainsFunc(e.Details, func(d event.Detail) bool { return d.Name == beyondDetail }) {
				return practice.Found(practice.Fail, subject, "The rest of a long body went by unseen, and the record does not say so."), nil
			}
			unseen++
		}
	}
	switch {
	case observed > 0:
		return practice.Found(practice.Warn, subject, "An attack behind %s of a body was found, and only watched.", s.cfg.Body.Inspect), nil
	case unseen > 0:
		return practice.Found(practice.Pass, subject, "The rest of a long body goes by unseen here, as the configuration has it, and the record says so."), nil
	}
	return practice.Found(practice.Pass, subject, "An attack behind %s of a body was refused, whether its length was said before or not.", s.cfg.Body.Inspect), nil
}
