package convert

import (
	"strings"
	"time"
)

// health keeps what the configuration takes: times that fit to each other.
func (p *Plan) health(s *Service) {
	h := &s.Health
	if h.Path == "" {
		*h = Health{}
		return
	}
	if !strings.HasPrefix(h.Path, "/") || !plain(h.Path) || strings.ContainsAny(h.Path, "?# ") {
		p.Leave(s.Place, "health check "+h.Path, "what is asked is a plain path")
		*h = Health{}
		return
	}
	h.Interval, h.Timeout = h.Interval.Truncate(time.Millisecond), h.Timeout.Truncate(time.Millisecond)
	if h.Interval != 0 && (h.Interval < time.Second || h.Interval > 24*time.Hour) {
		p.Leave(s.Place, "health check every "+h.Interval.String(), "the time between two is from a second to a day")
		h.Interval = 0
	}
	every := h.Interval
	if every == 0 {
		every = 10 * time.Second // the configuration's own
	}
	if h.Timeout <= 0 || h.Timeout > every {
		h.Timeout = 0
	}
	if h.Timeout == 0 && every < 2*time.Second { // which is the configuration's own
		h.Timeout = every
	}
}

// LimitBody is the largest body that one part of the old configuration let through.
func (p *Plan) LimitBody(at Place, what string, n int64) {
	if n < 1<<10 {
		p.Leave(at, what, "no body is without a limit, and none is smaller than 1 KiB; Tenward's own is 64 MiB (limits.body)")
		return
	}
	p.bounds = append(p.bounds, bound{at, what, &p.Body, n})
}

// WaitAnswer is how long one part of the old configuration waited for answers.
func (p *Plan) WaitAnswer(at Place, what string, d time.Duration) {
	p.wait(at, what, d, (*int64)(&p.Answer))
}

// WaitDial is how long it waited for connections.
func (p *Plan) WaitDial(at Place, what string, d time.Duration) {
	p.wait(at, what, d, (*int64)(&p.Dial))
}

func (p *Plan) wait(at Place, what string, d time.Duration, into *int64) {
	if d < time.Millisecond || d > 24*time.Hour {
		p.Leave(at, what, "this is no time to wait for")
		return
	}
	p.bounds = append(p.bounds, bound{at, what, into, int64(d.Truncate(time.Millisecond))})
}

// Settle ends the reading: of limits that Tenward has for all services together the largest counts.
func (p *Plan) Settle() {
	for _, b := range p.bounds {
		*b.into = max(*b.into, b.n)
	}
	for _, b := range p.bounds {
		if b.n != *b.into {
			p.Leave(b.place, b.what, "Tenward has one limit for all services, and a larger one stands elsewhere (limits:)")
		}
	}
	p.bounds = nil
}
