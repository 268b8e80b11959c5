package gate

import (
	"net/http"
	"strings"

	"github.com/tenward/tenward/event"
)

// An exchange of a run (Exchange.Run) is Tenward trying its own gate. It walks the road like any other and is refused
// like any other, but what would reach the application is answered by the gate itself, whether it passed or was only
// observed, with the verdict in the fields below. So an attack that is let through does no harm.

// The fields that whoever tries the gate is answered with, beside EventHeader. Nobody else gets them, and no application
// can set them.
const (
	VerdictHeader = "Tenward-Verdict" // as the record has it: passed, observed, refused or error
	StageHeader   = "Tenward-Stage"   // which stage it is of; "gate" for the gate's own
	RulesHeader   = "Tenward-Rules"   // the ids of all rules that matched, with commas between
)

// RunDetail names the detail by which an exchange of a run is known in the record.
const RunDetail = event.RunDetail

// settled answers in place of the application.
func (g *Gate) settled(x *Exchange) {
	h := x.answer.Header()
	h.Set(EventHeader, x.ID.String())
	h.Set("Cache-Control", "no-store")
	x.sayVerdict()
	x.answerEarly()
	x.answer.WriteHeader(http.StatusNoContent)
}

// sayVerdict tells whoever tries the gate what it has decided, and why.
func (x *Exchange) sayVerdict() {
	ids := make([]string, 0, len(x.Rules))
	for _, r := range x.Rules {
		ids = append(ids, r.ID)
	}
	h := x.answer.Header()
	h.Set(VerdictHeader, x.verdict.String())
	if x.stage != "" {
		h.Set(StageHeader, x.stage)
	}
	if len(ids) > 0 {
		h.Set(RulesHeader, strings.Join(ids, ","))
	}
}
