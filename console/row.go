package console

import (
	"cmp"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
)

// row is an event as lists show it, for people and as JSON. Texts are cut; the event's own page has them whole.
type row struct {
	ID       string    `json:"id"`
	Seq      uint64    `json:"seq"`
	Time     time.Time `json:"time"`
	Verdict  string    `json:"verdict,omitempty"`
	Severity string    `json:"severity,omitempty"`
	Kind     string    `json:"kind"`
	Service  string    `json:"service,omitempty"`
	Request  string    `json:"request,omitempty"` // method, path and query
	Status   int       `json:"status,omitempty"`
	Duration int64     `json:"duration_us,omitempty"`
	Client   string    `json:"client,omitempty"`
	Person   string    `json:"person,omitempty"` // the id of who acted
	Reason   string    `json:"reason,omitempty"`
	Rules    []string  `json:"rules,omitempty"` // ids
	Cause    string    `json:"cause,omitempty"` // the first rule, or the kind, of what was not simply let through

	link string
}

// Bounds of a row's texts, in characters.
const (
	maxRequest = 240
	maxReason  = 120
	maxName    = 80
)

func rowOf(e *event.Event) row {
	r := row{
		ID: e.UID.String(), Seq: e.Seq, Time: e.Time.UTC(), Verdict: e.Verdict.String(), Severity: e.Severity.String(), Kind: ui.Cut(e.Kind, maxName),
		Service: ui.Cut(e.Service, maxName), Reason: ui.Cut(reasonOf(e), maxReason),
	}
	if h := e.HTTP; h != nil {
		r.Request, r.Status, r.Duration = ui.Cut(h.Method+" "+target(h), maxRequest), h.Status, h.Duration.Microseconds()
	}
	if addr := e.Source.Addr(); addr.IsValid() {
		r.Client = addr.Unmap().String()
	}
	for _, rule := range e.Rules {
		r.Rules = append(r.Rules, ui.Cut(rule.ID, maxName))
	}
	if e.User != nil {
		r.Person = e.User.UID
	}
	r.Cause = causeOf(e.Verdict, r.Rules, r.Kind)
	return r
}

// reasonOf is the shortest true answer to why: the first rule that matched, or what the event says of itself.
func reasonOf(e *event.Event) string {
	if len(e.Rules) > 0 && e.Rules[0].Message != "" {
		return e.Rules[0].Message
	}
	return e.Message
}

func target(h *event.HTTP) string {
	if h.Query == "" {
		return h.Path
	}
	return h.Path + "?" + h.Query
}

// FirstRule is the id of the rule whose message is the reason.
func (r row) FirstRule() string {
	if len(r.Rules) == 0 {
		return ""
	}
	return r.Rules[0]
}

// Link leads to all that is known of the event.
func (r row) Link() string { return cmp.Or(r.link, "/events/"+r.ID) }

// Pill is the row's verdict for the eye.
func (r row) Pill() ui.Pill { return pillOf(r.Verdict) }

// Took is how long the exchange lasted.
func (r row) Took() time.Duration { return time.Duration(r.Duration) * time.Microsecond }

// pillOf gives a verdict its word, and the class that draws its shape and colour.
func pillOf(verdict string) ui.Pill {
	switch verdict {
	case event.Passed.String():
		return ui.Pill{Class: "ok", Word: "Passed"}
	case event.Refused.String():
		return ui.Pill{Class: "crit", Word: "Refused"}
	case event.Observed.String():
		return ui.Pill{Class: "med", Word: "Observed"}
	case event.Errored.String():
		return ui.Pill{Class: "high", Word: "Error"}
	default:
		return ui.Pill{Class: "info", Word: "Notice"}
	}
}
