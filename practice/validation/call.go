package validation

import (
	"maps"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice/validation/waf"
)

// noteCall says on the event that a call's messages passed unseen.
const noteCall = "validation.messages"

// called is the head of a gRPC call as the rules see it. Its messages are a conversation in a language of the application's own:
// whoever waits for the end of them waits for ever, and the rules read none of them. Only services that say `grpc: true` have
// calls, so no other application is reached around the rules by naming this type.
func called(x *gate.Exchange) *waf.Request {
	x.Note(noteCall, "unseen")
	q := asked(x, nil, true)
	q.Headers = maps.Clone(q.Headers)
	delete(q.Headers, "Content-Type") // the rules know the types of forms and documents alone
	return q
}
