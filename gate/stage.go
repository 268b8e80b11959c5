package gate

import (
	"context"
	"net/http"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

// Phase is how far an exchange has come when a stage runs.
type Phase uint8

// The phases, in the order in which an exchange walks them.
const (
	Connected Phase = iota // TLS is up and the head is read, nothing of it is looked at: limits, bans
	Headed                 // the head is normalised and the service is known: who may ask for what
	Bodied                 // the body may be read, as far as its inspection limit: what is sent
	Answered               // the upstream's head has come: what is given away
	Recorded               // the exchange is over and its event is about to be written: always runs
	phases
)

var phaseNames = [phases]string{"connected", "headed", "bodied", "answered", "recorded"}

// String is the phase's name in lower case.
func (p Phase) String() string {
	if p >= phases {
		return "unknown"
	}
	return phaseNames[p]
}

// Stage is one step of the road. Stages never call each other: they read and write facts on the exchange.
type Stage struct {
	Name  string // slug.subject, "validation.request"
	Phase Phase
	// Run decides. The zero verdict lets the exchange pass. An error or a panic refuses it with 503,
	// in observe mode too: a stage that cannot say "clean" has not said it.
	Run func(context.Context, *Exchange) (Verdict, error)
	// Observe says whether this stage only watches the service: what it would have refused passes and
	// is recorded as observed. Nil means that it refuses.
	Observe func(service string) bool
}

// Verdict is a stage's decision. The zero verdict passes.
type Verdict struct {
	Status   int              // the answer's status when refusing, 400 to 599, or 303 with Location; 0 passes
	Kind     string           // the event's kind, "validation.request.refused"; required when refusing
	Why      *problem.Problem // what the person is told; required when refusing
	Location string           // where the person has to go first, with status 303
	Rules    []event.Rule     // what matched; may be set on a verdict that passes, and is recorded all the same
}

// Refuses says whether the verdict ends the exchange (outside observe mode).
func (v Verdict) Refuses() bool { return v.Status != 0 }

// Refuse is the verdict that ends an exchange with an answer of this status.
func Refuse(status int, kind string, why *problem.Problem) Verdict {
	return Verdict{Status: status, Kind: kind, Why: why}
}

// SendTo is the verdict that has the person go elsewhere first. Whoever does not follow is told why.
func SendTo(location, kind string, why *problem.Problem) Verdict {
	return Verdict{Status: http.StatusSeeOther, Location: location, Kind: kind, Why: why}
}

// sound says whether a verdict that refuses has all that its answer and its event need.
func (v Verdict) sound() bool {
	redirect := v.Status == http.StatusSeeOther && v.Location != ""
	return v.Why != nil && v.Kind != "" && (redirect || v.Status >= 400 && v.Status <= 599 && v.Location == "")
}
