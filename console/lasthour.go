package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
)

// What the traffic page says of the last hour is counted off the road, by the index: each number is a link to its rows.
const (
	hourEvery = 5 * time.Second // it is counted anew for those who keep looking
	maxSlow   = 10
)

// outcome is what became of the requests for one service.
type outcome struct {
	Service  string     `json:"service"` // empty: for a host or path that no service has
	Verdicts []figure   `json:"verdicts"`
	Statuses []ofStatus `json:"statuses"` // those that occurred

	of *service
}

// Of is the service itself; nil for the requests for none.
func (o *outcome) Of() *service { return o.of }

// ofStatus is how many requests were answered with one class of statuses.
type ofStatus struct {
	Status string `json:"status"` // 2xx, or none where it was broken off before
	Query  string `json:"query"`
	Count  int64  `json:"count"`
}

// Link leads to exactly the rows that were counted.
func (a ofStatus) Link() string { return eventsOf(a.Query) }

// Word is what people call it.
func (a ofStatus) Word() string {
	if a.Status == noStatus {
		return "no answer"
	}
	return a.Status
}

const noStatus = "none"

// slow is a route that takes its time.
type slow struct {
	Service string  `json:"service"`
	Method  string  `json:"method"`
	Route   string  `json:"route"` // its path, {id} in the place of what differs
	Query   string  `json:"query"`
	Count   int64   `json:"count"`  // requests that were not refused
	Failed  int64   `json:"failed"` // of these, answered with a 5xx
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`

	from time.Duration // how long the slowest took at least
}

// Link leads to exactly the rows that were counted.
func (s slow) Link() string { return eventsOf(s.Query) }

// FailedLink leads to those that failed.
func (s slow) FailedLink() string { return eventsOf(s.Query + " status:5xx") }

// Share is how many of a hundred failed.
func (s slow) Share() string {
	return strconv.FormatFloat(float64(s.Failed)/float64(s.Count)*100, 'f', 1, 64) + " %"
}

// SlowLink leads to the slowest of them.
func (s slow) SlowLink() string { return eventsOf(s.Query + " latency:>=" + s.from.String()) }

// Since is how long ago something was. Within a minute that is no number: it would change while one reads.
func (health) Since(now time.Time, at *time.Time) string {
	if now.Sub(*at) < time.Minute {
		return "moments ago"
	}
	return ui.Ago(now, *at)
}

// lasting is what the last hour was like.
type lasting struct {
	Outcomes []*outcome `json:"last_hour"` // by service, as the configuration has them
	Slowest  []slow     `json:"slowest"`   // routes in the last hour, by the time that 95 of 100 requests took at most
}

// lastHours counts, once in a while for all who look.
type lastHours struct {
	index *index.Index
	now   func() time.Time

	mu     sync.Mutex
	looked time.Time
	counts []index.Outcome
	paces  []index.Pace
	to     time.Time // where the counts end; the paces end with the minute before
}

// of gives what was counted just now.
func (h *lastHours) of(ctx context.Context, services []service) (lasting, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now().UTC()
	if age := now.Sub(h.looked); h.looked.IsZero() || age < 0 || age >= hourEvery || !renewed(ctx) {
		if err := h.count(ctx, now); err != nil {
			return lasting{}, err
		}
		h.looked = now
	}
	outcomes, err := h.outcomes(services)
	if err != nil {
		return lasting{}, err
	}
	slowest, err := h.slowest(services)
	return lasting{outcomes, slowest}, err
}

func (h *lastHours) count(ctx context.Context, now time.Time) error {
	to := now.Truncate(time.Second)
	q, err := exchanges(to)
	if err != nil {
		return err
	}
	counts, err := h.index.Outcomes(ctx, q)
	if err != nil {
		return fmt.Errorf("count what became of requests by service: %w", err)
	}
	whole := to.Truncate(time.Minute)
	paces, err := h.index.Paces(ctx, whole.Add(-time.Hour), whole)
	if err != nil {
		return fmt.Errorf("count how long routes take: %w", err)
	}
	h.counts, h.paces, h.to = counts, paces, to
	return nil
}

// exchanges asks for the requests of the hour until then.
func exchanges(to time.Time) (index.Query, error) {
	q, err := peopleWithin(to, to.Add(-time.Hour), to)
	if err != nil {
		return index.Query{}, err
	}
	return q.With("class", "http-activity")
}

// outcomes puts the counts into the order of the services, those of no service last.
func (h *lastHours) outcomes(services []service) ([]*outcome, error) {
	list := make([]*outcome, 0, len(services)+1)
	for i := range services {
		list = append(list, &outcome{Service: services[i].Name, of: &services[i]})
	}
	list = append(list, &outcome{})
	for _, o := range list {
		q, err := exchanges(h.to)
		if err != nil {
			return nil, err
		}
		if o.Service != "" {
			q, err = q.With("service", o.Service)
		} else {
			q, err = index.Parse("-service:* "+q.String(), h.to)
		}
		if err != nil {
			return nil, err
		}
		if err := o.count(q, h.counts); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// count takes those of the counts that are the outcome's; q finds their rows.
func (o *outcome) count(q index.Query, counts []index.Outcome) error {
	var verdicts [event.Errored + 1]int64
	var statuses [6]int64
	for _, c := range counts {
		if c.Service == o.Service {
			verdicts[c.Verdict] += c.Count
			statuses[min(max(c.Status/100, 0), 5)] += c.Count
		}
	}
	for v := event.Passed; v <= event.Errored; v++ {
		of, err := q.With("verdict", v.String())
		if err != nil {
			return err
		}
		o.Verdicts = append(o.Verdicts, figure{v.String(), of.String(), verdicts[v]})
	}
	o.Statuses = []ofStatus{}
	for _, class := range [...]int{2, 3, 4, 5, 1, 0} {
		status, words := fmt.Sprintf("%dxx", class), fmt.Sprintf("status:%dxx ", class)
		if class == 0 {
			status, words = noStatus, "-status:* "
		}
		of, err := index.Parse(words+q.String(), time.Time{})
		if err != nil {
			return err
		}
		if statuses[class] > 0 {
			o.Statuses = append(o.Statuses, ofStatus{status, of.String(), statuses[class]})
		}
	}
	return nil
}

// slowest are the applications' routes that take longest. Those of Tenward's own pages are not among them.
func (h *lastHours) slowest(services []service) ([]slow, error) {
	whole := h.to.Truncate(time.Minute)
	list := []slow{}
	for i := range h.paces {
		p := &h.paces[i]
		if slices.ContainsFunc(services, func(s service) bool { return s.Name == p.Service }) {
			list = append(list, slow{
				Service: p.Service, Method: p.Method, Route: p.Route, Count: p.Count, Failed: p.Failed,
				P50: millis(p.Quantile(0.5)), P95: millis(p.Quantile(0.95)), from: p.Around(0.95),
			})
		}
	}
	slices.SortFunc(list, func(a, b slow) int {
		return cmp.Or(cmp.Compare(b.P95, a.P95), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Route, b.Route), cmp.Compare(a.Method, b.Method))
	})
	list = list[:min(len(list), maxSlow)]
	for i := range list {
		s := &list[i]
		q, err := peopleWithin(h.to, whole.Add(-time.Hour), whole)
		for _, w := range [...][2]string{{"service", s.Service}, {"method", s.Method}, {"route", s.Route}} {
			if err == nil {
				q, err = q.With(w[0], w[1])
			}
		}
		if err == nil {
			q, err = index.Parse("-verdict:refused "+q.String(), h.to)
		}
		if err != nil {
			return nil, err
		}
		s.Query = q.String()
	}
	return list, nil
}
