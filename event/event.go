// Package event keeps the one record of what happened.
//
// An Event is written once, in OCSF's words (Open Cybersecurity Schema Framework), redacted and with its
// personal fields sealed before it touches the disk. Events are chained in segment files with group commit;
// sealed batches become leaves of a Merkle tree in the public C2SP tile format (tlog-tiles) with checkpoints
// signed in the C2SP note format, so that anybody with the public key can verify offline that nothing was
// altered. Readers follow from their own cursor.
package event

import (
	"net/netip"
	"time"
)

// Event is one thing that happened. Log fills Node and Seq.
type Event struct {
	UID      ID        // metadata.uid
	Time     time.Time // when it began
	Class    Class     // class_uid: which OCSF class it belongs to
	Activity Activity  // activity_id within the class
	Severity Severity  // severity_id; the zero value is Unknown
	Kind     string    // unmapped.tenward.kind: practice.subject.past-participle, "validation.request.refused"
	Verdict  Verdict   // unmapped.tenward.verdict; the zero value is none (not about a request)
	Stage    string    // which stage of the road decided, "validation.request"
	Service  string    // which upstream application it was about
	Message  string    // one sentence for people; may be empty
	Rules    []Rule    // what matched, in the order of matching
	Details  []Detail  // further facts of this kind, in a fixed order

	HTTP   *HTTP          // http_request and http_response
	Source netip.AddrPort // src_endpoint; the address is personal and is sealed
	User   *User          // actor.user

	// Subject names the person whose key seals the personal fields. Empty: the key of the day, for the anonymous.
	Subject string

	Node string // which node wrote it
	Seq  uint64 // its place in that node's log, from 1
}

// HTTP is the exchange an event is about. UserAgent is personal and is sealed; Query is redacted.
type HTTP struct {
	Method, Scheme, Host, Path, Query, Referrer, UserAgent string
	Version                                                string        // "1.1", "2"
	Status                                                 int           // what the client was answered
	Received, Sent                                         int64         // bytes of bodies, from and to the client
	Duration                                               time.Duration // from the first byte of the request's head to the last of the answer
}

// User is who acted. All but UID are personal and are sealed.
type User struct {
	UID, Name, Account, Email string
}

// Rule is one rule that matched.
type Rule struct {
	ID      string // "942100"
	Message string // what the rule says
	Target  string // where it matched, "ARGS:q"
	Match   string // what it matched, redacted and at most MaxMatch bytes
}

// Detail is one further fact; Value is never personal and never secret.
type Detail struct {
	Name, Value string
}

// StreamDetail is the name of the detail that says of an exchange that it was a stream: it took as long as somebody
// listened, which says nothing about how fast it was answered.
const StreamDetail = "gate.stream"

// RunDetail is the name of the detail that says of an exchange that Tenward tried its own gate with it, in which run. What
// people do is counted, not what Tenward does to itself.
const RunDetail = "run"

// Detail is the value of the further fact of this name; empty where there is none.
func (e *Event) Detail(name string) string {
	for _, d := range e.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

// MaxMatch is how much of the matched text an event keeps, in bytes.
const MaxMatch = 256

// Verdict is what became of a request.
type Verdict uint8

// The verdicts. The zero value means that the event is not about a request's way through the gate.
const (
	None     Verdict = iota
	Passed           // it reached the application, or would have
	Refused          // a stage refused it
	Observed         // a stage would have refused it, were its service not in observe mode
	Errored          // a stage or the gate itself erred; it was refused
)

// String is the word in the record: passed, refused, observed, error.
func (v Verdict) String() string {
	switch v {
	case Passed:
		return "passed"
	case Refused:
		return "refused"
	case Observed:
		return "observed"
	case Errored:
		return "error"
	default:
		return ""
	}
}
