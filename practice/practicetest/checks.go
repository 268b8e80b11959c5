package practicetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/tenward/tenward/practice"
)

// World gives the practice in a world of its own, where one check has one answer to give.
type World func(t *testing.T) practice.Practice

// Checks are the worlds in which each check shows that it can give each answer, by the check's id.
type Checks map[string]Answers

// Answers are three worlds: one where all is well, one where the check has something to complain about, and one where it
// cannot find out. A check that no world turns red reads its own setting back.
type Answers struct {
	Passing World // every finding is a pass
	Failing World // a finding fails, or warns
	Erring  World // an error, or a finding that nothing is known; nothing passes
}

// Gives are the three worlds in their order: passing, failing, erring.
func Gives(passing, failing, erring World) Answers { return Answers{passing, failing, erring} }

// CheckFaults asks each check in each of its worlds.
func CheckFaults(t *testing.T, p practice.Practice, checks Checks) []string {
	t.Helper()
	var faults []string
	for _, c := range p.Checks {
		worlds, ok := checks[c.ID]
		if !ok {
			faults = append(faults, fmt.Sprintf("check %q has no cases: give it a world in which it passes, one in which it fails, one in which it errs", c.ID))
			continue
		}
		for _, one := range []struct {
			name  string
			world World
			right func([]practice.Finding, error) bool
		}{
			{"passing", worlds.Passing, passes}, {"failing", worlds.Failing, fails}, {"erring", worlds.Erring, errs},
		} {
			if one.world == nil {
				faults = append(faults, fmt.Sprintf("check %q has no %s case", c.ID, one.name))
				continue
			}
			faults = append(faults, askIn(t, c.ID, one.name, one.world, one.right)...)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(checks)) {
		if !slices.ContainsFunc(p.Checks, func(c practice.Check) bool { return c.ID == id }) {
			faults = append(faults, fmt.Sprintf("there are cases for check %q, which does not exist", id))
		}
	}
	return faults
}

// askIn asks one check in one world.
func askIn(t *testing.T, id, name string, world World, right func([]practice.Finding, error) bool) []string {
	t.Helper()
	all := world(t).Checks
	i := slices.IndexFunc(all, func(c practice.Check) bool { return c.ID == id })
	if i < 0 {
		return []string{fmt.Sprintf("the %s world of check %q lacks the check", name, id)}
	}
	ctx, cancel := context.WithTimeout(t.Context(), all[i].Timeout)
	defer cancel()
	findings, err := all[i].Run(ctx)
	var faults []string
	if !right(findings, err) {
		faults = append(faults, fmt.Sprintf("check %q answers in its %s world: %s, %v", id, name, told(findings), err))
	}
	subjects := map[string]bool{}
	for _, f := range findings {
		if f.Subject == "" || f.Sentence == "" || f.Status > practice.Fail || len(f.Proof) > practice.MaxProof || subjects[f.Subject] {
			faults = append(faults, fmt.Sprintf("check %q answers in its %s world without subject or sentence, with too much proof, or twice about the same: %s", id, name, told(findings)))
		}
		subjects[f.Subject] = true
	}
	return faults
}

func passes(findings []practice.Finding, err error) bool {
	return err == nil && len(findings) > 0 && !slices.ContainsFunc(findings, func(f practice.Finding) bool { return f.Status != practice.Pass })
}

func fails(findings []practice.Finding, err error) bool {
	return err == nil && slices.ContainsFunc(findings, func(f practice.Finding) bool { return f.Status == practice.Fail || f.Status == practice.Warn })
}

func errs(findings []practice.Finding, err error) bool {
	return (err != nil || len(findings) > 0) && !slices.ContainsFunc(findings, func(f practice.Finding) bool { return f.Status != practice.Unknown })
}

func told(findings []practice.Finding) string {
	all := make([]string, 0, len(findings))
	for _, f := range findings {
		all = append(all, f.Status.String()+" "+f.Subject+": "+f.Sentence)
	}
	return fmt.Sprintf("%q", all)
}
