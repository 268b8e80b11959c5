package console

import (
	"context"
	"sync"
	"time"

	"github.com/tenward/tenward/gate"
)

// The chart looks back over window, in steps of step: sixty points. Latencies are those of the same window, to within
// their own step.
const (
	window      = 5 * time.Minute
	step        = 5 * time.Second
	latencyStep = 10 * time.Second
)

const (
	windowSeconds = int64(window / time.Second)
	latencySteps  = int(window/latencyStep) + 1
)

// Meter turns the gate's counters, which only grow, into how many requests each of the last seconds had, and how long
// those of the last minutes took. It counts nothing itself.
type Meter struct {
	measures func() map[string]gate.Measure
	now      func() time.Time
	since    time.Time

	mu      sync.Mutex
	last    tally
	seconds [windowSeconds]second
	looks   []look // the oldest first
}

// look is how the gate's measures stood once.
type look struct {
	at  time.Time
	all map[string]gate.Measure
}

// tally is how many exchanges ended how. What a rule would have refused, were it not only observing, has passed.
type tally struct{ Passed, Refused, Errors uint64 }

type second struct {
	at int64 // Unix seconds: says whether this place of the ring is of this round
	tally
}

// NewMeter begins with what the counters say now. Run has it read on.
func NewMeter(measures func() map[string]gate.Measure, now func() time.Time) *Meter {
	m := &Meter{measures: measures, now: now, since: now()}
	all := measures()
	m.last, m.looks = total(all), []look{{m.since, all}}
	return m
}

// Run reads the counters once a second until ctx ends.
func (m *Meter) Run(ctx context.Context) {
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
func (m *Meter) read() {
	all, now := m.measures(), m.now()
	sum, at := total(all), now.Unix()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.seconds[at%windowSeconds]
	if s.at != at {
		*s = second{at: at}
	}
	s.Passed += sum.Passed - m.last.Passed
	s.Refused += sum.Refused - m.last.Refused
	s.Errors += sum.Errors - m.last.Errors
	m.last = sum
	if now.Sub(m.looks[len(m.looks)-1].at) >= latencyStep {
		m.looks = append(m.looks, look{now, all})
		if len(m.looks) > latencySteps {
			m.looks = m.looks[1:]
		}
	}
}

func total(all map[string]gate.Measure) tally {
	var t tally
	for _, c := range all {
		t.Passed += c.Passed + c.Observed
		t.Refused += c.Refused
		t.Errors += c.Errored
	}
	return t
}

// latency is how long the exchanges of the window took.
type latency struct {
	Count    uint64  `json:"count"`
	P50      float64 `json:"p50_ms"`
	P95      float64 `json:"p95_ms"`
	P99      float64 `json:"p99_ms"`
	Upstream float64 `json:"upstream_p95_ms"` // of it, until the application began to answer
}

// latencies are those of each service, over the window.
func (m *Meter) latencies() map[string]latency {
	all := m.measures()
	m.mu.Lock()
	before := m.looks[0].all
	m.mu.Unlock()
	list := map[string]latency{}
	for name, now := range all {
		then := before[name]
		took, waited := now.Took.Since(&then.Took), now.Waited.Since(&then.Waited)
		list[name] = latency{
			Count: took.Count(), P50: millis(took.Quantile(0.5)), P95: millis(took.Quantile(0.95)), P99: millis(took.Quantile(0.99)),
			Upstream: millis(waited.Quantile(0.95)),
		}
	}
	return list
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// point is one step of the chart: requests per second.
type point struct {
	At      time.Time `json:"at"` // when the step began
	Passed  float64   `json:"passed"`
	Refused float64   `json:"refused"`
	Errors  float64   `json:"errors"`
}

// points are the whole steps of the window, the oldest first, and how many requests they had together.
func (m *Meter) points() ([]point, tally) {
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
