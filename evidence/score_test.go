package evidence_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

func TestScoresAreTheWeightedShareThatIsProven(t *testing.T) {
	const pass, warn, fail, unknown = practice.Pass, practice.Warn, practice.Fail, practice.Unknown
	type say map[string][]practice.Status
	tests := []struct {
		name    string
		say     say
		want    evidence.Score // of access: doors weighs 1, owner 3
		percent int            // of all: attacks have never been asked for
	}{
		{"all passes", say{doors: {pass}, owner: {pass, pass}}, evidence.Score{Proven: 400, Of: 400}, 50},
		{"the heavy one fails", say{doors: {pass}, owner: {fail}}, evidence.Score{Proven: 100, Of: 400}, 12},
		{"the light one fails", say{doors: {fail}, owner: {pass}}, evidence.Score{Proven: 300, Of: 400}, 37},
		{"half of the subjects pass", say{doors: {pass, fail}, owner: {fail}}, evidence.Score{Proven: 50, Of: 400}, 6},
		{"a warning is half", say{doors: {warn}, owner: {fail}}, evidence.Score{Proven: 50, Of: 400}, 6},
		{"unknown is nothing", say{doors: {unknown}, owner: {unknown, pass}}, evidence.Score{Proven: 150, Of: 400}, 18},
		{"one of three is never rounded up", say{doors: {pass, fail, fail}, owner: {fail}}, evidence.Score{Proven: 33, Of: 400}, 4},
		{"two of three are never rounded up", say{doors: {pass, pass, fail}, owner: {pass}}, evidence.Score{Proven: 366, Of: 400}, 45},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(h *house) {
				for id, all := range tt.say {
					h.say(id, all...)
					h.ask(id)
				}
				p := h.posture()
				if got := p.Practices[0].Score; got != tt.want {
					t.Errorf("the practice's score is %+v, want %+v", got, tt.want)
				}
				if got := p.Score.Percent(); got != tt.percent {
					t.Errorf("the whole is %d %%, want %d", got, tt.percent)
				}
			})
		})
	}
}

// Whatever is found: 100 % means that everything passes, nothing that is not known ever raises a score, and what gets
// better never lowers it.
func TestNoScoreClaimsMoreThanIsProven(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		a := evidence.Asked{Weight: 1 + random.IntN(5), Counts: evidence.Counts{Pass: random.IntN(4), Warn: random.IntN(3), Fail: random.IntN(3), Unknown: random.IntN(3)}}
		s := evidence.ScoreOf(&a)
		c := a.Counts
		all := c.Pass > 0 && c.Warn+c.Fail+c.Unknown == 0
		if (s.Percent() == 100) != all || s.Of != 100*a.Weight || s.Proven < 0 || s.Proven > s.Of {
			t.Fatalf("%+v scores %+v", c, s)
		}
		if c.Pass+c.Warn == 0 && s.Proven != 0 {
			t.Fatalf("%+v scores %+v, and nothing is proven", c, s)
		}
		for name, better := range map[string]evidence.Counts{
			"a failure less":   {Pass: c.Pass + 1, Warn: c.Warn, Fail: c.Fail - 1, Unknown: c.Unknown},
			"an unknown less":  {Pass: c.Pass + 1, Warn: c.Warn, Fail: c.Fail, Unknown: c.Unknown - 1},
			"a warning less":   {Pass: c.Pass + 1, Warn: c.Warn - 1, Fail: c.Fail, Unknown: c.Unknown},
			"only a warning":   {Pass: c.Pass, Warn: c.Warn + 1, Fail: c.Fail - 1, Unknown: c.Unknown},
			"unknown, no fail": {Pass: c.Pass, Warn: c.Warn, Fail: c.Fail - 1, Unknown: c.Unknown + 1},
		} {
			if min(better.Warn, better.Fail, better.Unknown) < 0 {
				continue
			}
			b := evidence.Asked{Weight: a.Weight, Counts: better}
			got := evidence.ScoreOf(&b)
			if got.Proven < s.Proven || name == "unknown, no fail" && got != s {
				t.Fatalf("%s: %+v scores %+v, %+v scores %+v", name, c, s, better, got)
			}
		}
	}
	if (evidence.Score{}).Percent() != 0 || (evidence.Score{Proven: 399, Of: 400}).Percent() != 99 {
		t.Error("what is not all is rounded up")
	}
}

func TestEachDayHasOneScoreItsLast(t *testing.T) {
	flow(t, func(h *house) { // it is midnight
		stop := watch(h, h.service)
		pass(time.Hour)
		h.say(owner, practice.Fail)
		pass(time.Hour)
		h.say(owner, practice.Warn)
		pass(24 * time.Hour)
		stop()
		h.service = h.node("a", time.Now)
		pass(48 * time.Hour) // it is off
		defer watch(h, h.service)()
		pass(time.Hour)

		got := h.posture().Practices[0].History
		today := time.Now().UTC().Truncate(24 * time.Hour)
		want := []evidence.Point{
			{Day: today.AddDate(0, 0, -3), Score: evidence.Score{Proven: 250, Of: 400}, Known: true},
			{Day: today.AddDate(0, 0, -2), Score: evidence.Score{Proven: 250, Of: 400}, Known: true},
			{Day: today.AddDate(0, 0, -1)},
			{Day: today, Score: evidence.Score{Proven: 250, Of: 400}, Known: true},
		}
		if len(got) != len(want) {
			t.Fatalf("the history is %+v", got)
		}
		for i := range want {
			if !got[i].Day.Equal(want[i].Day) || got[i].Score != want[i].Score || got[i].Known != want[i].Known {
				t.Errorf("day %d is %+v, want %+v", i, got[i], want[i])
			}
		}
		one, err := h.service.Practice(t.Context(), "access")
		if err != nil || len(one.History) != len(want) || len(one.Checks[0].Findings) != 1 || one.Checks[0].Findings[0].Proof != "seen" {
			t.Errorf("the practice is %+v, %v", one, err)
		}
	})
}
