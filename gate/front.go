package gate

import (
	"net/http"
	"sync/atomic"
)

// Front is what a listener leads to: the gate of the configuration in force. Once another is put in its place, it takes
// the next request; exchanges under way end on the road on which they began.
type Front struct{ gate atomic.Pointer[Gate] }

// NewFront leads to this gate at first.
func NewFront(g *Gate) *Front {
	f := new(Front)
	f.Put(g)
	return f
}

// Put leads all requests that come from now on to another gate.
func (f *Front) Put(g *Gate) { f.gate.Store(g) }

// ServeHTTP hands a request to the gate in force.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.gate.Load().ServeHTTP(w, r) }
