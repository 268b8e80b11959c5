// Package attack holds a corpus of attacks and of honest requests, and sends it to services through the gate's own
// front door, to see that the ones are refused and the others pass.
//
// Every attack is harmless: it is written for no application in particular, and no application gets to see it. Each
// request carries a tag (see Tags) by which the gate knows it for one of this corpus and answers it itself, once all
// that would judge it has.
//
// Sources: CWE 4.x (what is attacked) and CAPEC (how), the rule families of the OWASP Core Rule Set 4, OWASP Web
// Security Testing Guide 4.2; for honest requests, what people report as false alarms of such rules. All of the
// requests were written for this corpus.
package attack

import "time"

// Header carries a request's tag.
const Header = "Tenward-Run"

// The fields with which the gate answers a tagged request.
const (
	VerdictHeader = "Tenward-Verdict" // passed, observed, refused or error
	StageHeader   = "Tenward-Stage"   // which stage refused it, or would have; the gate's own refusals say "gate"
	RulesHeader   = "Tenward-Rules"   // the ids of the rules that matched, with commas between
	EventHeader   = "Tenward-Event"   // the id of its event
)

// Life is how long a tag is good: a request is sent as soon as it is tagged.
const Life = time.Minute
