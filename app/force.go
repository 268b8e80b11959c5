package app

import (
	"context"
	"crypto/tls"
	"net/http"
	"sync/atomic"

	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
)

// force is the generation that is in force, as those that outlive it see it: listeners, metrics, commands, the stop.
type force struct {
	house         *house
	front, beside *gate.Front
	generation    atomic.Pointer[generation]
}

func newForce(h *house, first *generation) *force {
	f := &force{house: h, front: gate.NewFront(first.gate), beside: gate.NewFront(first.consoleGate)}
	f.generation.Store(first)
	return f
}

// put leads everything that comes from now on to another generation.
func (f *force) put(g *generation) {
	f.generation.Store(g)
	f.front.Put(g.gate)
	f.beside.Put(g.consoleGate)
}

// tls is what a handshake goes by.
func (f *force) tls(*tls.ClientHelloInfo) (*tls.Config, error) { return f.generation.Load().tls, nil }

func (f *force) posture(ctx context.Context) (*evidence.Posture, error) {
	return f.generation.Load().checks.Posture(ctx)
}

// ServeHTTP answers commands on this machine.
func (f *force) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.generation.Load().admin.ServeHTTP(w, r)
}

func (f *force) works(ctx context.Context) error { return f.generation.Load().works.run(ctx) }

func (f *force) ends(ctx context.Context) error { return f.generation.Load().ends.run(ctx) }
