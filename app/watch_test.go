package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// watched is the admin listener of a node in this state.
type watched struct {
	health   event.Health
	stopping chan struct{}
	posture  *evidence.Posture
	broken   error
	handler  http.Handler
}

func watch(t *testing.T, db *store.DB) *watched {
	t.Helper()
	w := &watched{health: event.Health{Writable: true, Durable: 70, Sealed: 60, CheckpointAt: time.Unix(1_700_000_000, 500_000_000)}, stopping: make(chan struct{})}
	notes := gate.Measure{Counts: gate.Counts{Passed: 5, Refused: 4, Observed: 3, Errored: 2}, Statuses: [6]uint64{1, 2, 3, 4, 5, 6}}
	notes.Took[2], notes.Took[60] = 10, 5
	notes.Upstream.AnsweredAt = time.Unix(1_700_000_000, 0)
	notes.Upstreams = []upstream.State{{URL: "http://10.0.0.1:3000", Condition: upstream.Up, InFlight: 3, Sent: 40, Failed: 2}, {URL: "http://10.0.0.2:3000", Condition: upstream.Down}}
	notes.Retried = 7
	m := &metrics{
		measures: func() map[string]gate.Measure { return map[string]gate.Measure{"": {}, "notes": notes} },
		health:   func() event.Health { return w.health },
		posture:  func(context.Context) (*evidence.Posture, error) { return w.posture, w.broken },
		log:      slog.New(slog.DiscardHandler),
	}
	w.posture = &evidence.Posture{Practices: []evidence.Standing{{Slug: "patching"}, {
		Slug: "access", Assessed: true, Score: evidence.Score{Proven: 150, Of: 400},
		Checks: []evidence.Asked{{ID: "access/owner-exists", Status: practice.Warn, At: time.Unix(1_700_000_000, 0)}, {ID: "access/roles-exist"}},
	}}}
	w.handler = watchServer(m, db, w.stopping, slog.New(slog.DiscardHandler)).Handler
	return w
}

func (w *watched) get(path, host string) (status int, body string) {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Host = host
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer.Code, answer.Body.String()
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := watch(t, db)
		says := func(status int, text string) {
			t.Helper()
			if got, body := w.get("/readyz", "127.0.0.1:9444"); got != status || body != text+"\n" {
				t.Errorf("/readyz says %d %q, want %d %q", got, body, status, text)
			}
			if got, _ := w.get("/healthz", "localhost:9444"); got != http.StatusOK {
				t.Errorf("/healthz says %d of a process that lives", got)
			}
		}
		says(200, "ok")
		w.health.Writable = false
		says(503, "the record cannot be written")
		close(w.stopping)
		says(503, "the record cannot be written\nit is stopping")
		w.health.Writable = true
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		says(503, "the database does not answer\nit is stopping")
	})
}

func TestMetricsAreThoseThatAreDocumented(t *testing.T) {
	db, err := store.Open(context.Background(), store.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	status, text := watch(t, db).get("/metrics", "[::1]:9444")
	if status != http.StatusOK {
		t.Fatalf("/metrics says %d", status)
	}
	for _, want := range []string{
		`tenward_exchanges_total{service="notes",verdict="refused"} 4`, `tenward_answers_total{service="notes",status="none"} 1`, `tenward_answers_total{service="notes",status="5xx"} 6`,
		`tenward_exchange_duration_seconds_count{service="notes"} 15`, `tenward_exchange_duration_seconds_bucket{service="notes",le="0.000256"} 10`,
		`tenward_exchange_duration_seconds_bucket{service="notes",le="+Inf"} 15`, `tenward_upstream_answered_timestamp_seconds{service="notes"} 1.7e+09`,
		`tenward_upstream_failed_timestamp_seconds{service="notes"} 0`, `tenward_record_writable 1`, `tenward_record_events_durable 70`, `tenward_record_checkpoint_timestamp_seconds 1.7000000005e+09`,
		`tenward_upstream_in_use{service="notes",upstream="http://10.0.0.1:3000"} 1`, `tenward_upstream_in_use{service="notes",upstream="http://10.0.0.2:3000"} 0`,
		`tenward_upstream_in_flight{service="notes",upstream="http://10.0.0.1:3000"} 3`, `tenward_upstream_requests_total{service="notes",upstream="http://10.0.0.1:3000"} 40`,
		`tenward_upstream_failures_total{service="notes",upstream="http://10.0.0.1:3000"} 2`, `tenward_upstream_retries_total{service="notes"} 7`,
		`tenward_practice_score{practice="access"} 0.375`, `tenward_checks{practice="access",status="warn"} 1`, `tenward_checks{practice="access",status="unknown"} 1`,
		`tenward_checks{practice="access",status="pass"} 0`, `tenward_check_asked_timestamp_seconds{check="access/owner-exists"} 1.7e+09`,
		`tenward_check_asked_timestamp_seconds{check="access/roles-exist"} 0`, `tenward_posture_readable 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s", want)
		}
	}
	page, err := os.ReadFile("../docs/operating/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	names := func(form, in string) []string {
		var all []string
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(in, -1) {
			all = append(all, m[1])
		}
		slices.Sort(all)
		return slices.Compact(all)
	}
	exported, documented := names(`(?m)^# TYPE (tenward_\w+) `, text), names("`(tenward_\\w+)`", string(page))
	if !slices.Equal(exported, documented) {
		t.Errorf("exported are\n%q, documented\n%q", exported, documented)
	}
}

func TestWithoutScoresTheOtherMetricsStay(t *testing.T) {
	w := watch(t, storetest.Memory(t))
	if _, text := w.get("/metrics", "localhost"); strings.Contains(text, `practice="patching"`) {
		t.Error("a practice that is not assessed has a score")
	}
	w.posture, w.broken = nil, errors.New("the database is gone")
	_, text := w.get("/metrics", "localhost")
	if !strings.Contains(text, "tenward_posture_readable 0\n") || !strings.Contains(text, "tenward_record_writable 1\n") || strings.Contains(text, "tenward_practice_score{") {
		t.Errorf("without scores it says\n%s", text)
	}
}

func TestOnlyNamesOfThisMachineAreAnswered(t *testing.T) {
	db, err := store.Open(context.Background(), store.Options{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := watch(t, db)
	for host, want := range map[string]int{
		"127.0.0.1:9444": 200, "localhost": 200, "[::1]:9444": 200, "evil.example.com:9444": 421, "evil.example.com": 421, "192.0.2.7:9444": 421, "localhost.example.com": 421, "": 421,
	} {
		for _, path := range []string{"/healthz", "/metrics"} {
			if got, _ := w.get(path, host); got != want {
				t.Errorf("%s asked for as %q: %d, want %d", path, host, got, want)
			}
		}
	}
	if got, _ := w.get("/debug/pprof/", "127.0.0.1"); got != http.StatusNotFound {
		t.Errorf("something else is answered with %d", got)
	}
}
