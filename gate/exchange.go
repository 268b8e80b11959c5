package gate

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/upstream"
	"github.com/tenward/tenward/identity"
)

// Exchange is one request and its answer on their way through the gate.
//
// Stages read the facts that the gate has established and write their own. Nothing on it outlives the
// exchange: the gate uses exchanges again.
type Exchange struct {
	ID     event.ID
	Begun  time.Time
	Client netip.AddrPort // who is connected, never what a header says

	// Request is what the client sent, with its path normalised. Stages read it and do not change it; its
	// body is read through Inspect only.
	Request *http.Request
	Host    string   // the host asked for: lower case, without port
	Path    string   // the normalised path, decoded: what rules are written about
	Service *Service // whose it is, from phase Headed on
	Public  bool     // the service's `public:` names this path
	RPC     bool     // a gRPC call to a service that speaks it: its body is a conversation, and nobody's to read ahead

	Response *http.Response // the upstream's answer, from phase Answered on; nil where it never answered

	Session *identity.Session // whose sign-in it belongs to; nil for the anonymous
	Forward []Field           // what the upstream is told in fields that no client can set

	// Run names the run of Tenward's own attacks that this exchange belongs to; empty for all others. The gate answers
	// such an exchange itself, and counts it in no statistics.
	Run string

	User    *event.User    // who is signed in; nil for the anonymous
	Subject string         // whose key seals the record's personal fields; empty for the anonymous
	Rules   []event.Rule   // all rules that matched so far, whether they refused or not
	Details []event.Detail // further facts for the exchange's event

	held   *held
	ahead  *readAhead
	upload *clientBody
	answer answer
	call   upstream.Call

	verdict event.Verdict
	kind    string
	stage   string
}

// Field is one header field for the upstream.
type Field struct{ Name, Value string }

// SetCookie adds a cookie of Tenward's own to the answer.
func (x *Exchange) SetCookie(c *http.Cookie) { http.SetCookie(&x.answer, c) }

// exchangeKey is under which a service that answers by itself finds the exchange.
type exchangeKey struct{}

// FromContext gives the exchange that the handler of a service answers.
func FromContext(ctx context.Context) *Exchange {
	x, _ := ctx.Value(exchangeKey{}).(*Exchange)
	return x
}

// Note adds a fact to the exchange's event. The value must be neither personal nor secret.
func (x *Exchange) Note(name, value string) {
	x.Details = append(x.Details, event.Detail{Name: name, Value: value})
}

// Verdict is what has become of the exchange so far.
func (x *Exchange) Verdict() event.Verdict { return x.verdict }

// Status is what the client was answered; 0 before it was.
func (x *Exchange) Status() int { return x.answer.status }

// settle writes down the outcome. What refuses outweighs what was only observed, and the first refusal stands.
func (x *Exchange) settle(v event.Verdict, kind, stage string) {
	if x.verdict == event.Refused || x.verdict == event.Errored || x.verdict == event.Observed && v == event.Observed {
		return
	}
	x.verdict, x.kind, x.stage = v, kind, stage
}
