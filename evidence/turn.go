package evidence

import (
	"maps"
	"slices"
	"strings"

	"github.com/tenward/tenward/practice"
)

// turn is an answer that became another: was is empty for a new subject, became for one that is gone.
type turn struct {
	check, subject, was, became, sentence string
}

// turned is what an answer changes, given what was kept before and why there was no answer before, if there was none.
// What was unknown and is unknown has not changed.
func turned(a *answer, before map[string]standing, problem string) []turn {
	was, now := worstKept(before), worstFound(a.findings)
	var turns []turn
	switch {
	case a.problem != "": // the check as a whole has no answer; its subjects keep their last ones
		if problem == "" && was != practice.Unknown {
			turns = append(turns, turn{a.check.ID, "", was.String(), practice.Unknown.String(), a.problem})
		}
		return turns
	case problem != "" && was != practice.Unknown && now != practice.Unknown:
		turns = append(turns, turn{a.check.ID, "", practice.Unknown.String(), now.String(), "The check is answered again."})
	}
	gone := maps.Clone(before)
	for _, f := range a.findings {
		old, known := before[f.Subject]
		delete(gone, f.Subject)
		if old.status != f.Status { // the zero status is Unknown: a new subject of which nothing is known says nothing
			one := turn{a.check.ID, f.Subject, "", f.Status.String(), f.Sentence}
			if known {
				one.was = old.status.String()
			}
			turns = append(turns, one)
		}
	}
	for subject, old := range gone {
		turns = append(turns, turn{a.check.ID, subject, old.status.String(), "", "The check speaks of it no more."})
	}
	slices.SortFunc(turns, func(a, b turn) int { return strings.Compare(a.subject, b.subject) })
	return turns
}

// badness orders answers: what fails is the worst, then what nobody knows.
func badness(s practice.Status) int {
	switch s {
	case practice.Pass:
		return 0
	case practice.Warn:
		return 1
	case practice.Fail:
		return 3
	default:
		return 2
	}
}

func worse(a, b practice.Status) bool { return badness(a) > badness(b) }

// worst is the worst of some answers; of none it is Unknown.
func worst(all []practice.Status) practice.Status {
	if len(all) == 0 {
		return practice.Unknown
	}
	return slices.MaxFunc(all, func(a, b practice.Status) int { return badness(a) - badness(b) })
}

func worstFound(findings []practice.Finding) practice.Status {
	all := make([]practice.Status, 0, len(findings))
	for _, f := range findings {
		all = append(all, f.Status)
	}
	return worst(all)
}

func worstKept(kept map[string]standing) practice.Status {
	all := make([]practice.Status, 0, len(kept))
	for _, k := range kept {
		all = append(all, k.status)
	}
	return worst(all)
}

func worstOf(turns []turn) string {
	all := make([]practice.Status, 0, len(turns))
	for _, t := range turns {
		all = append(all, status(t.became))
	}
	return worst(all).String()
}

// status reads a kept answer. What is no answer is unknown.
func status(word string) practice.Status {
	var s practice.Status
	if s.UnmarshalText([]byte(word)) != nil {
		return practice.Unknown
	}
	return s
}
