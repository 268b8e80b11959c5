package gate

import (
	"context"
	"sync"
)

// Watch asks all upstreams how they are, as their services say, until ctx ends; then it lets go of connections that nobody
// uses.
func (g *Gate) Watch(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range g.services {
		if s.pool != nil {
			all.Go(func() { s.pool.Watch(ctx) })
		}
	}
	<-ctx.Done()
	all.Wait()
	for _, s := range g.services {
		if s.pool != nil {
			s.pool.Close()
		}
	}
}
