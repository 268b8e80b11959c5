package console

import (
	"context"
	"net/url"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/problem"
)

// services are the applications behind the gate.
type services struct {
	Services []service `json:"services"`
	Unknown  verdicts  `json:"unknown"` // requests for no service
	Statuses statuses  `json:"unknown_statuses"`
}

// service is an application, what became of the requests for it, and how it answers.
type service struct {
	Name     string   `json:"name"`
	Hosts    []string `json:"hosts"`
	Path     string   `json:"path"`
	Upstream string   `json:"upstream"`
	Public   []string `json:"public"` // the paths that need no sign-in
	Mode     string   `json:"mode"`   // block or observe
	Source   string   `json:"source"` // where the configuration has it
	verdicts
	Statuses statuses `json:"statuses"`
	Latency  latency  `json:"latency"`
	Health   health   `json:"health"`

	Upstreams []reached `json:"upstreams"`
	Retried   uint64    `json:"retried"` // requests that were sent to another upstream, since the start
}

// verdicts are counts since the start.
type verdicts struct {
	Passed   uint64 `json:"passed"`
	Refused  uint64 `json:"refused"`
	Observed uint64 `json:"observed"`
	Errors   uint64 `json:"errors"`
}

// Through is what reached the application, also what a rule only observed.
func (v verdicts) Through() uint64 { return v.Passed + v.Observed }

func verdictsOf(c gate.Counts) verdicts { return verdicts{c.Passed, c.Refused, c.Observed, c.Errored} }

// statuses are answers since the start, by the first digit of their status.
type statuses struct {
	Informational uint64 `json:"1xx"`
	Success       uint64 `json:"2xx"`
	Redirection   uint64 `json:"3xx"`
	ClientError   uint64 `json:"4xx"`
	ServerError   uint64 `json:"5xx"`
	None          uint64 `json:"none"` // broken off before an answer
}

func statusesOf(n [6]uint64) statuses { return statuses{n[1], n[2], n[3], n[4], n[5], n[0]} }

// health is how an application answered last.
type health struct {
	State    string     `json:"state"` // answers, fails or silent
	Answered *time.Time `json:"answered,omitempty"`
	Status   int        `json:"status,omitempty"`
	Failed   *time.Time `json:"failed,omitempty"`
	Failure  string     `json:"failure,omitempty"`
}

// The states of an application. One that was never asked is not called healthy.
const (
	answers = "answers"
	fails   = "fails"
	silent  = "silent"
)

func healthOf(u gate.Upstream) health {
	h := health{State: silent, Status: u.Status, Failure: u.Failure}
	if !u.AnsweredAt.IsZero() {
		h.State, h.Answered = answers, &u.AnsweredAt
	}
	if !u.FailedAt.IsZero() {
		h.Failed = &u.FailedAt
		if u.FailedAt.After(u.AnsweredAt.Add(time.Second)) || h.State == silent { // an answer's time is exact to the second
			h.State = fails
		}
	}
	if h.State == answers && u.Status >= 500 {
		h.State = fails
	}
	return h
}

// Pill is the state for the eye.
func (h health) Pill() ui.Pill {
	switch h.State {
	case answers:
		return ui.Pill{Class: "ok", Word: "Answers"}
	case fails:
		return ui.Pill{Class: "crit", Word: "Fails"}
	default:
		return ui.Pill{Class: "info", Word: "Not asked yet"}
	}
}

// Link leads to the service's own page.
func (s *service) Link() string { return "/services/" + url.PathEscape(s.Name) }

// Events leads to the service's events.
func (s *service) Events() string { return eventsWith("service", s.Name) }

// ModePill says what becomes of what looks like an attack.
func (s *service) ModePill() ui.Pill {
	if s.Mode == "observe" {
		return ui.Pill{Class: "high", Word: "Only observes"}
	}
	return ui.Pill{Class: "ok", Word: "Blocks"}
}

// Heading is the title of the service's own page.
func (s *service) Heading() string { return s.Name }

func (c *Console) services() services {
	measures, latencies := c.o.Meter.measures(), c.o.Meter.latencies()
	one := measures[""]
	all := services{Services: []service{}, Unknown: verdictsOf(one.Counts), Statuses: statusesOf(one.Statuses)}
	for _, s := range c.o.Services {
		m := measures[s.Name]
		all.Services = append(all.Services, service{
			Name: s.Name, Hosts: append([]string{}, s.Hosts...), Path: s.Path, Upstream: s.Upstream, Public: append([]string{}, s.Public...), Mode: s.Mode, Source: s.Source,
			verdicts: verdictsOf(m.Counts), Statuses: statusesOf(m.Statuses), Latency: latencies[s.Name], Health: healthOf(m.Upstream),
			Upstreams: reachedOf(m.Upstreams), Retried: m.Retried,
		})
	}
	return all
}

func (c *Console) loadServices(context.Context, url.Values) (any, error) {
	all := c.services()
	return &all, nil
}

var errUnknownService = problem.New("console.service.unknown", "There is no service of this name.", "Choose one from the list of services.")

func (c *Console) loadService(_ context.Context, v url.Values) (any, error) {
	all := c.services()
	for i := range all.Services {
		if one := &all.Services[i]; one.Name == v.Get("name") {
			return one, nil
		}
	}
	return nil, errUnknownService
}
