package upstream

import (
	"net/http"
	"time"
)

// Call is one request's way to its upstream and back. The zero value with the client's cookies begins one; End must end it.
// It belongs to one goroutine.
type Call struct {
	Cookies []string // the client's Cookie fields, before anything was taken out

	pool     *Pool
	at       *member // who has it now
	tried    uint64  // those that it has been to
	answered bool
	blamed   bool
}

// Send gives the request to an upstream and returns the head of its answer. The request's URL has the path alone; Send makes
// it the upstream's. What may be sent twice and found nobody goes to another one.
func (p *Pool) Send(c *Call, out *http.Request, now time.Time) (*http.Response, error) {
	c.pool = p
	if len(p.members) == 1 || !repeatable(out) {
		if len(p.members) > 1 {
			p.budget.asked(now)
		}
		m := p.choose(c, now)
		c.goTo(m)
		m.aim(out.URL)
		res, err := m.transport.RoundTrip(out)
		c.answered = err == nil
		return res, err
	}
	p.budget.asked(now)
	return p.persist(c, out, now)
}

// goTo moves the call to an upstream.
func (c *Call) goTo(m *member) {
	c.leave()
	c.at, c.blamed = m, false
	c.tried |= m.bit
	m.inFlight.Add(1)
	m.sent.Add(1)
}

func (c *Call) leave() {
	if c.at != nil {
		c.at.inFlight.Add(-1)
	}
}

// Fail says that it was the upstream's fault: it gave no answer, or broke it off.
func (c *Call) Fail(now time.Time) {
	if c.at == nil || c.blamed {
		return
	}
	c.blamed = true
	c.pool.failed(c.at, now)
}

// End says that the exchange is over.
func (c *Call) End() {
	if c.at == nil {
		return
	}
	if c.answered && !c.blamed {
		c.at.answered()
	}
	c.leave()
	*c = Call{}
}
