package console_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// busyHour is an hour in which some routes are slow, some requests are refused, and some of Tenward's own pages are asked for.
func busyHour() []*event.Event {
	var events []*event.Event
	for n := range 240 {
		e := exchange(n)
		e.Time = noon.Add(-time.Duration(n) * 16 * time.Second) // a little more than an hour
		e.HTTP.Path, e.HTTP.Duration = fmt.Sprintf("/notes/%d", n), time.Duration(10+n%7)*time.Millisecond
		switch n % 9 {
		case 1:
			e.HTTP.Path, e.HTTP.Duration, e.HTTP.Method = "/export", time.Duration(800+n)*time.Millisecond, "POST"
		case 2:
			e.Kind, e.Verdict, e.HTTP.Status, e.HTTP.Duration = "validation.request.refused", event.Refused, 403, time.Minute
		case 3:
			e.Kind, e.Verdict, e.HTTP.Status = "gate.upstream.failed", event.Errored, 502
		case 4:
			e.Service, e.HTTP.Path, e.HTTP.Duration = "console", "/traffic", time.Hour
		case 5:
			e.Service, e.Kind, e.Verdict, e.HTTP.Status = "", "gate.request.refused", event.Refused, 421
		case 6:
			e.HTTP.Status, e.Kind, e.Verdict = 0, "validation.request.observed", event.Observed
		case 8:
			e.HTTP.Path, e.HTTP.Status, e.HTTP.Duration, e.Details = "/attacked", 204, time.Hour, []event.Detail{{Name: event.RunDetail, Value: "r1"}}
		case 7:
			e.HTTP.Status, e.HTTP.Duration, e.Details = 101, time.Hour, []event.Detail{{Name: event.StreamDetail, Value: "yes"}}
		}
		events = append(events, e)
	}
	signedIn := *stranger(300)
	signedIn.Class, signedIn.HTTP, signedIn.Verdict, signedIn.Time, signedIn.Service = event.Authentication, nil, event.None, noon.Add(-time.Minute), ""
	return append(events, &signedIn)
}

// linked is a number on the traffic page that leads to events.
var linked = regexp.MustCompile(`<a href="(/events\?q=[^"]*)">([0-9,]+)(?: [^<]*)?</a>`)

// Every number of the last hour is a link to exactly the rows that it counts, whenever it is followed.
func TestNumbersOfTheLastHourAreTheRowsBehindThem(t *testing.T) {
	s := newSite(t, busyHour()...)
	s.enter()
	page := s.get(t, "/traffic").body
	_, page, _ = strings.Cut(page, `id="live-services"`)
	page, _, _ = strings.Cut(page, `id="h-newest"`)
	s.record.add(late(300)) // it came after the page was made
	words := map[string]int{}
	for _, m := range linked.FindAllStringSubmatch(page, -1) {
		want, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Count int }
		address := html.UnescapeString(m[1])
		if err := json.Unmarshal([]byte(s.get(t, "/api/v1"+address).body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Count != want || want == 0 {
			t.Errorf("%s: %d said, %d rows", address, want, got.Count)
		}
		words[strings.TrimSpace(strings.TrimPrefix(strings.TrimSuffix(m[0], "</a>"), `<a href="`+m[1]+`">`+m[2]))]++
	}
	for _, want := range []string{"passed", "refused", "observed", "failed", "× 2xx", "× 4xx", "× 5xx", "× 1xx", "× no answer"} {
		if words[want] == 0 {
			t.Errorf("no number of what is %q among %v", want, words)
		}
	}
	if words["refused"] != 2 || words["× 4xx"] != 2 {
		t.Errorf("the requests for no service are not among %v", words)
	}
}

func TestTheSlowestRoutesComeFirst(t *testing.T) {
	s := newSite(t, busyHour()...)
	s.enter()
	var got struct {
		Slowest []struct {
			Service, Method, Route string
			Count, Failed          int
			P50                    float64 `json:"p50_ms"`
			P95                    float64 `json:"p95_ms"`
		}
		Hour []struct{ Service string } `json:"last_hour"`
	}
	if err := json.Unmarshal([]byte(s.get(t, "/api/v1/traffic").body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Slowest) != 2 || len(got.Hour) != 2 || got.Hour[0].Service != "notes" || got.Hour[1].Service != "" {
		t.Fatalf("it is %+v", got)
	}
	export, notes := got.Slowest[0], got.Slowest[1]
	if export.Method != http.MethodPost || export.Route != "/export" || export.P95 < 800 || export.P95 > 1300 || export.Failed != 0 {
		t.Errorf("the slowest is %+v", export)
	}
	if notes.Service != "notes" || notes.Route != "/notes/{id}" || notes.P50 < 8 || notes.P95 > 20 || notes.Failed == 0 || notes.Failed >= notes.Count {
		t.Errorf("the other is %+v", notes)
	}
	slow := regexp.MustCompile(`<a href="([^"]*latency[^"]*)">`).FindAllStringSubmatch(s.get(t, "/traffic").body, -1)
	for _, m := range slow {
		if rowsOf(s.get(t, html.UnescapeString(m[1])).body) == 0 {
			t.Errorf("%s finds nothing", m[1])
		}
	}
	if len(slow) != 2 {
		t.Errorf("%d links lead to what was slow", len(slow))
	}
}

func TestWhoKeepsLookingSeesTheHourGoOn(t *testing.T) {
	s := newSite(t)
	s.enter()
	if page := s.get(t, "/traffic").body; !strings.Contains(page, "No route has answered in the last hour") {
		t.Error("an hour without requests does not say so")
	}
	s.record.add(exchange(1))
	s.clock.add(2 * time.Minute)
	if page := s.get(t, "/traffic").body; !strings.Contains(page, `>1 passed</a>`) || !strings.Contains(page, "<bdi>/search</bdi>") {
		t.Error("the request is not counted")
	}
}
