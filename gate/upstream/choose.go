package upstream

import (
	"time"
)

// Balance is how requests are shared out.
type Balance string

// The ways to share requests out. The zero value is RoundRobin.
const (
	RoundRobin       Balance = "round-robin"
	LeastConnections Balance = "least-connections"
	Sticky           Balance = "sticky"
)

// Words are the ways that the file may name.
func (Balance) Words() []string {
	return []string{string(RoundRobin), string(LeastConnections), string(Sticky)}
}

// choose gives the upstream for a call, none that it has been to already; nil when it has been to all.
func (p *Pool) choose(c *Call, now time.Time) *member {
	if len(p.members) == 1 {
		if c.tried != 0 {
			return nil
		}
		return p.members[0]
	}
	pl := p.current(now)
	switch p.balance {
	case LeastConnections:
		return pl.idlest(c.tried, p.turn.Add(1))
	case Sticky:
		if m := p.remembered(pl, c); m != nil {
			return m
		}
	case RoundRobin:
	}
	return pl.next(c.tried, p.turn.Add(1))
}

// next is whose turn it is.
func (pl *plan) next(tried, turn uint64) *member {
	n := uint64(len(pl.turns))
	for i := range n {
		if m := pl.turns[(turn+i)%n]; m.bit&tried == 0 {
			return m
		}
	}
	return nil
}

// idlest is who has the fewest requests under way for its weight. Among equals it is whose turn it is.
func (pl *plan) idlest(tried, turn uint64) *member {
	var best *member
	var least int64
	n := uint64(len(pl.up))
	for i := range n {
		m := pl.up[(turn+i)%n]
		if m.bit&tried != 0 {
			continue
		}
		if busy := m.inFlight.Load(); best == nil || busy*best.weight < least*m.weight {
			best, least = m, busy
		}
	}
	return best
}
