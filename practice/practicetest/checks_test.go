package practicetest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
)

const roses = "gardening/roses-bloom"

// world is one where the check answers so.
func world(err error, findings ...practice.Finding) practicetest.World {
	return func(*testing.T) practice.Practice {
		p := sound()
		p.Checks[0].Run = answering(err, findings...)
		return p
	}
}

func TestTheSuiteSeesChecksThatDoNotAnswerAsTheyShould(t *testing.T) {
	found := func(status practice.Status) practice.Finding { return practice.Found(status, "rose", "That is so.") }
	passing, failing, erring := world(nil, found(practice.Pass)), world(nil, found(practice.Fail)), world(errors.New("it is night"))
	for _, tt := range []struct {
		name   string
		checks practicetest.Checks
		want   string // empty: it is sound
	}{
		{"each answer in its world", practicetest.Checks{roses: {passing, failing, erring}}, ""},
		{"a warning is a complaint", practicetest.Checks{roses: {passing, world(nil, found(practice.Warn)), erring}}, ""},
		{"not known is no answer", practicetest.Checks{roses: {passing, failing, world(nil, found(practice.Unknown))}}, ""},
		{"one that fails beside one that passes", practicetest.Checks{roses: {passing, world(nil, found(practice.Fail), practice.Found(practice.Pass, "tulip", "It blooms.")), erring}}, ""},
		{"no cases at all", nil, "has no cases"},
		{"no passing case", practicetest.Checks{roses: {nil, failing, erring}}, "no passing case"},
		{"no failing case", practicetest.Checks{roses: {passing, nil, erring}}, "no failing case"},
		{"no erring case", practicetest.Checks{roses: {passing, failing, nil}}, "no erring case"},
		{"cases of another check", practicetest.Checks{roses: {passing, failing, erring}, "gardening/weeds": {passing, failing, erring}}, "does not exist"},
		{"a world without the check", practicetest.Checks{roses: {func(*testing.T) practice.Practice { return practice.Practice{} }, failing, erring}}, "lacks the check"},
		{"a passing case that fails", practicetest.Checks{roses: {failing, failing, erring}}, "answers in its passing world"},
		{"a passing case that errs", practicetest.Checks{roses: {erring, failing, erring}}, "answers in its passing world"},
		{"a passing case that says nothing", practicetest.Checks{roses: {world(nil), failing, erring}}, "answers in its passing world"},
		{"a failing case that passes", practicetest.Checks{roses: {passing, passing, erring}}, "answers in its failing world"},
		{"a failing case that errs", practicetest.Checks{roses: {passing, erring, erring}}, "answers in its failing world"},
		{"an erring case that passes", practicetest.Checks{roses: {passing, failing, passing}}, "answers in its erring world"},
		{"an erring case that also passes", practicetest.Checks{roses: {passing, failing, world(errors.New("half"), found(practice.Pass))}}, "answers in its erring world"},
		{"an erring case that says nothing", practicetest.Checks{roses: {passing, failing, world(nil)}}, "answers in its erring world"},
		{"a finding about nothing", practicetest.Checks{roses: {passing, world(nil, practice.Found(practice.Fail, "", "It is so.")), erring}}, "without subject"},
		{"a finding that says nothing", practicetest.Checks{roses: {passing, world(nil, practice.Found(practice.Fail, "rose", "")), erring}}, "without subject or sentence"},
		{"a subject twice", practicetest.Checks{roses: {world(nil, found(practice.Pass), found(practice.Pass)), failing, erring}}, "twice about the same"},
		{"a proof without an end", practicetest.Checks{roses: {world(nil, practice.Finding{Subject: "rose", Status: practice.Pass, Sentence: "It blooms.", Proof: make([]byte, practice.MaxProof+1)}), failing, erring}}, "too much proof"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			faults := strings.Join(practicetest.CheckFaults(t, sound(), tt.checks), "\n")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("the suite says %q, want %q", faults, tt.want)
			}
		})
	}
}
