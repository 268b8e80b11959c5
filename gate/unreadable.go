package gate

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event"
)

// kindUnreadable is for what never became a request: the library below refuses it by itself, in a sentence of its own,
// and no stage sees it. Attempts at smuggling look like this, so they are recorded all the same. In HTTP/2, where many
// requests share a connection, the library resets such a stream without telling anybody.
const kindUnreadable = "gate.request.unreadable"

// watch sees connections on which something was sent that never reached the gate.
type watch struct {
	front *Front
	conns sync.Map // net.Conn to *seen
}

// seen is what is known of one connection.
type seen struct {
	begun   atomic.Int64 // when the first byte of what is read now came, in microseconds since 1970; 0 between requests
	reached atomic.Bool  // it became a request
	idle    atomic.Bool  // nothing is under way on it; not so before its first request
}

type seenKey struct{}

// context lets the gate say that a request was reached.
func (w *watch) context(ctx context.Context, c net.Conn) context.Context {
	s := new(seen)
	w.conns.Store(c, s)
	return context.WithValue(ctx, seenKey{}, s)
}

// reached notes that the connection's bytes became a request.
func reached(ctx context.Context) {
	if s, ok := ctx.Value(seenKey{}).(*seen); ok {
		s.reached.Store(true)
	}
}

// state is called by the server's own goroutine of the connection.
func (w *watch) state(c net.Conn, state http.ConnState) {
	found, ok := w.conns.Load(c)
	if !ok {
		return
	}
	s := found.(*seen)
	switch state {
	case http.StateNew:
	case http.StateActive:
		s.reached.Store(false)
		s.idle.Store(false)
		s.begun.Store(w.front.gate.Load().now().UnixMicro())
	case http.StateIdle:
		s.begun.Store(0)
		s.idle.Store(true)
	case http.StateHijacked:
		w.conns.Delete(c)
	case http.StateClosed:
		w.conns.Delete(c)
		if begun := s.begun.Load(); begun != 0 && !s.reached.Load() {
			w.front.gate.Load().unreadable(c.RemoteAddr(), time.UnixMicro(begun))
		}
	}
}

// unreadable records that somebody sent what is no request.
func (g *Gate) unreadable(from net.Addr, begun time.Time) {
	e := event.Event{
		UID: event.NewID(begun), Time: begun, Class: event.HTTPActivity, Activity: event.OtherActivity, Severity: event.Medium,
		Kind: kindUnreadable, Verdict: event.Refused, Stage: "gate", Message: "A client sent what is no request.",
	}
	if at, err := netip.ParseAddrPort(from.String()); err == nil {
		e.Source = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	g.unknown.counts[event.Refused].Add(1)
	g.unknown.statuses[4].Add(1)
	if !g.record.Offer(&e) {
		g.log.Warn("event was not recorded", "event", e.UID.String(), "kind", e.Kind)
	}
}
