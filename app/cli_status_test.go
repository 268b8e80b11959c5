package app

import (
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

// postureOf is one practice with these checks, and one that is not assessed.
func postureOf(checks ...evidence.Asked) *evidence.Posture {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	return &evidence.Posture{At: at, Score: evidence.Score{Proven: 5050, Of: 10000}, Practices: []evidence.Standing{
		{Slug: "access", Title: "Roles", Assessed: true, Score: evidence.Score{Proven: 199, Of: 400}, Checks: checks},
		{Slug: "training", Title: "Training", Checks: []evidence.Asked{}},
	}}
}

func TestStatusReadsAtThreeInTheMorning(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := postureOf(
		evidence.Asked{
			ID: "access/doors-shut", Title: "The doors are shut", Fix: "Shut them.", Status: practice.Fail, Counts: evidence.Counts{Fail: 2, Pass: 1}, At: at.Add(-90 * time.Minute),
			Findings: []evidence.Kept{{Subject: "front", Status: practice.Fail, Sentence: "The front door is open."}, {Subject: "back", Status: practice.Fail, Sentence: "The back door is open."}},
		},
		evidence.Asked{
			ID: "access/keys-held", Title: "The keys are held", Fix: "Hold them.", Status: practice.Unknown, Counts: evidence.Counts{Unknown: 1}, At: at.Add(-50 * time.Hour), Problem: "The board does not answer.",
			Findings: []evidence.Kept{{Subject: "board", Sentence: "All hang there."}},
		},
		evidence.Asked{ID: "access/new", Title: "It is new", Fix: "Wait.", Status: practice.Unknown, Counts: evidence.Counts{Unknown: 1}},
		evidence.Asked{ID: "access/spare-key", Title: "There is a spare key", Fix: "Cut one.", Status: practice.Warn, Counts: evidence.Counts{Warn: 1}, At: at.Add(-2 * time.Minute)},
		evidence.Asked{ID: "access/walls", Title: "There are walls", Status: practice.Pass, Counts: evidence.Counts{Pass: 4}, At: at.Add(-time.Second)},
	)
	now := statusOf(p)
	const want = `50 % proven. Checks: 1 failing, 2 unknown, 1 with a warning, 1 passing.

✗ FAIL  The doors are shut
    access/doors-shut: 2 failing, 1 passing; asked 1 h ago
    The front door is open.
    The back door is open.
    Do: Shut them.

? unknown  The keys are held
    access/keys-held: 1 unknown; asked 2 days ago
    The board does not answer.
    Do: Hold them.

? unknown  It is new
    access/new: 1 unknown; not asked yet

! warn  There is a spare key
    access/spare-key: 1 with a warning; asked 2 min ago
    Do: Cut one.
%s
access    Roles     49 %%  1 of 5 checks pass
training  Training  -     not assessed
`
	for all, passing := range map[bool]string{false: "", true: "\n✓ pass  There are walls\n    access/walls: 4 passing; asked 1 s ago\n"} {
		var out strings.Builder
		if err := (statusCommand{All: all}).write(&out, &now); err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(strings.Replace(want, "%s", passing, 1), "%%", "%"); out.String() != want {
			t.Errorf("it says\n%s\nwant\n%s", out.String(), want)
		}
	}
}

func TestStatusFailsOnWhatItIsToldTo(t *testing.T) {
	tests := []struct {
		has  practice.Status
		on   string
		want bool
	}{
		{practice.Fail, "never", false},
		{practice.Pass, "warn", false},
		{practice.Fail, "fail", true},
		{practice.Unknown, "fail", false},
		{practice.Warn, "fail", false},
		{practice.Fail, "unknown", true},
		{practice.Unknown, "unknown", true},
		{practice.Warn, "unknown", false},
		{practice.Fail, "warn", true},
		{practice.Unknown, "warn", true},
		{practice.Warn, "warn", true},
	}
	for _, tt := range tests {
		now := statusOf(postureOf(evidence.Asked{ID: "access/a", Status: tt.has}))
		if got := (statusCommand{FailOn: tt.on}).reached(&now); got != tt.want {
			t.Errorf("--fail-on %s with one that is %s: %t", tt.on, tt.has, got)
		}
	}
}
