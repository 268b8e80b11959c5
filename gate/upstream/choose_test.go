package upstream

import (
	"strings"
	"sync"
	"testing"
	"time"
)

// spelled is whose turns these are: the last letter of each address.
func spelled(turns []*member) string {
	var b strings.Builder
	for _, m := range turns {
		b.WriteString(m.url.Host)
	}
	return b.String()
}

func TestTurnsAreSpreadByWeight(t *testing.T) {
	for _, tt := range []struct {
		weights []int
		want    string
	}{
		{[]int{1}, "a"},
		{[]int{7}, "a"},
		{[]int{1, 1, 1}, "abc"},
		{[]int{2, 1}, "aba"},
		{[]int{4, 2}, "aba"},
		{[]int{5, 1, 1}, "aabacaa"},
		{[]int{100, 50, 50}, "abca"},
	} {
		p := to(t, newClock(), func(o *Options) {
			for i, w := range tt.weights {
				o.Spec.Targets = append(o.Spec.Targets, weighted("http://"+string(rune('a'+i)), w))
			}
		})
		if got := spelled(p.plan.Load().turns); got != tt.want {
			t.Errorf("weights %v become %s, want %s", tt.weights, got, tt.want)
		}
	}
}

func TestRoundRobinGivesEachItsShare(t *testing.T) {
	c := newClock()
	p := to(t, c, func(o *Options) {
		o.Spec.Targets = []Target{weighted("http://a", 3), weighted("http://b", 1)}
	})
	var all sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 8 {
		all.Go(func() {
			for range 100 {
				m := p.choose(new(Call), c.now())
				mu.Lock()
				got[m.url.Host]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if got["a"] != 600 || got["b"] != 200 {
		t.Errorf("of 800 requests %v, want 600 and 200", got)
	}
}

func TestWhoIsOutLeavesItsShareToAllOthers(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b", "http://c")
	p.checked(p.members[1], "status 503", c.now()) // with Fall 0 one is enough
	got := map[string]int{}
	for range 100 {
		got[p.choose(new(Call), c.now()).url.Host]++
	}
	if got["a"] != 50 || got["b"] != 0 || got["c"] != 50 {
		t.Errorf("%v, want the same for both that are left", got)
	}
}

func TestLeastConnectionsGoesWhereTheFewestAreForItsWeight(t *testing.T) {
	for _, tt := range []struct {
		name    string
		weights []int
		busy    []int64
		want    string
	}{
		{"the idle one", []int{1, 1, 1}, []int64{4, 0, 2}, "b"},
		{"twice the weight may have twice as many", []int{1, 4, 1}, []int64{2, 5, 2}, "b"},
		{"but no more", []int{1, 2}, []int64{2, 5}, "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			p := to(t, c, func(o *Options) {
				o.Spec.Balance = LeastConnections
				for i, w := range tt.weights {
					o.Spec.Targets = append(o.Spec.Targets, weighted("http://"+string(rune('a'+i)), w))
				}
			})
			for i, m := range p.members {
				m.inFlight.Store(tt.busy[i])
			}
			for range 5 {
				if m := p.choose(new(Call), c.now()); m.url.Host != tt.want {
					t.Fatalf("it went to %s, want %s", m.url.Host, tt.want)
				}
			}
		})
	}
}

func TestEqualsTakeTurnsWithLeastConnections(t *testing.T) {
	c := newClock()
	p := to(t, c, func(o *Options) { o.Spec.Balance = LeastConnections }, "http://a", "http://b", "http://c")
	got := map[string]int{}
	for range 30 {
		got[p.choose(new(Call), c.now()).url.Host]++
	}
	if got["a"] != 10 || got["b"] != 10 || got["c"] != 10 {
		t.Errorf("%v, want ten each", got)
	}
}

func TestNobodyIsChosenTwiceForOneRequest(t *testing.T) {
	for _, b := range []Balance{RoundRobin, LeastConnections, Sticky} {
		c := newClock()
		p := to(t, c, func(o *Options) { o.Spec.Balance = b }, "http://a", "http://b", "http://c")
		call := &Call{Cookies: []string{CookiePrefix + "notes=" + p.members[1].token}}
		seen := map[string]bool{}
		for range 3 {
			m := p.choose(call, c.now())
			if m == nil || seen[m.url.Host] {
				t.Fatalf("%s: %v was chosen after %v", b, m, seen)
			}
			seen[m.url.Host] = true
			call.tried |= m.bit
		}
		if m := p.choose(call, c.now()); m != nil {
			t.Errorf("%s: a fourth of three is %s", b, m.url.Host)
		}
	}
}

func many(tb testing.TB, n int, b Balance) (*Pool, *clock) {
	tb.Helper()
	c := newClock()
	return to(tb, c, func(o *Options) {
		o.Spec.Balance = b
		for i := range n {
			o.Spec.Targets = append(o.Spec.Targets, weighted("http://"+string(rune('a'+i)), 1+i%3))
		}
	}), c
}

func TestChoosingMakesNoGarbage(t *testing.T) {
	for _, n := range []int{1, 2, 16} {
		for _, b := range []Balance{RoundRobin, LeastConnections, Sticky} {
			p, c := many(t, n, b)
			call := &Call{Cookies: []string{"a=b; " + CookiePrefix + "notes=" + p.members[n-1].token}}
			now := c.now()
			if got := testing.AllocsPerRun(1000, func() { p.choose(call, now) }); got != 0 {
				t.Errorf("%s among %d allocates %v times", b, n, got)
			}
		}
	}
}

func BenchmarkChoose(b *testing.B) {
	for _, n := range []int{1, 2, 16} {
		for _, balance := range []Balance{RoundRobin, LeastConnections, Sticky} {
			b.Run(string(balance)+"/"+string(rune('0'+n/10))+string(rune('0'+n%10)), func(b *testing.B) {
				p, _ := many(b, n, balance)
				call := &Call{Cookies: []string{"a=b; " + CookiePrefix + "notes=" + p.members[n-1].token}}
				now := time.Now()
				b.ReportAllocs()
				for b.Loop() {
					p.choose(call, now)
				}
			})
		}
	}
}
