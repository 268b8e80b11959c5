package console

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/gate"
)

func TestTheMeterTurnsCountersIntoRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		count := gate.Counts{Passed: 1000, Refused: 100} // from before the start
		m := NewMeter(func() map[string]gate.Measure { return map[string]gate.Measure{"": {}, "notes": {Counts: count}} }, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		go m.Run(ctx)
		for range 20 { // 4 requests a second for 20 seconds
			count.Passed += 2
			count.Observed++
			count.Refused++
			<-time.After(time.Second)
			synctest.Wait()
		}
		count.Errored += 5
		<-time.After(10 * time.Second)
		stop()
		synctest.Wait()

		points, all := m.points()
		if len(points) != 60 || !points[59].At.Equal(time.Now().Add(-5*time.Second).UTC()) {
			t.Fatalf("%d points, the newest of %s at %s", len(points), points[len(points)-1].At, time.Now())
		}
		if want := (tally{60, 20, 5}); all != want {
			t.Errorf("in all %+v, want %+v", all, want)
		}
		if want := (point{points[55].At, 3, 1, 0}); points[55] != want {
			t.Errorf("a step of full traffic is %+v, want %+v", points[55], want)
		}
		if p := points[59]; p.Passed+p.Refused+p.Errors != 0 {
			t.Errorf("a quiet step is %+v", p)
		}
	})
}

func TestTheMeterForgetsAfterFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var count gate.Counts
		m := NewMeter(func() map[string]gate.Measure { return map[string]gate.Measure{"notes": {Counts: count}} }, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go m.Run(ctx)
		count.Refused = 7
		<-time.After(5 * time.Minute)
		synctest.Wait()
		if _, all := m.points(); all.Refused != 7 {
			t.Errorf("after 5 minutes: %+v", all)
		}
		<-time.After(10 * time.Second)
		synctest.Wait()
		if _, all := m.points(); all != (tally{}) {
			t.Errorf("afterwards: %+v", all)
		}
	})
}

func TestLatenciesAreThoseOfTheLastFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var notes gate.Measure
		notes.Took[40], notes.Waited[40] = 1000, 1000 // from before the start
		m := NewMeter(func() map[string]gate.Measure { return map[string]gate.Measure{"notes": notes} }, time.Now)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		go m.Run(ctx)
		pass := func(d time.Duration) latency {
			<-time.After(d)
			synctest.Wait()
			return m.latencies()["notes"]
		}
		if got := pass(time.Minute); got != (latency{}) {
			t.Errorf("while nobody asks they are %+v", got)
		}
		notes.Took[20] += 98
		notes.Took[50] += 2
		notes.Waited[20] += 100
		got := pass(time.Minute)
		fast, slow := millis(gate.TimingBound(20)), millis(gate.TimingBound(50))
		if want := (latency{Count: 100, P50: fast, P95: fast, P99: slow, Upstream: fast}); got != want {
			t.Errorf("they are %+v, want %+v", got, want)
		}
		if got := pass(6 * time.Minute); got.Count != 0 {
			t.Errorf("after five minutes %d of them are left", got.Count)
		}
	})
}
