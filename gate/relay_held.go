package gate

import (
	"errors"
	"net/http"
	"sync/atomic"
)

// errEnded is the cause of a stream that was broken off because the session it belonged to ended.
var errEnded = errors.New("the session has ended")

// longAnswer is from how many bytes on an answer may last long enough to outlive its session.
const longAnswer = 1 << 20

// relayHeld is relay for an answer that ends with its session, if it may last as long.
func (g *Gate) relayHeld(x *Exchange, res *http.Response) error {
	if x.Session == nil || g.hold == nil || res.ContentLength >= 0 && res.ContentLength < longAnswer {
		return x.relay(res)
	}
	var ended atomic.Bool
	release, ok := g.hold(x.Session, func() {
		ended.Store(true)
		_ = res.Body.Close() // the relay's next read, or the one it waits in, fails
	})
	if !ok {
		return errEnded
	}
	defer release()
	err := x.relay(res)
	if err != nil && ended.Load() {
		return errEnded
	}
	return err
}
