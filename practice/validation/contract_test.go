package validation

import (
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) {
	practicetest.Run(t, service(t, nil).Practice(), worlds())
}

// worlds are those of each check.
func worlds() practicetest.Checks {
	// tried is a world in which both services were sent one request, which was answered so.
	tried := func(expect attack.Expectation, verdict, stage string, status int) practicetest.World {
		return func(t *testing.T) practice.Practice {
			t.Helper()
			s := service(t, nil)
			report := &attack.Report{Run: event.NewID(time.Now()), Ended: time.Now(), Results: []attack.Result{
				{Entry: attack.Entry{ID: "one", Expect: expect, By: attack.ByRules}, Verdict: verdict, Stage: stage, Status: status},
			}}
			s.TriedBy(reports{"notes": report, "shop": report})
			return s.Practice()
		}
	}
	untried := func(t *testing.T) practice.Practice { return service(t, nil).Practice() }
	return practicetest.Checks{
		"validation/attacks-refused":      practicetest.Gives(tried(attack.Refused, "refused", stageName, 403), tried(attack.Refused, "passed", "", 204), untried),
		"validation/honest-requests-pass": practicetest.Gives(tried(attack.Passed, "passed", "", 204), tried(attack.Passed, "refused", stageName, 403), untried),
	}
}
