package audits_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// house is a gate with this one stage, in front of an application that keeps what it was told.
type house struct {
	*testing.T
	*gatetest.Started
	tags *attack.Tags
	saw  atomic.Pointer[http.Header]
	run  event.ID
	now  atomic.Int64
}

// failing are counters that do not answer.
type failing struct{}

func (failing) Count(context.Context, string, int64, time.Duration) (int64, error) {
	return 0, errors.New("no answer")
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, run: event.NewID(time.Now())}
	h.now.Store(time.Now().UnixMicro())
	clock := func() time.Time { return time.UnixMicro(h.now.Load()) }
	var err error
	h.tags, err = attack.OpenTags(t.Context(), storetest.Memory(t).Secrets(store.NewMasterKey()), cluster.Alone(clock), clock)
	if err != nil {
		t.Fatal(err)
	}
	h.start(h.tags)
	return h
}

func (h *house) start(tags *attack.Tags) {
	up := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header := r.Header.Clone()
		h.saw.Store(&header)
	}))
	h.Cleanup(up.Close)
	h.Started = gatetest.Start(h, up.URL, func(o *gate.Options) {
		o.Stages = audits.New(audits.Config{}, tags, nil).Practice().Stages
	})
}

const session = "the session's token"

// bond is what a tag for GET / has to be bound to.
func bond() attack.Bond {
	return attack.Bond{Source: netip.MustParseAddr("127.0.0.1"), Session: session, Method: "GET", Host: "notes.test", Target: "/?q=1"}
}

// send asks for / with these tags, and gives the answer's status and the event.
func (h *house) send(cookie string, tags ...string) (int, event.Event) {
	h.Helper()
	r, err := http.NewRequestWithContext(h.Context(), http.MethodGet, "https://notes.test/?q=1", http.NoBody)
	if err != nil {
		h.Fatal(err)
	}
	r.Header[attack.Header] = tags
	if cookie != "" {
		r.Header.Set("Cookie", gate.SessionCookie+"="+cookie)
	}
	res, err := h.Client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		h.Fatal(err)
	}
	return res.StatusCode, h.Record.Next(h)
}

func detail(e event.Event, name string) string {
	for _, d := range e.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return ""
}

func TestATagIsBelievedOnceAndForItsOwnRequestOnly(t *testing.T) {
	other := func(change func(*attack.Bond)) func(*house) []string {
		return func(h *house) []string {
			b := bond()
			change(&b)
			return []string{h.tags.Issue(attack.Mark{Run: h.run, N: 1}, b)}
		}
	}
	good := other(func(*attack.Bond) {})
	for _, tt := range []struct {
		name   string
		tags   func(*house) []string
		cookie string
		why    string // empty: it is believed
	}{
		{name: "made for this request", tags: good, cookie: session},
		{name: "made for another address", tags: other(func(b *attack.Bond) { b.Source = netip.MustParseAddr("192.0.2.1") }), cookie: session, why: "forged"},
		{name: "made for another session", tags: good, cookie: "another", why: "forged"},
		{name: "made for another method", tags: other(func(b *attack.Bond) { b.Method = "POST" }), cookie: session, why: "forged"},
		{name: "made for another host", tags: other(func(b *attack.Bond) { b.Host = "other.test" }), cookie: session, why: "forged"},
		{name: "made for another page", tags: other(func(b *attack.Bond) { b.Target = "/?q=2" }), cookie: session, why: "forged"},
		{name: "without a session", tags: good, why: "malformed"},
		{name: "twice", tags: func(h *house) []string { return append(good(h), good(h)...) }, cookie: session, why: "malformed"},
		{name: "made up", tags: func(*house) []string { return []string{"v1.yes"} }, cookie: session, why: "malformed"},
		{name: "empty", tags: func(*house) []string { return []string{""} }, cookie: session, why: "malformed"},
		{name: "used before", tags: func(h *house) []string {
			tag := good(h)
			h.send(session, tag...)
			return tag
		}, cookie: session, why: "spent"},
		{name: "too late", tags: func(h *house) []string {
			tag := good(h)
			h.now.Add(attack.Life.Microseconds())
			return tag
		}, cookie: session, why: "expired"},
		{name: "while nobody knows whether it is spent", tags: func(h *house) []string {
			secrets := storetest.Memory(h).Secrets(store.NewMasterKey())
			tags, err := attack.OpenTags(h.Context(), secrets, failing{}, time.Now)
			if err != nil {
				h.Fatal(err)
			}
			h.start(tags)
			return []string{tags.Issue(attack.Mark{Run: h.run, N: 1}, bond())}
		}, cookie: session, why: "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t)
			status, e := h.send(tt.cookie, tt.tags(h)...)
			if tt.why == "" {
				if status != http.StatusNoContent || detail(e, gate.RunDetail) != h.run.String() || h.saw.Load() != nil {
					t.Errorf("answered %d, recorded %v, the application saw %v", status, e.Details, h.saw.Load())
				}
				return
			}
			// It goes on as any other request.
			if status != http.StatusOK || detail(e, gate.RunDetail) != "" || detail(e, "audits.tag") != tt.why {
				t.Errorf("answered %d, recorded %v, want %s", status, e.Details, tt.why)
			}
			saw := h.saw.Load()
			if saw == nil {
				t.Fatal("it did not go on")
			}
			if got := (*saw)[attack.Header]; got != nil {
				t.Errorf("the application got the tag %q", got)
			}
			if n := h.Gate.Measures()["notes"].Passed; n != 1 {
				t.Errorf("%d requests are counted", n)
			}
		})
	}
}

func TestARequestWithoutATagIsNothingSpecial(t *testing.T) {
	h := newHouse(t)
	status, e := h.send(session)
	if status != http.StatusOK || len(e.Details) != 0 {
		t.Errorf("answered %d, recorded %v", status, e.Details)
	}
}

// Two nodes share the key and the counters.
func TestATagThatOneNodeTookIsSpentAtTheOther(t *testing.T) {
	secrets, shared := storetest.Memory(t).Secrets(store.NewMasterKey()), cluster.Alone(time.Now)
	var tags [2]*attack.Tags
	var nodes [2]*house
	for i := range nodes {
		var err error
		if tags[i], err = attack.OpenTags(t.Context(), secrets, shared, time.Now); err != nil {
			t.Fatal(err)
		}
		nodes[i] = &house{T: t, run: event.NewID(time.Now())}
		nodes[i].start(tags[i])
	}
	tag := tags[0].Issue(attack.Mark{Run: nodes[0].run, N: 7}, bond())
	if status, _ := nodes[1].send(session, tag); status != http.StatusNoContent {
		t.Errorf("the other node does not know the tag: %d", status)
	}
	if status, e := nodes[0].send(session, tag); status != http.StatusOK || detail(e, "audits.tag") != "spent" {
		t.Errorf("the tag was used twice: %d, %v", status, e.Details)
	}
}

// attack and gate know nothing of each other, and must say the same.
func TestSenderAndGateUseTheSameFields(t *testing.T) {
	for _, names := range [][2]string{
		{attack.VerdictHeader, gate.VerdictHeader}, {attack.StageHeader, gate.StageHeader},
		{attack.RulesHeader, gate.RulesHeader}, {attack.EventHeader, gate.EventHeader},
	} {
		if names[0] != names[1] {
			t.Errorf("the sender reads %s, the gate writes %s", names[0], names[1])
		}
	}
}
