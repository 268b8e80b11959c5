package gate

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// A server whose place another takes loses no request. Shutdown alone would lose some: the library drops what is read on
// a connection that was accepted just before, and what is sent on one that is closed at that moment.

const (
	// leavingLeast is how long clients are told at least to come on other connections: whoever asks once in this time has
	// none left that could be closed under a request.
	leavingLeast = time.Second
	// leavingMost is how long exchanges may take that began while the server was being left.
	leavingMost = 5 * time.Second
	// leavingLook is how often it looks whether it has been left.
	leavingLook = 20 * time.Millisecond
)

var errDrained = errors.New("exchanges did not end in time")

// leave tells clients of a server that is being left to come again on another connection: in HTTP/1.1 by the field, in
// HTTP/2 by the GOAWAY that the library makes of it.
func (s *Server) leave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.leaving.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Leave has clients go, still answering, until no exchange is under way any more that began before, or for
// Limits.Drain. Then it accepts no more connections, and answers on those that there are. Shutdown ends the rest.
// Connections that come from then on wait, where the port stays open in another descriptor.
func (s *Server) Leave(ctx context.Context) {
	began := s.watch.front.gate.Load().now()
	s.leaving.Store(true)
	least := time.Now().Add(min(leavingLeast, s.limits.Drain))
	wait(ctx, s.limits.Drain, func() bool { return time.Now().After(least) && !s.watch.busy(began) })
	select {
	case l := <-s.accepts:
		_ = l.Close() // it is closed already where something else went wrong
		<-s.refuses
	default: // it does not serve
	}
	wait(ctx, leavingMost, func() bool { return !s.watch.busy(time.Time{}) })
}

// wait waits until something is so, at most for a time.
func wait(ctx context.Context, most time.Duration, is func() bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errDrained)
	defer cancel()
	tick := time.NewTicker(leavingLook)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// busy says whether on any connection something is being read or answered that began before a time, or at any. A
// connection that is new and has said nothing yet is about to.
func (w *watch) busy(before time.Time) bool {
	found := false
	w.conns.Range(func(_, value any) bool {
		s := value.(*seen)
		if before.IsZero() {
			found = !s.idle.Load()
		} else {
			begun := s.begun.Load()
			found = begun != 0 && begun < before.UnixMicro()
		}
		return !found
	})
	return found
}
