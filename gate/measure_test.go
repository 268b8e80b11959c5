package gate_test

import (
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func TestAnApplicationsLastAnswerAndFailureAreKnown(t *testing.T) {
	status := http.StatusTeapot
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
	})
	s := gatetest.Start(t, up, nil)
	if m := s.Gate.Measures()["notes"]; m.Upstream != (gate.Upstream{}) || m.Counts != (gate.Counts{}) || m.Upstreams[0].Condition != "unknown" {
		t.Errorf("before anything came it is %+v", m.Upstream)
	}
	for _, want := range []int{418, 204} {
		status = want
		before := time.Now().Truncate(time.Second)
		do(t, s, "GET", "https://notes.test/", nil)
		s.Record.Next(t)
		m := s.Gate.Measures()["notes"]
		if u := m.Upstream; u.Status != want || u.AnsweredAt.Before(before) || !u.FailedAt.IsZero() || u.Failure != "" {
			t.Errorf("after %d it is %+v", want, u)
		}
	}
	status = 0
	do(t, s, "GET", "https://notes.test/", nil)
	if e := s.Record.Next(t); e.Verdict != event.Errored {
		t.Fatalf("recorded %+v", e)
	}
	m := s.Gate.Measures()["notes"]
	if want := [6]uint64{0, 0, 1, 0, 1, 1}; m.Statuses != want {
		t.Errorf("answers by status are %v, want %v", m.Statuses, want)
	}
	if u := m.Upstream; u.Failure != "gate.upstream.unreachable" || u.FailedAt.IsZero() || u.Status != 204 {
		t.Errorf("after a failure it is %+v", u)
	}
	if took, waited := m.Took.Count(), m.Waited.Count(); took != 3 || waited != 2 {
		t.Errorf("%d exchanges and %d answers were timed, want 3 and 2", took, waited)
	}
}

func TestStreamsAreNoSlowAnswers(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	})
	s := gatetest.Start(t, up, nil)
	do(t, s, "GET", "https://notes.test/feed", nil)
	s.Record.Next(t)
	if m := s.Gate.Measures()["notes"]; m.Took.Count() != 0 || m.Waited.Count() != 1 || m.Passed != 1 {
		t.Errorf("a stream is timed: %d whole, %d waited for", m.Took.Count(), m.Waited.Count())
	}
}

// A quantile lies at most a quarter of its power of two above the true one, and never below it.
func TestAQuantileIsNearTheTrueOne(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := 1 + random.IntN(2000)
		spread := math.Exp(random.Float64() * 20)
		all := make([]time.Duration, n)
		var timing gate.Timing
		for i := range all {
			all[i] = time.Duration(random.Float64()*spread) * time.Microsecond
			gate.Add(&timing, all[i])
		}
		slices.Sort(all)
		for _, q := range []float64{0, 0.5, 0.95, 0.99, 1} {
			want := all[int(q*float64(n-1))]
			got := timing.Quantile(q)
			if got <= want || float64(got) > float64(want)*1.25+float64(time.Microsecond) {
				t.Fatalf("quantile %g of %d is %s, the true one %s", q, n, got, want)
			}
		}
		if timing.Count() != uint64(n) {
			t.Fatalf("%d of %d are counted", timing.Count(), n)
		}
	}
	var none gate.Timing
	if got := none.Quantile(0.5); got != 0 {
		t.Errorf("of nothing it is %s", got)
	}
	gate.Add(&none, 1000*time.Hour)
	gate.Add(&none, -time.Second)
	if none.Count() != 2 || none.Quantile(1) < time.Hour {
		t.Errorf("what is beyond all buckets is %s", none.Quantile(1))
	}
}

func TestTimingsAddUpAndDiffer(t *testing.T) {
	var early, late gate.Timing
	gate.Add(&early, time.Millisecond)
	late = early
	gate.Add(&late, time.Second)
	d := late.Since(&early)
	if d.Count() != 1 || d.Quantile(0.5) < time.Second {
		t.Errorf("between them came %d, %s", d.Count(), d.Quantile(0.5))
	}
	if sum := early.Plus(&d); sum != late {
		t.Error("both together are not the later one")
	}
}
