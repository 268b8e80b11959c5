package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
)

// one is a single event with everything that is known of it.
type one struct {
	ID       string          `json:"id"`
	Time     time.Time       `json:"time"`
	Class    string          `json:"class"`
	Severity string          `json:"severity"`
	Kind     string          `json:"kind"`
	Verdict  string          `json:"verdict,omitempty"`
	Stage    string          `json:"stage,omitempty"`
	Service  string          `json:"service,omitempty"`
	Message  string          `json:"message,omitempty"`
	Client   string          `json:"client,omitempty"`
	Port     uint16          `json:"client_port,omitempty"`
	Request  *request        `json:"request,omitempty"`
	Answer   *answer         `json:"answer,omitempty"`
	User     *user           `json:"user,omitempty"`
	Rules    []rule          `json:"rules,omitempty"`
	Details  []detail        `json:"details,omitempty"`
	Remedies []remedy        `json:"remedies,omitempty"` // what whoever asks can do about it
	Node     string          `json:"node"`
	Seq      uint64          `json:"seq"`
	Record   json.RawMessage `json:"record"` // as it is recorded, personal fields sealed

	back string // the list that it is open in
}

type request struct {
	Method    string `json:"method"`
	Scheme    string `json:"scheme"`
	Host      string `json:"host"`
	Path      string `json:"path"`
	Query     string `json:"query,omitempty"`
	Version   string `json:"version,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
	Referrer  string `json:"referrer,omitempty"`
	Received  int64  `json:"received"`
}

type answer struct {
	Status   int   `json:"status"`
	Sent     int64 `json:"sent"`
	Duration int64 `json:"duration_us"`
}

type user struct {
	UID     string `json:"uid"`
	Name    string `json:"name,omitempty"`
	Account string `json:"account,omitempty"`
	Email   string `json:"email,omitempty"`
}

type rule struct {
	ID      string `json:"id"`
	Message string `json:"message,omitempty"`
	Target  string `json:"target,omitempty"`
	Match   string `json:"match,omitempty"`
}

type detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// event finds one event by the text of its id.
func (c *Console) event(ctx context.Context, text string) (*one, error) {
	id, err := event.ParseID(text)
	if err != nil {
		return nil, errUnknownEvent.Because(err)
	}
	e, record, err := c.o.Events.Find(ctx, id)
	if errors.Is(err, event.ErrNoEvent) {
		return nil, errUnknownEvent.Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find event %s: %w", id, err)
	}
	o := oneOf(e, record)
	o.Remedies = c.remedies(ctx, e)
	return o, nil
}

func oneOf(e *event.Event, record []byte) *one {
	o := &one{
		ID: e.UID.String(), Time: e.Time.UTC(), Class: e.Class.String(), Severity: e.Severity.String(), Kind: e.Kind,
		Verdict: e.Verdict.String(), Stage: e.Stage, Service: e.Service, Message: e.Message, Node: e.Node, Seq: e.Seq, Record: record,
	}
	if addr := e.Source.Addr(); addr.IsValid() {
		o.Client, o.Port = addr.Unmap().String(), e.Source.Port()
	}
	if h := e.HTTP; h != nil {
		o.Request = &request{h.Method, h.Scheme, h.Host, h.Path, h.Query, h.Version, h.UserAgent, h.Referrer, h.Received}
		o.Answer = &answer{h.Status, h.Sent, h.Duration.Microseconds()}
	}
	if u := e.User; u != nil {
		o.User = &user{u.UID, u.Name, u.Account, u.Email}
	}
	for _, r := range e.Rules {
		o.Rules = append(o.Rules, rule(r))
	}
	for _, d := range e.Details {
		o.Details = append(o.Details, detail(d))
	}
	return o
}

func (c *Console) loadEvent(ctx context.Context, v url.Values) (any, error) {
	return c.event(ctx, v.Get("id"))
}

// find leads from what is typed into the search field to its event, or to all of them.
func (c *Console) find(w http.ResponseWriter, r *http.Request) {
	typed := strings.TrimSpace(r.URL.Query().Get("q"))
	if typed == "" {
		http.Redirect(w, r, "/events", http.StatusSeeOther)
		return
	}
	if id, err := event.ParseID(strings.ToLower(typed)); err == nil {
		http.Redirect(w, r, "/events/"+id.String(), http.StatusSeeOther) //nolint:gosec // an id's canonical form
		return
	}
	http.Redirect(w, r, eventsOf(typed), http.StatusSeeOther) //nolint:gosec // a path of ours; what was typed is its query
}

// Heading says in a few words what happened.
func (o *one) Heading() string {
	if len(o.Rules) > 0 && o.Rules[0].Message != "" {
		return ui.Cut(o.Rules[0].Message, maxReason)
	}
	if o.Message != "" {
		return ui.Cut(o.Message, maxReason)
	}
	return ui.Cut(o.Kind, maxReason)
}

// Back is the list that the event is open in, without it.
func (o *one) Back() string { return o.back }

// Pill is the verdict for the eye.
func (o *one) Pill() ui.Pill { return pillOf(o.Verdict) }

// Why explains the verdict in a sentence.
func (o *one) Why() string {
	switch o.Verdict {
	case event.Passed.String():
		return "The request went through to the application."
	case event.Refused.String():
		return "The request was refused and did not reach the application."
	case event.Observed.String():
		return "The request went through: it would have been refused, but this service only observes."
	case event.Errored.String():
		return "The request failed. Where Tenward cannot decide, it refuses."
	default:
		return ""
	}
}

// ServiceLink leads to the service's events.
func (o *one) ServiceLink() string { return eventsWith("service", o.Service) }

// Took is how long the exchange lasted.
func (a *answer) Took() time.Duration { return time.Duration(a.Duration) * time.Microsecond }

// Line is the request's first line, as it was received.
func (o *one) Line() string {
	if o.Request.Query == "" {
		return o.Request.Method + " " + o.Request.Path
	}
	return o.Request.Method + " " + o.Request.Path + "?" + o.Request.Query
}

// Matches are the texts that rules matched.
func (o *one) Matches() []string {
	var matches []string
	for _, r := range o.Rules {
		if r.Match != "" && !slices.Contains(matches, r.Match) {
			matches = append(matches, r.Match)
		}
	}
	return matches
}

// maxParameters is how many parameters of a query are shown one by one; the line above has all.
const maxParameters = 64

// Parameters are the query's names and values as applications read them.
func (o *one) Parameters() []detail {
	var all []detail
	for part := range strings.SplitSeq(o.Request.Query, "&") {
		if part == "" {
			continue
		}
		if len(all) == maxParameters {
			break
		}
		name, value, _ := strings.Cut(part, "=")
		all = append(all, detail{decoded(name), decoded(value)})
	}
	return all
}

func decoded(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// RecordLines is the record, indented, line by line.
func (o *one) RecordLines() []string {
	var b bytes.Buffer
	if err := json.Indent(&b, o.Record, "", "  "); err != nil {
		return []string{string(o.Record)}
	}
	return strings.Split(b.String(), "\n")
}
