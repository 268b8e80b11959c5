package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
)

// metrics are the program's numbers for Prometheus. Their names are a promise: docs/operating/metrics.md lists them.
// Nothing is counted for them; they read what is counted already.
type metrics struct {
	measures func() map[string]gate.Measure
	health   func() event.Health
	posture  func(context.Context) (*evidence.Posture, error)
	log      *slog.Logger
}

func newRegistry(m *metrics) *prometheus.Registry {
	r := prometheus.NewRegistry()
	b := build()
	r.MustRegister(
		m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tenward_build_info", Help: "Which program this is; always 1.", ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go},
		}, func() float64 { return 1 }),
	)
	return r
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	exchanges  = describe("tenward_exchanges_total", "Exchanges by service and verdict; service is empty where none was found.", "service", "verdict")
	responses  = describe("tenward_answers_total", "Answers by service and first digit of their status; none is broken off before one.", "service", "status")
	durations  = describe("tenward_exchange_duration_seconds", "From a request's head to its answer's end; streams are left out.", "service")
	waits      = describe("tenward_upstream_wait_seconds", "From asking the application to the head of its answer.", "service")
	answeredAt = describe("tenward_upstream_answered_timestamp_seconds", "When the application answered last; 0 is never.", "service")
	failedAt   = describe("tenward_upstream_failed_timestamp_seconds", "When the application failed to answer last; 0 is never.", "service")

	writable     = describe("tenward_record_writable", "1 while events can be written.")
	sealable     = describe("tenward_record_sealable", "1 while events can be sealed into the signed tree.")
	durable      = describe("tenward_record_events_durable", "Sequence number of the last event on the disk.")
	sealed       = describe("tenward_record_events_sealed", "Sequence number of the last event that a signed checkpoint covers.")
	lost         = describe("tenward_record_events_lost_total", "Plain events that could not be written since the start.")
	proven       = describe("tenward_practice_score", "Proven share of the practice's checks, 0 to 1; a practice that is not assessed has none.", "practice")
	checks       = describe("tenward_checks", "Checks by practice and how they stand.", "practice", "status")
	asked        = describe("tenward_check_asked_timestamp_seconds", "When the check was asked last; 0 is never.", "check")
	readable     = describe("tenward_posture_readable", "1 while the scores can be read; without them the three metrics above are missing.")
	checkpointed = describe("tenward_record_checkpoint_timestamp_seconds", "When the newest checkpoint was signed; 0 is never.")
)

// Describe names all there are.
func (*metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		exchanges, responses, durations, waits, answeredAt, failedAt, writable, sealable, durable, sealed, lost, checkpointed,
		proven, checks, asked, readable, inUse, inFlight, sentTo, failedAs, retried,
	} {
		out <- d
	}
}

// Collect reads them all.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, n uint64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for service, one := range m.measures() {
		counter(exchanges, one.Passed, service, event.Passed.String())
		counter(exchanges, one.Refused, service, event.Refused.String())
		counter(exchanges, one.Observed, service, event.Observed.String())
		counter(exchanges, one.Errored, service, event.Errored.String())
		for i, name := range [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"} {
			counter(responses, one.Statuses[i], service, name)
		}
		out <- histogram(durations, &one.Took, service)
		if service == "" {
			continue
		}
		out <- histogram(waits, &one.Waited, service)
		gauge(answeredAt, seconds(one.Upstream.AnsweredAt), service)
		gauge(failedAt, seconds(one.Upstream.FailedAt), service)
		collectUpstreams(service, &one, counter, gauge)
	}
	h := m.health()
	gauge(writable, truth(h.Writable))
	gauge(sealable, truth(h.SealErr == nil))
	gauge(durable, float64(h.Durable))
	gauge(sealed, float64(h.Sealed))
	counter(lost, h.Gap)
	gauge(checkpointed, seconds(h.CheckpointAt))
	m.collectPosture(gauge)
}

// postureWithin bounds what the scores may take: the other numbers are worth having also when the database is slow.
const postureWithin = 2 * time.Second

// collectPosture reads the practices' scores and their checks.
func (m *metrics) collectPosture(gauge func(*prometheus.Desc, float64, ...string)) {
	ctx, cancel := context.WithTimeoutCause(context.Background(), postureWithin, errDatabaseSlow)
	defer cancel()
	p, err := m.posture(ctx)
	gauge(readable, truth(err == nil))
	if err != nil {
		m.log.Warn("the scores could not be read for the metrics", "error", err)
		return
	}
	for i := range p.Practices {
		one := &p.Practices[i]
		if !one.Assessed {
			continue
		}
		gauge(proven, float64(one.Score.Proven)/float64(one.Score.Of), one.Slug)
		counts := map[practice.Status]int{practice.Pass: 0, practice.Warn: 0, practice.Fail: 0, practice.Unknown: 0}
		for j := range one.Checks {
			counts[one.Checks[j].Status]++
			gauge(asked, seconds(one.Checks[j].At), one.Checks[j].ID)
		}
		for status, n := range counts {
			gauge(checks, float64(n), one.Slug, status.String())
		}
	}
}

// histogram gives one bucket in four of a timing's: the powers of two from a quarter of a millisecond to a minute.
func histogram(d *prometheus.Desc, t *gate.Timing, service string) prometheus.Metric {
	buckets := map[float64]uint64{}
	var n uint64
	sum, before := 0.0, time.Duration(0)
	for i, c := range t {
		n += c
		bound := gate.TimingBound(i)
		sum += float64(c) * (before + bound).Seconds() / 2 // the exact sum would cost each request a write
		before = bound
		if bound >= 256*time.Microsecond && bound <= time.Minute && bound.Microseconds()&(bound.Microseconds()-1) == 0 {
			buckets[bound.Seconds()] = n
		}
	}
	return prometheus.MustNewConstHistogram(d, n, sum, buckets, service)
}

func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
