package attack

// Answer is what the gate's verdict on a request means. The zero value says that nobody judged it: it did not get as
// far, or what ought to judge it did not work.
type Answer string

// The answers.
const (
	Unjudged    Answer = ""
	WasRefused  Answer = "refused"
	WasObserved Answer = "observed" // it would have been refused, were the service not only watched
	WasPassed   Answer = "passed"
)

// gateStage is how the gate's own refusals are known.
const gateStage = "gate"

// Answer reads the verdict. rules is the stage whose refusals count as the rules': somebody else's say nothing about
// them.
func (r *Result) Answer(rules string) Answer {
	by := gateStage
	if r.Entry.By != ByGate {
		by = rules
	}
	switch {
	case r.Verdict == "passed" && r.Status == 204:
		return WasPassed
	case r.Verdict == "observed" && r.Status == 204 && r.Stage == rules:
		return WasObserved
	case r.Verdict == "refused" && r.Stage == by && r.Status >= 400:
		return WasRefused
	case r.Verdict == "refused" && r.Entry.Expect == Passed && r.Stage == gateStage:
		return WasRefused // an honest request is wronged whoever refuses it
	default:
		return Unjudged
	}
}
