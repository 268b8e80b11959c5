// Package gate is the road that a request takes: TLS listener, normalisation, the stages, the upstream, the record.
//
// One exchange walks the phases in order; in each phase the stages run in the order of the list that app wires.
// The gate knows no practice. What it guarantees by itself: one spelling of host and path (RFC 3986), no
// hop-by-hop or identity field from the client's hand to the upstream (RFC 9110 section 7.6.1), bounds on
// everything a client may send, streaming both ways, and exactly one event for each exchange.
package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
)

// Recorder takes the event of each exchange. It must not wait, and must be done with the event when it
// returns; false says that the event was not taken.
type Recorder interface{ Offer(*event.Event) bool }

// Options are what a gate is made of. All but Stages and Meters must be set.
type Options struct {
	Services []*Service
	Stages   []Stage // within a phase they run in this order
	Limits   Limits
	Record   Recorder
	Log      *slog.Logger
	Now      func() time.Time
	Meters   *Meters // where it counts; nil: in its own, which begin at nothing
	// Hold keeps a stream to the session it belongs to (identity.Sessions.Hold). Nil where there are no sessions.
	Hold func(s *identity.Session, stop func()) (release func(), ok bool)
	// StickyKey makes the cookies that keep clients at one of several upstreams; 32 bytes, the same on every node. Nil where no
	// service wants that.
	StickyKey []byte
}

// Gate is an http.Handler that lets through what every stage lets through.
type Gate struct {
	router   router
	services []*Service
	stages   [phases][]Stage
	limits   Limits
	record   Recorder
	log      *slog.Logger
	now      func() time.Time
	hold     func(*identity.Session, func()) (func(), bool)
	held     held
	pool     sync.Pool
	meters   *Meters
	unknown  *meter // exchanges of no service
}

// New makes the gate. It starts nothing.
func New(o Options) (*Gate, error) {
	g := &Gate{services: o.Services, limits: o.Limits, record: o.Record, log: o.Log, now: o.Now, hold: o.Hold}
	g.held.limit = o.Limits.Held
	g.pool.New = func() any { return new(Exchange) }
	for _, s := range o.Stages {
		if s.Phase >= phases || s.Run == nil || s.Name == "" {
			return nil, fmt.Errorf("stage %q: it needs a name, a phase and something to run", s.Name)
		}
		g.stages[s.Phase] = append(g.stages[s.Phase], s)
	}
	if g.meters = o.Meters; g.meters == nil {
		g.meters = new(Meters)
	}
	g.unknown = g.meters.of("")
	for _, s := range o.Services {
		s.meter = g.meters.of(s.Name)
		if err := s.connect(&o); err != nil {
			return nil, err
		}
	}
	g.router = newRouter(o.Services)
	return g, nil
}

// ServeHTTP walks one exchange from its head to its record.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reached(r.Context())
	x := g.begin(w, r)
	defer g.end(x) //nolint:contextcheck // the exchange is recorded also when its context is over
	ctx, cancel := context.WithTimeoutCause(r.Context(), g.limits.Total, errSlow)
	defer cancel()
	if !g.walk(ctx, x, Connected) || !g.head(x) || !g.walk(ctx, x, Headed) || !g.walk(ctx, x, Bodied) {
		return
	}
	switch {
	case x.Run != "":
		g.settled(x)
	case x.Service.Handler != nil:
		x.Service.Handler.ServeHTTP(&x.answer, r.WithContext(context.WithValue(ctx, exchangeKey{}, x)))
	case upgrades(r) && x.Service.pool.Upgrades():
		g.upgrade(ctx, x)
	default:
		g.proxy(ctx, x)
	}
}

func (g *Gate) begin(w http.ResponseWriter, r *http.Request) *Exchange {
	x := g.pool.Get().(*Exchange)
	now := g.now()
	x.ID, x.Begun, x.Request, x.held = event.NewID(now), now, r, &g.held
	x.Client, _ = netip.ParseAddrPort(r.RemoteAddr)
	x.Client = netip.AddrPortFrom(x.Client.Addr().Unmap(), x.Client.Port())
	x.verdict, x.kind = event.Passed, kindPassed
	control := http.NewResponseController(w)
	x.answer = answer{ResponseWriter: w, control: control, idle: g.limits.Write, stream: r.ProtoMajor == 2}
	if r.ProtoMajor == 2 && r.ContentLength == 0 && r.Header["Content-Length"] == nil {
		r.Body = http.NoBody // the stream ended with its head; the library says so only here
	}
	if r.Body != nil && r.Body != http.NoBody {
		x.upload = &clientBody{from: r.Body, control: control, limit: g.limits.Body, idle: g.limits.Read}
		x.upload.extend()
		r.Body = x.upload
	}
	if r.ProtoMajor == 1 && (len(r.TransferEncoding) > 0 || r.ProtoMinor == 0) {
		// It may have had a Content-Length too, or in HTTP/1.0 chunks, and the library drops the one and passes over the
		// other. Whoever stands before the gate and went by that sees another end of this request: what follows must
		// not be read as the next (RFC 9112 section 6.1).
		w.Header().Set("Connection", "close")
	}
	return x
}

// end records the exchange, also when the answer had to be broken off or something panicked.
func (g *Gate) end(x *Exchange) {
	broken := recover()
	begun := x.answer.status != 0
	if broken != nil && broken != http.ErrAbortHandler { //nolint:errorlint // recover gives what was panicked with, unwrapped
		g.log.Error("gate panicked", "event", x.ID.String(), "panic", fmt.Sprint(broken))
		g.fail(x, "gate", kindFailed, problem.Internal(nil))
		if broken = nil; begun {
			broken = http.ErrAbortHandler // half an answer must not pass for a whole one
		}
	}
	x.call.End()
	g.finish(x)
	if x.upload != nil {
		x.upload.end()
	}
	if x.ahead != nil {
		x.ahead.end()
	}
	*x = Exchange{Rules: x.Rules[:0], Details: x.Details[:0], Forward: x.Forward[:0]}
	g.pool.Put(x)
	if broken != nil {
		panic(broken)
	}
}

// finish runs the last phase, whose verdicts change nothing any more, and records.
func (g *Gate) finish(x *Exchange) {
	for i := range g.stages[Recorded] {
		s := &g.stages[Recorded][i]
		if _, err := s.run(context.WithoutCancel(x.Request.Context()), x); err != nil {
			g.log.Error("stage failed after the exchange", "stage", s.Name, "event", x.ID.String(), "error", err)
		}
	}
	g.note(x)
}

// walk runs a phase's stages and says whether the exchange goes on.
func (g *Gate) walk(ctx context.Context, x *Exchange, p Phase) bool {
	for i := range g.stages[p] {
		s := &g.stages[p][i]
		v, err := s.run(ctx, x)
		x.Rules = append(x.Rules, v.Rules...)
		switch {
		case err != nil:
			g.log.Error("stage failed", "stage", s.Name, "event", x.ID.String(), "error", err)
			g.fail(x, s.Name, kindStageFailed, problem.Of(err))
			return false
		case !v.Refuses():
		case s.Observe != nil && x.Service != nil && s.Observe(x.Service.Name):
			x.settle(event.Observed, observedKind(v.Kind), s.Name)
		default:
			x.settle(event.Refused, v.Kind, s.Name)
			if v.Location != "" {
				x.answer.Header().Set("Location", v.Location)
			}
			g.refuse(x, v.Status, v.Why)
			return false
		}
	}
	return true
}

// run is Run with a panic as an error.
func (s *Stage) run(ctx context.Context, x *Exchange) (v Verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = Verdict{}, fmt.Errorf("panic: %v", p)
		}
	}()
	v, err = s.Run(ctx, x)
	if err == nil && v.Refuses() && !v.sound() {
		return Verdict{}, errors.New("a verdict that refuses needs kind, reason and a status of 400 to 599, or 303 with a location")
	}
	return v, err
}
