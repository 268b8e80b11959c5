package console_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/gate"
)

func TestServicesSayHowTheyAnswer(t *testing.T) {
	hour, minute := noon.Add(-time.Hour), noon.Add(-time.Minute)
	for _, tt := range []struct {
		name     string
		upstream gate.Upstream
		want     string
	}{
		{"never asked", gate.Upstream{}, "Not asked yet"},
		{"it answers", gate.Upstream{AnsweredAt: minute, Status: 404}, "Answers"},
		{"it answers again", gate.Upstream{AnsweredAt: minute, Status: 200, FailedAt: hour, Failure: "gate.upstream.slow"}, "Answers"},
		{"it answers that it is broken", gate.Upstream{AnsweredAt: minute, Status: 503}, "Fails"},
		{"it fails", gate.Upstream{AnsweredAt: hour, Status: 200, FailedAt: minute, Failure: "gate.upstream.slow"}, "Fails"},
		{"it never answered", gate.Upstream{FailedAt: minute, Failure: "gate.upstream.unreachable"}, "Fails"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := startSite(t, newRecord(t), func(o *console.Options) {
				o.Meter = console.NewMeter(func() map[string]gate.Measure { return map[string]gate.Measure{"notes": {Upstream: tt.upstream}} }, o.Now)
			})
			s.enter()
			for _, path := range []string{"/services", "/services/notes"} {
				page := s.get(t, path).body
				for _, word := range []string{"Not asked yet", "Answers<", "Fails<"} {
					if strings.Contains(page, word+"/span>") || strings.Contains(page, strings.TrimSuffix(word, "<")+"</span>") {
						if !strings.HasPrefix(word, tt.want) {
							t.Errorf("%s says %q, want %q", path, word, tt.want)
						}
					} else if strings.HasPrefix(word, tt.want) {
						t.Errorf("%s does not say %q", path, tt.want)
					}
				}
			}
		})
	}
}

func TestAServiceThatIsOnlyObservedSaysSo(t *testing.T) {
	s := startSite(t, newRecord(t), func(o *console.Options) { o.Services[0].Mode = "observe" })
	s.enter()
	for _, path := range []string{"/services", "/services/notes"} {
		if page := s.get(t, path).body; !strings.Contains(page, "Only observes") {
			t.Errorf("%s does not", path)
		}
	}
	if a := s.get(t, "/services/other"); a.status != http.StatusNotFound {
		t.Errorf("a service that there is not: %d", a.status)
	}
}

func TestServicesAsData(t *testing.T) {
	s := newSite(t)
	s.enter()
	var got struct {
		Services []struct {
			Name     string            `json:"name"`
			Mode     string            `json:"mode"`
			Passed   int               `json:"passed"`
			Statuses map[string]uint64 `json:"statuses"`
			Health   struct {
				State    string    `json:"state"`
				Status   int       `json:"status"`
				Answered time.Time `json:"answered"`
			} `json:"health"`
		} `json:"services"`
	}
	if err := json.Unmarshal([]byte(s.get(t, "/api/v1/services").body), &got); err != nil {
		t.Fatal(err)
	}
	one := got.Services[0]
	if one.Name != "notes" || one.Mode != "block" || one.Passed != 1284 || one.Statuses["2xx"] != 1200 || one.Statuses["none"] != 1 ||
		one.Health.State != "answers" || one.Health.Status != 200 || !one.Health.Answered.Equal(noon.Add(-3*time.Second)) {
		t.Errorf("it is %+v", one)
	}
}

func TestTheConfigurationInForceIsShownWithItsOrigins(t *testing.T) {
	s := newSite(t)
	s.enter()
	page := s.get(t, "/settings").body
	for _, want := range []string{"2 of 3 lines", "/etc/tenward/tenward.yaml", `<tr class="muted"><td><code>node: a</code></td><td>default</td>`, `<code>  notes:</code></td><td>tenward.yaml:12</td>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	s.role = "reader"
	if a := s.get(t, "/settings"); a.status != http.StatusForbidden {
		t.Errorf("a reader sees it: %d", a.status)
	}
	if page := s.get(t, "/services").body; strings.Contains(page, "/settings") {
		t.Error("a reader's navigation shows what they may not see")
	}
}
