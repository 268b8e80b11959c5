package validation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/validation/waf"
	"github.com/tenward/tenward/problem"
)

const (
	seeRules         = "validation.rule.read"
	proposeExclusion = "validation.exclusion.propose"
	decideExclusion  = "validation.exclusion.decide"

	kindProposed  = "validation.exclusion.proposed"
	kindAccepted  = "validation.exclusion.accepted"
	kindWithdrawn = "validation.exclusion.withdrawn"

	maxReason = 500 // characters
)

var (
	errExcludedService = problem.New("validation.exclusion.service", "There is no service of this name.", "Choose one that stands under services: in the configuration.")
	errExcludedRule    = problem.New("validation.exclusion.rule", "There is no rule of this number that looks for anything.", "Take the number that the event names; those that keep the score, and those that say that a request cannot be read, cannot be excluded.")
	errExcludedPath    = problem.New("validation.exclusion.path", "That is no path, and no pattern of paths.", "Write /notes for one, /notes/** for all below it.")
	errExcludedReason  = problem.New("validation.exclusion.reason", fmt.Sprintf("There is no reason, or one of more than %d characters.", maxReason), "Write in a few words why, for whoever reads the record later.")
	errExcludedTwice   = problem.New("validation.exclusion.twice", "This exclusion is there already.", "See it on the page Validation.")
	errExcludedMany    = problem.New("validation.exclusion.many", fmt.Sprintf("There are %d exclusions already.", maxProposals), "Withdraw those that nobody needs, or write what lasts into the configuration.")
	errProposal        = problem.New("validation.exclusion.unknown", "There is no exclusion of this id.", "Somebody may have withdrawn it meanwhile: see the page Validation.")
)

// badTarget is a problem with the mend that the target's reader knows.
func badTarget(err error) error {
	var wrong *waf.TargetError
	if errors.As(err, &wrong) {
		return problem.New("validation.exclusion.target", "The parameter cannot be excluded: "+wrong.Sentence+".", strings.ToUpper(wrong.Mend[:1])+wrong.Mend[1:]+".")
	}
	return err
}

func (s *Service) permissions() []practice.Permission {
	return []practice.Permission{
		{Name: seeRules, Title: "See rules and what they matched", Role: practice.RoleAuditor},
		{Name: proposeExclusion, Title: "Propose what a rule should not look at", Role: practice.RoleAuditor},
		{Name: decideExclusion, Title: "Decide what a rule does not look at", Role: practice.RoleAdmin},
	}
}

func (s *Service) actions() []practice.Action {
	return []practice.Action{
		{Name: "validation.exclusion.propose", Title: "Propose it", Permission: proposeExclusion, Form: exclusionFields(), Effect: s.proposeEffect, Do: s.propose(proposed)},
		{Name: "validation.exclusion.allow", Title: "Let it pass", Permission: decideExclusion, Form: exclusionFields(), Effect: s.allowEffect, Do: s.propose(accepted)},
		{Name: "validation.exclusion.accept", Title: "Accept it", Permission: decideExclusion, Form: byExclusion(because()), Effect: s.acceptEffect, Do: s.decide(accepted)},
		{Name: "validation.exclusion.withdraw", Title: "Withdraw it", Permission: decideExclusion, Form: byExclusion(practice.Reason()), Do: s.decide(withdrawn)},
	}
}

// read reads a form: service, rule, target, path.
func (s *Service) read(form url.Values) (exclusion, error) {
	rule, err := strconv.Atoi(strings.TrimSpace(form.Get("rule")))
	if err != nil {
		return exclusion{}, errExcludedRule.Because(err)
	}
	return s.exclusion(form.Get("service"), rule, strings.TrimSpace(form.Get("target")), strings.TrimSpace(form.Get("path")))
}

func reasonOf(form url.Values) (string, error) {
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" || len([]rune(reason)) > maxReason || strings.ContainsFunc(reason, unicode.IsControl) {
		return "", errExcludedReason
	}
	return reason, nil
}

// propose keeps a new exclusion: as a proposal, or in force at once.
func (s *Service) propose(state string) func(context.Context, url.Values) (practice.Result, error) {
	return func(ctx context.Context, form url.Values) (practice.Result, error) {
		e, err := s.read(form)
		if err != nil {
			return practice.Result{}, err
		}
		p := proposal{State: state, exclusion: e}
		if p.Reason, err = reasonOf(form); err != nil {
			return practice.Result{}, err
		}
		kind, message := kindProposed, "Somebody proposed that a rule should not look at a parameter."
		if state == accepted {
			kind, message = kindAccepted, "A rule does not look at a parameter any more."
		}
		err = s.keeping.Box.Do(ctx, func(c *outbox.Change) error {
			all, err := s.proposalsIn(ctx, c)
			if err != nil {
				return err
			}
			before, known := same(all, e)
			switch {
			case known && (before.State == accepted || state == proposed):
				return errExcludedTwice
			case known:
				p.ID, p.Version = before.ID, before.Version
			case len(all) >= maxProposals:
				return errExcludedMany
			default:
				p.ID, p.Version = event.NewID(c.Now()).String(), 0
			}
			return s.put(ctx, c, p, kind, message)
		})
		if err != nil {
			return practice.Result{}, err
		}
		return s.done(&p), nil
	}
}

// decide accepts a proposal, or withdraws what was proposed or accepted.
func (s *Service) decide(state string) func(context.Context, url.Values) (practice.Result, error) {
	return func(ctx context.Context, form url.Values) (practice.Result, error) {
		kind, message := kindAccepted, "A rule does not look at a parameter any more."
		if state == withdrawn {
			kind, message = kindWithdrawn, "An exclusion was withdrawn: the rule looks at everything again."
		}
		var p proposal
		err := s.keeping.Box.Do(ctx, func(c *outbox.Change) error {
			all, err := s.proposalsIn(ctx, c)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(all, func(p proposal) bool { return p.ID == form.Get("id") })
			if i < 0 || all[i].State == state {
				return errProposal
			}
			p = all[i]
			if reason, err := reasonOf(form); err == nil {
				p.Reason = reason
			} else if state == accepted {
				return err
			}
			p.State = state
			return s.put(ctx, c, p, kind, message)
		})
		if err != nil {
			return practice.Result{}, err
		}
		return s.done(&p), nil
	}
}

// done says what counts now, and how it is taken back.
func (s *Service) done(p *proposal) practice.Result {
	r := practice.Result{Next: "/validation"}
	switch p.State {
	case proposed:
		r.Sentence = fmt.Sprintf("It is proposed that rule %d does not look at %s. Nothing has changed yet: an admin accepts it.", p.Rule, p.Target)
	case accepted:
		r.Sentence = fmt.Sprintf("Rule %d does not look at %s of %s on %s any more.", p.Rule, p.Target, p.Path, p.Service)
		r.Undo = &practice.Undo{Action: "validation.exclusion.withdraw", Form: url.Values{"id": {p.ID}}}
	default:
		r.Sentence = fmt.Sprintf("Rule %d looks at %s of %s on %s again.", p.Rule, p.Target, p.Path, p.Service)
	}
	return r
}
