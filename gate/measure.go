package gate

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/upstream"
)

// Counts are how many exchanges had which verdict since the start.
type Counts struct {
	Passed, Refused, Observed, Errored uint64
}

// Measure is what was seen of one service since the start.
type Measure struct {
	Counts
	Statuses [6]uint64 // answers by the first digit of their status; under 0 those that were broken off before it
	Took     Timing    // whole exchanges but streams, from the request's head to the answer's end
	Waited   Timing    // for the head of the upstream's answer
	Upstream Upstream

	Upstreams []upstream.State // each of them
	Retried   uint64           // requests that were sent to another one
}

// Upstream is how an application answered last. Times are zero where it never did.
type Upstream struct {
	AnsweredAt time.Time // exact to the second
	Status     int
	FailedAt   time.Time
	Failure    string // the problem's code
}

// Timing counts durations in buckets that grow by a quarter of their power of two, so a quantile is wrong by an eighth at
// most. It only grows; the difference of two is what came between them.
type Timing [timingBuckets]uint64

// timingBuckets reach from a microsecond to beyond an hour.
const timingBuckets = 4 * 32

// bucketOf is the bucket of a duration in microseconds.
func bucketOf(micros uint64) int {
	if micros < 4 {
		return int(micros)
	}
	e := bits.Len64(micros) - 1
	return min(timingBuckets-1, (e-1)*4+int(micros>>(e-2)&3))
}

// TimingBound is the end of a bucket: durations in it are shorter.
func TimingBound(bucket int) time.Duration {
	if bucket < 3 {
		return time.Duration(bucket+1) * time.Microsecond
	}
	next := bucket + 1 // whose beginning this one's end is
	e := next/4 + 1
	return time.Duration(uint64(4+next%4)<<(e-2)) * time.Microsecond //nolint:gosec // at most an hour and a half
}

// Count is how many durations there are.
func (t *Timing) Count() uint64 {
	var n uint64
	for _, c := range t {
		n += c
	}
	return n
}

// Since is what came after before.
func (t *Timing) Since(before *Timing) Timing {
	var d Timing
	for i := range t {
		d[i] = t[i] - before[i]
	}
	return d
}

// Plus is both together.
func (t *Timing) Plus(other *Timing) Timing {
	var sum Timing
	for i := range t {
		sum[i] = t[i] + other[i]
	}
	return sum
}

// Quantile is the duration that the share q of all stays below, 0 where there is none.
func (t *Timing) Quantile(q float64) time.Duration {
	n := t.Count()
	if n == 0 {
		return 0
	}
	rank, seen := uint64(q*float64(n-1)), uint64(0)
	for i, c := range t {
		if seen += c; seen > rank {
			return TimingBound(i)
		}
	}
	return TimingBound(timingBuckets - 1)
}

// meter measures one service, on the road of its requests: without locks and garbage.
type meter struct {
	counts       [event.Errored + 1]atomic.Uint64
	statuses     [6]atomic.Uint64
	took, waited [timingBuckets]atomic.Uint64

	answered atomic.Int64 // Unix seconds
	status   atomic.Int32
	failed   atomic.Pointer[failure]

	pool atomic.Pointer[upstream.Pool] // which knows the most of each upstream
}

type failure struct {
	at   time.Time
	code string
}

// answeredBy notes an answer. Most answers of a second have the same status: no write that other cores would have to
// read again.
func (m *meter) answeredBy(status int, waited time.Duration, now time.Time) {
	m.waited[bucketOf(micros(waited))].Add(1)
	if m.status.Load() != int32(status) { //nolint:gosec // three digits
		m.status.Store(int32(status)) //nolint:gosec // likewise
	}
	if at := now.Unix(); m.answered.Load() != at {
		m.answered.Store(at)
	}
}

func micros(d time.Duration) uint64 { return uint64(max(0, d.Microseconds())) }

func (m *meter) read() Measure {
	one := Measure{Counts: Counts{m.counts[event.Passed].Load(), m.counts[event.Refused].Load(), m.counts[event.Observed].Load(), m.counts[event.Errored].Load()}}
	for i := range m.statuses {
		one.Statuses[i] = m.statuses[i].Load()
	}
	for i := range m.took {
		one.Took[i], one.Waited[i] = m.took[i].Load(), m.waited[i].Load()
	}
	if at := m.answered.Load(); at != 0 {
		one.Upstream.AnsweredAt, one.Upstream.Status = time.Unix(at, 0).UTC(), int(m.status.Load())
	}
	if f := m.failed.Load(); f != nil {
		one.Upstream.FailedAt, one.Upstream.Failure = f.at, f.code
	}
	if p := m.pool.Load(); p != nil {
		one.Upstreams, one.Retried = p.States(), p.Retried()
	}
	return one
}

// Meters are where gates count. They outlive the gates of one configuration, so that figures only grow while the process
// lives. The zero Meters have counted nothing.
type Meters struct {
	mu  sync.Mutex
	all map[string]*meter
}

// of gives the meter of a service by its name; under "" that of exchanges which found no service.
func (m *Meters) of(name string) *meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]*meter{}
	}
	if m.all[name] == nil {
		m.all[name] = new(meter)
	}
	return m.all[name]
}

// Measures are those of each service by name, also of one that is no more; under "" that of exchanges which found no
// service.
func (m *Meters) Measures() map[string]Measure {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]Measure, len(m.all))
	for name, one := range m.all {
		all[name] = one.read()
	}
	return all
}

// Measures are what its meters say.
func (g *Gate) Measures() map[string]Measure { return g.meters.Measures() }
