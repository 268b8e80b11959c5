package console

import (
	"context"
	"sync"
	"time"

	"github.com/tenward/tenward/gate"
)

// The chart looks back over window, in steps of step: sixty points.
const (
	window = 5 * time.Minute
	step   = 5 * time.Second
)

const windowSeconds = int64(window / time.Second)

// meter turns the gate's counters, which only grow, into how many requests each of the last seconds had. It counts
// nothing itself.
type meter struct {
	counts func() map[string]gate.Counts
	now    func() time.Time
	since  time.Time

	mu      sync.Mutex
	last    tally
	seconds [windowSeconds]second
}

// tally is how many exchanges ended how. What a rule would have refused, were it not only observing, has passed.
type tally struct{ Passed, Refused, Errors uint64 }

type second struct {
	at int64 // Unix seconds: says whether this place of the ring is of this round
	tally
}

func newMeter(counts func() map[string]gate.Counts, now func() time.Time) *meter {
	m := &meter{counts: counts, now: now, since: now()}
	m.last = m.total()
	return m
}

// run reads the counters once a second until ctx ends.
func (m *meter) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.read()
		case <-ctx.Done():
			return
		}
	}
}

// read puts what came since the last reading into the second that is now.
func (m *meter) read() {
	total, at := m.total(), m.now().Unix()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.seconds[at%windowSeconds]
	if s.at != at {
		*s = second{at: at}
	}
	s.Passed += total.Passed - m.last.Passed
	s.Refused += total.Refused - m.last.Refused
	s.Errors += total.Errors - m.last.Errors
	m.last = total
}

func (m *meter) total() tally {
	var t tally
	for _, c := range m.counts() {
		t.Passed += c.Passed + c.Observed
		t.Refused += c.Refused
		t.Errors += c.Errored
	}
	return t
}

// point is one step of the chart: requests per second.
type point struct {
	At      time.Time `json:"at"` // when the step began
	Passed  float64   `json:"passed"`
	Refused float64   `json:"refused"`
	Errors  float64   `json:"errors"`
}

// points are the whole steps of the window, the oldest first, and how many requests they had together.
func (m *meter) points() ([]point, tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	width := int64(step / time.Second)
	end := m.now().Unix() / width * width
	var all tally
	points := make([]point, 0, windowSeconds/width)
	for from := end - windowSeconds; from < end; from += width {
		var t tally
		for at := from; at < from+width; at++ {
			if s := m.seconds[at%windowSeconds]; s.at == at {
				t.Passed += s.Passed
				t.Refused += s.Refused
				t.Errors += s.Errors
			}
		}
		all = tally{all.Passed + t.Passed, all.Refused + t.Refused, all.Errors + t.Errors}
		points = append(points, point{time.Unix(from, 0).UTC(), rate(t.Passed), rate(t.Refused), rate(t.Errors)})
	}
	return points, all
}

func rate(n uint64) float64 { return float64(n) / step.Seconds() }
