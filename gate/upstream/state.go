package upstream

import "time"

// State is how one upstream is, as far as anybody knows.
type State struct {
	URL       string    `json:"url"`
	Condition Condition `json:"condition"`
	Since     time.Time `json:"since,omitzero"`   // zero: since the start
	Reason    string    `json:"reason,omitempty"` // why it is down or out
	InFlight  int64     `json:"in_flight"`        // requests under way
	Sent      uint64    `json:"sent"`             // requests that it got since the start
	Failed    uint64    `json:"failed"`           // those that found no answer, or half of one
}

// Condition is one word for it. Nobody is called up who was never heard of.
type Condition string

// The conditions of an upstream.
const (
	Unknown Condition = "unknown" // it has said nothing yet
	Up      Condition = "up"
	Down    Condition = "down" // its health check fails
	Out     Condition = "out"  // requests failed in a row: it gets none for a while
)

// States are those of all upstreams, in the order of the file.
func (p *Pool) States() []State {
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	states := make([]State, 0, len(p.members))
	for _, m := range p.members {
		s := State{URL: m.url.String(), Condition: m.word(now), Since: m.since, InFlight: m.inFlight.Load(), Sent: m.sent.Load(), Failed: m.failed.Load()}
		switch {
		case s.Condition == Down || s.Condition == Out:
			s.Reason = m.reason
		case m.out.After(m.since):
			s.Since = m.out // its time out has passed
		}
		states = append(states, s)
	}
	return states
}

// Retried is how many requests were sent to another upstream since the start.
func (p *Pool) Retried() uint64 { return p.budget.total.Load() }

func (m *member) word(now time.Time) Condition {
	switch {
	case m.down:
		return Down
	case m.out.After(now):
		return Out
	case m.checked || m.seen.Load():
		return Up
	default:
		return Unknown
	}
}
