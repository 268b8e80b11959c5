package console_test

import (
	"strings"
	"testing"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
)

func TestSeveralUpstreamsAreShownEach(t *testing.T) {
	s := startSite(t, newRecord(t), func(o *console.Options) {
		o.Meter = console.NewMeter(func() map[string]gate.Measure {
			return map[string]gate.Measure{"notes": {Retried: 12, Upstreams: []upstream.State{
				{URL: "http://10.0.0.1:3000", Condition: upstream.Up, InFlight: 3, Sent: 1400, Failed: 2},
				{URL: "http://10.0.0.2:3000", Condition: upstream.Down, Reason: "status 503"},
				{URL: "http://10.0.0.3:3000", Condition: upstream.Out, Reason: "requests failed in a row"},
				{URL: "http://10.0.0.4:3000", Condition: upstream.Unknown},
			}}}
		}, o.Now)
	})
	s.enter()
	for path, wants := range map[string][]string{
		"/services": {"2 of 4 in use"},
		"/services/notes": {
			"<code>http://10.0.0.1:3000</code>", "Up</span>", "<td>3</td>", "Down</span>", "status 503", "Out for a while</span>", "requests failed in a row",
			"Not heard of yet</span>", "12 to another upstream",
		},
		"/api/v1/services": {`"condition": "down"`, `"reason": "status 503"`, `"retried": 12`},
	} {
		page := s.get(t, path).body
		for _, want := range wants {
			if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, ": ", ":")) {
				t.Errorf("%s lacks %q", path, want)
			}
		}
	}
}

func TestOneUpstreamNeedsNoTable(t *testing.T) {
	s := startSite(t, newRecord(t), func(o *console.Options) {
		o.Meter = console.NewMeter(func() map[string]gate.Measure {
			return map[string]gate.Measure{"notes": {Upstreams: []upstream.State{{URL: "http://10.0.0.1:3000", Condition: upstream.Up}}}}
		}, o.Now)
	})
	s.enter()
	if page := s.get(t, "/services/notes").body; strings.Contains(page, "Upstreams as a table") {
		t.Error("it has one")
	}
	if page := s.get(t, "/services").body; !strings.Contains(page, "http://127.0.0.1:8080") || strings.Contains(page, "in use") {
		t.Error("the list does not say where it is")
	}
}
