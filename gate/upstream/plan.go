package upstream

import (
	"time"
)

// plan is who gets requests for now. It never changes: whenever somebody's condition does, another one takes its place. So
// choosing takes no lock and makes no garbage.
type plan struct {
	up    []*member // those that get requests
	turns []*member // they again, each as often as its weight says, spread evenly
	until int64     // when one that is out may come back, in Unix nanoseconds; 0: nobody waits
}

// draw makes the plan that suits everybody's condition. Its caller holds mu, or is alone.
//
// Who is down or out gets nothing while anybody else is well. Where nobody is, what we believe is worth less than trying:
// first those that only requests have failed at, then all.
func (p *Pool) draw(now time.Time) *plan {
	var well, up []*member
	next := new(plan)
	for _, m := range p.members {
		if m.down {
			continue
		}
		up = append(up, m)
		if m.out.After(now) {
			if at := m.out.UnixNano(); next.until == 0 || at < next.until {
				next.until = at
			}
			continue
		}
		well = append(well, m)
	}
	switch {
	case len(well) > 0:
		next.up = well
	case len(up) > 0:
		next.up = up
	default:
		next.up = p.members
	}
	next.turns = spread(next.up)
	return next
}

// redraw puts a new plan in force. Its caller holds mu.
func (p *Pool) redraw(now time.Time) { p.plan.Store(p.draw(now)) }

// current is the plan in force, without those whose time out has passed.
func (p *Pool) current(now time.Time) *plan {
	pl := p.plan.Load()
	if pl.until == 0 || now.UnixNano() < pl.until {
		return pl
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.redraw(now)
	return p.plan.Load()
}

// spread is the smooth weighted round-robin that nginx has: weights 5, 1 and 1 become a a b a c a a, not a a a a a b c.
func spread(members []*member) []*member {
	var total int64
	divisor := int64(0)
	for _, m := range members {
		divisor = common(divisor, m.weight)
	}
	for _, m := range members {
		total += m.weight / divisor
	}
	turns, due := make([]*member, 0, total), make([]int64, len(members))
	for range total {
		best := 0
		for i, m := range members {
			due[i] += m.weight / divisor
			if due[i] > due[best] {
				best = i
			}
		}
		due[best] -= total
		turns = append(turns, members[best])
	}
	return turns
}

// common is the greatest common divisor.
func common(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
