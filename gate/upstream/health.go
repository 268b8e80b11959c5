package upstream

import (
	"time"
)

const (
	// after is how many failures in a row take an upstream out, and outFor for how long the first time. Each time that it
	// comes back and soon fails again it is twice as long.
	after  = 3
	outFor = 10 * time.Second
	outMax = 5 * time.Minute
)

// condition is what is known of an upstream. Health checks say whether it is down, requests that fail whether it is out.
type condition struct {
	down    bool      // too many health checks failed
	checked bool      // a health check has come to a verdict
	streak  int       // checks in a row that say otherwise
	out     time.Time // until when it gets no requests, because too many failed
	outs    int       // how often it was out without a good while between
	since   time.Time // of what it is now; zero: since the start
	reason  string    // why the last check or request failed
}

// answered notes that a request came to a good end. It is on the road of every one: one read, as long as all is well.
func (m *member) answered() {
	if m.row.Load() != 0 {
		m.row.Store(0)
	}
	if !m.seen.Load() {
		m.seen.Store(true)
	}
}

// failed notes that a request did not.
func (p *Pool) failed(m *member, now time.Time) {
	m.failed.Add(1)
	if m.row.Add(1) < after || len(p.members) == 1 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.down || m.out.After(now) {
		return // many fail at once, and one of them was enough
	}
	if pl := p.draw(now); len(pl.up) == 1 && pl.up[0] == m {
		return // whom else would requests go to?
	}
	if last := backoff(m.outs); m.outs == 0 || now.Sub(m.out) > last { // it was well for longer than it was out
		m.outs = 0
	}
	m.outs++
	m.out, m.since, m.reason = now.Add(backoff(m.outs)), now, "requests failed in a row"
	m.row.Store(after - 1) // when it comes back one more is enough
	p.log.Warn("upstream is out: requests failed in a row", "service", p.service, "upstream", m.url.Host, "for", backoff(m.outs).String())
	p.redraw(now)
}

// backoff is how long the n-th time out lasts.
func backoff(n int) time.Duration {
	return min(outFor<<min(max(n-1, 0), 10), outMax)
}

// checked notes what a health check found; reason is empty when it was well.
func (p *Pool) checked(m *member, reason string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ill := reason != ""
	if ill {
		m.reason = reason
	}
	if !m.checked && !ill {
		m.checked, m.since = true, now // the first good word is enough where nothing was said before
		m.streak = 0
		return
	}
	if ill == m.down {
		m.streak = 0
		return
	}
	need := p.health.Rise
	if ill {
		need = p.health.Fall
	}
	if m.streak++; m.streak < need {
		return
	}
	m.down, m.checked, m.streak, m.since = ill, true, 0, now
	if ill {
		p.log.Warn("upstream is down: its health check fails", "service", p.service, "upstream", m.url.Host, "reason", reason)
	} else {
		m.out, m.outs = time.Time{}, 0
		m.row.Store(0)
		p.log.Info("upstream is up again: its health check succeeds", "service", p.service, "upstream", m.url.Host)
	}
	p.redraw(now)
}
