package validation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// maxPage is how much of a refusal is looked at; ours have a few thousand bytes.
const maxPage = 64 << 10

// pageKinds are the kinds of page that a refusal has.
var pageKinds = [...]string{"text/html", "application/json", "text/plain"}

// refusalsExplained sends one attack for each kind of page that a refusal has. Whoever sent it must learn the event's id
// and nothing of the rules; whoever looks up the id must find which rule matched, and where.
func (s *Service) refusalsExplained(ctx context.Context) ([]practice.Finding, error) {
	findings := make([]practice.Finding, 0, len(s.services))
	for _, service := range s.services {
		name, mark := fresh(), fresh()
		entries := make([]attack.Entry, 0, len(pageKinds))
		for _, accept := range pageKinds {
			e := attack.Entry{ID: "refusal." + accept, Kind: accept, Expect: attack.Refused, By: attack.ByRules}
			e.Request = attack.InQuery.Request("/", name, "<script>confirm('"+mark+"')</script>")
			e.Request.Header = map[string][]string{"Accept": {accept}}
			entries = append(entries, e)
		}
		report, err := s.outside.Try(ctx, service, entries, maxPage)
		if err != nil {
			return nil, fmt.Errorf("try %s: %w", service, err)
		}
		f, err := s.explained(ctx, service, report.Results, name, mark)
		if err != nil {
			return nil, err
		}
		findings = append(findings, f)
	}
	return findings, nil
}

// explained judges the refusals of a service: the first that is not well speaks for all.
func (s *Service) explained(ctx context.Context, service string, results []attack.Result, name, mark string) (practice.Finding, error) {
	watched := 0
	for i := range results {
		r := &results[i]
		answer := r.Answer(stageName)
		if answer != attack.WasRefused && answer != attack.WasObserved {
			return practice.Found(practice.Unknown, service, "The attack was not refused by the rules, so there is no refusal to look at."), nil
		}
		e, err := s.outside.await(ctx, r.Event)
		if err != nil {
			return practice.Finding{}, err
		}
		if f := s.recorded(service, r, e, name); f != nil {
			return *f, nil
		}
		if answer == attack.WasObserved {
			watched++
			continue
		}
		if said := tells(r, e, name, mark); said != "" {
			f := practice.Found(practice.Fail, service, "The refusal as %s %s.", r.Entry.Kind, said)
			f.Proof = []byte(r.Page[:min(len(r.Page), practice.MaxProof)])
			return f, nil
		}
	}
	if watched > 0 {
		return practice.Found(practice.Pass, service, "The record says which rule matched, and where. The service is only watched, so there is no refusal that could say too much."), nil
	}
	return practice.Found(practice.Pass, service, "%d refusals told the id of their event and nothing else. The record says which rule matched, and where.", len(results)), nil
}

// recorded complains where the record does not say what the answer does not.
func (s *Service) recorded(service string, r *attack.Result, e *event.Event, name string) *practice.Finding {
	var f practice.Finding
	switch {
	case e == nil:
		f = practice.Found(practice.Fail, service, "The refusal quotes event %s, and %s later the record has none.", r.Event, s.outside.Wait)
	case e.Verdict != event.Refused && e.Verdict != event.Observed:
		f = practice.Found(practice.Fail, service, "Event %s is of a refusal, and says that the request was %s.", r.Event, e.Verdict)
	case !slices.ContainsFunc(e.Rules, func(rule event.Rule) bool { return rule.ID != "" && strings.HasSuffix(rule.Target, ":"+name) }):
		f = practice.Found(practice.Fail, service, "Event %s does not say which rule matched in which parameter.", r.Event)
	default:
		return nil
	}
	return &f
}

// tells says what is wrong with a refusal's page; nothing where it is well.
func tells(r *attack.Result, e *event.Event, name, mark string) string {
	if !strings.Contains(r.Page, r.Event) {
		return "does not quote its event"
	}
	page := strings.ReplaceAll(r.Page, r.Event, "") // an id of hexadecimals may hold any number
	switch {
	case strings.Contains(page, mark):
		return "repeats the text of the attack"
	case strings.Contains(page, name):
		return "names the parameter that matched"
	}
	for _, rule := range e.Rules {
		if rule.ID != "" && strings.Contains(page, rule.ID) || rule.Message != "" && strings.Contains(page, rule.Message) {
			return "names rule " + rule.ID
		}
	}
	return ""
}
