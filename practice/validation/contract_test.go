package validation

import (
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

func TestContract(t *testing.T) {
	practicetest.Run(t, service(t, nil).Practice(), worlds())
}

// worlds are those of each check.
func worlds() practicetest.Checks {
	// tried is a world in which both services were sent one request, which was answered so.
	tried := func(expect attack.Expectation, verdict, stage string, status int, rules ...string) practicetest.World {
		return func(t *testing.T) practice.Practice {
			t.Helper()
			s := service(t, nil)
			report := &attack.Report{Run: event.NewID(time.Now()), Ended: time.Now(), Results: []attack.Result{
				{Entry: attack.Entry{ID: "one", Expect: expect, By: attack.ByRules}, Verdict: verdict, Stage: stage, Status: status, Rules: rules},
			}}
			s.TriedBy(reports{"notes": report, "shop": report})
			return s.Practice()
		}
	}
	untried := func(t *testing.T) practice.Practice { return service(t, nil).Practice() }
	well := in(nil)
	talkative := refusing(func(x *gate.Exchange, v *gate.Verdict) {
		v.Why = problem.New("test", "Rule "+v.Rules[0].ID+" has matched.", "Do something else.")
	})
	return practicetest.Checks{
		"validation/attacks-refused":      practicetest.Gives(tried(attack.Refused, "refused", stageName, 403), tried(attack.Refused, "passed", "", 204), untried),
		"validation/honest-requests-pass": practicetest.Gives(tried(attack.Passed, "passed", "", 204), tried(attack.Passed, "refused", stageName, 403), untried),
		"validation/every-family-refuses": practicetest.Gives(
			tried(attack.Refused, "refused", stageName, 403, "913100", "920100", "921100", "922100", "930100", "931100", "932100", "933100", "934100", "941100", "942100", "943100", "944100"),
			tried(attack.Refused, "refused", stageName, 403, "942100"), untried),
		"validation/places-read":          practicetest.Gives(well, directives(`SecRuleUpdateTargetByTag "OWASP_CRS" "!REQUEST_COOKIES"`), mute),
		"validation/exclusions-narrow":    practicetest.Gives(well, excluded(942100, "ARGS:q", "/**"), mute),
		"validation/refusals-explained":   practicetest.Gives(well, talkative, open),
		"validation/long-bodies-refused":  practicetest.Gives(well, open, mute),
		"validation/two-readings-refused": practicetest.Gives(well, naive, mute),
	}
}
