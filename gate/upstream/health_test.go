package upstream

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// fail has n requests in a row fail at the i-th.
func (p *Pool) fail(i, n int) {
	for range n {
		p.failed(p.members[i], p.now())
	}
}

// serve has one succeed.
func (p *Pool) serve(i int) { p.members[i].answered() }

func TestThreeFailuresInARowTakeAnUpstreamOut(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b")
	p.fail(0, 2)
	p.serve(0)
	p.fail(0, 2)
	if got := conditions(p); got != "up unknown" {
		t.Fatalf("after two, a success and two more: %s", got)
	}
	p.fail(0, 1)
	if got := conditions(p); got != "out unknown" {
		t.Fatalf("after three: %s", got)
	}
	if s := p.States()[0]; s.Reason == "" || !s.Since.Equal(c.now()) || s.Failed != 5 {
		t.Errorf("it is %+v", s)
	}
	for range 4 {
		if m := p.choose(new(Call), c.now()); m != p.members[1] {
			t.Fatal("it still gets requests")
		}
	}
	c.forward(outFor)
	seen := map[*member]bool{}
	for range 4 {
		seen[p.choose(new(Call), c.now())] = true
	}
	if s := p.States()[0]; s.Reason != "" || !s.Since.Equal(c.now()) {
		t.Errorf("once it is back it is %+v", s)
	}
	if len(seen) != 2 || conditions(p) != "up unknown" {
		t.Errorf("ten seconds later %d get requests: %s", len(seen), conditions(p))
	}
}

func TestWhoFailsAgainIsOutForTwiceAsLong(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b")
	p.fail(0, 3)
	for want := outFor; ; want = min(2*want, outMax) {
		if got := p.members[0].out.Sub(c.now()); got != want {
			t.Fatalf("it is out for %s, want %s", got, want)
		}
		if want == outMax {
			break
		}
		c.forward(want)
		p.fail(0, 1) // one more is enough
	}
	c.forward(outMax) // it comes back
	p.serve(0)
	c.forward(outMax - time.Second) // is well for nearly as long as it was out
	p.fail(0, 3)
	if got := p.members[0].out.Sub(c.now()); got != outMax {
		t.Errorf("soon after its last time it is out for %s", got)
	}
	c.forward(2*outMax + time.Second)
	p.fail(0, 3)
	if got := p.members[0].out.Sub(c.now()); got != outFor {
		t.Errorf("after a good while it is out for %s, want to begin anew", got)
	}
}

func TestFailuresOfWhatWasUnderWayDoNotPunishTwice(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b")
	p.fail(0, 30)
	if got := p.members[0].out.Sub(c.now()); got != outFor {
		t.Errorf("thirty at once take it out for %s", got)
	}
}

func TestTheLastOneIsNeverTakenOut(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b", "http://c")
	p.fail(0, 3)
	p.checked(p.members[1], "status 503", c.now())
	p.fail(2, 100)
	if got := conditions(p); got != "out down unknown" {
		t.Fatalf("they are %s", got)
	}
	if m := p.choose(new(Call), c.now()); m != p.members[2] {
		t.Errorf("requests go to %s", m.url.Host)
	}
	one := to(t, c, nil, "http://a")
	one.fail(0, 100)
	if got := conditions(one); got != "unknown" {
		t.Errorf("one alone is %s", got)
	}
}

func TestWhenAllAreDownAllAreTried(t *testing.T) {
	c := newClock()
	p := to(t, c, nil, "http://a", "http://b", "http://c")
	tried := func() string {
		var got strings.Builder
		for i, m := range p.members {
			for range 12 {
				if p.choose(new(Call), c.now()) == m {
					got.WriteString(strconv.Itoa(i))
					break
				}
			}
		}
		return got.String()
	}
	p.fail(0, 3)
	p.checked(p.members[1], "x", c.now())
	p.checked(p.members[2], "x", c.now())
	if got := tried(); got != "0" {
		t.Errorf("of one out and two down %s get requests, want the one that is only out", got)
	}
	p.checked(p.members[0], "x", c.now())
	if got := tried(); got != "012" {
		t.Errorf("of three down %s get requests, want all", got)
	}
	p.checked(p.members[1], "", c.now())
	if got := tried(); got != "1" {
		t.Errorf("once one is well %s get requests, want that one", got)
	}
}

func TestChecksNeedTheirNumberInARow(t *testing.T) {
	c := newClock()
	p := to(t, c, func(o *Options) { o.Spec.Health = Health{Rise: 2, Fall: 3} }, "http://a", "http://b")
	m := p.members[0]
	for _, step := range []struct{ reason, want string }{
		{"", "up"}, {"x", "up"}, {"x", "up"}, {"", "up"}, {"x", "up"}, {"x", "up"}, {"x", "down"},
		{"", "down"}, {"x", "down"}, {"", "down"}, {"", "up"},
	} {
		p.checked(m, step.reason, c.now())
		if got := string(p.States()[0].Condition); got != step.want {
			t.Fatalf("after %q it is %s, want %s", step.reason, got, step.want)
		}
	}
}

func TestAGoodCheckEndsATimeOut(t *testing.T) {
	c := newClock()
	p := to(t, c, func(o *Options) { o.Spec.Health = Health{Rise: 1, Fall: 1} }, "http://a", "http://b")
	p.fail(0, 3)
	p.checked(p.members[0], "x", c.now())
	p.checked(p.members[0], "", c.now())
	if got := conditions(p); got != "up unknown" {
		t.Errorf("it is %s", got)
	}
}

func TestAnAnswerThatBreaksOffIsAFailure(t *testing.T) {
	broken := scripted(t, resets("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"))
	p := to(t, newClock(), nil, application(t, "a"), broken)
	for range 8 {
		_, _ = p.get(t) // every other one breaks
	}
	if got := conditions(p); got != "up out" {
		t.Errorf("they are %s", got)
	}
}

// Whatever was asked, and however many there are: who answers is up, and has made good what failed before.
func TestWhoAnswersIsUp(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		for _, others := range []int{0, 1} {
			urls := []string{application(t, "a")}
			for range others {
				urls = append(urls, application(t, "b"))
			}
			p := to(t, newClock(), nil, urls...)
			p.fail(0, 2)
			for range urls {
				if _, err := p.askOnce(t.Context(), new(Call), method, ""); err != nil {
					t.Fatal(err)
				}
			}
			p.fail(0, 2)
			for _, s := range p.States() {
				if s.Condition != Up {
					t.Errorf("after a %s to one of %d it is %s", method, len(urls), s.Condition)
				}
			}
		}
	}
}

func TestWhoGivesNoAnswerIsNotUp(t *testing.T) {
	p := to(t, newClock(), nil, dead(t))
	if _, err := p.askOnce(t.Context(), new(Call), "POST", ""); err == nil || conditions(p) != "unknown" || p.States()[0].Failed != 1 {
		t.Errorf("it is %+v: %v", p.States(), err)
	}
}
