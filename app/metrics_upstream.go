package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/upstream"
)

var (
	inUse    = describe("tenward_upstream_in_use", "1 while the upstream gets requests, 0 while it is down or out.", "service", "upstream")
	inFlight = describe("tenward_upstream_in_flight", "Requests under way at the upstream.", "service", "upstream")
	sentTo   = describe("tenward_upstream_requests_total", "Requests that the upstream got.", "service", "upstream")
	failedAs = describe("tenward_upstream_failures_total", "Requests to the upstream that found no answer, or half of one.", "service", "upstream")
	retried  = describe("tenward_upstream_retries_total", "Requests that were sent to another upstream.", "service")
)

// collectUpstreams reads how each of a service's upstreams is.
func collectUpstreams(service string, one *gate.Measure, counter func(*prometheus.Desc, uint64, ...string), gauge func(*prometheus.Desc, float64, ...string)) {
	if len(one.Upstreams) == 0 {
		return // Tenward answers by itself
	}
	for _, u := range one.Upstreams {
		gauge(inUse, truth(u.Condition != upstream.Down && u.Condition != upstream.Out), service, u.URL)
		gauge(inFlight, float64(u.InFlight), service, u.URL)
		counter(sentTo, u.Sent, service, u.URL)
		counter(failedAs, u.Failed, service, u.URL)
	}
	counter(retried, one.Retried, service)
}
