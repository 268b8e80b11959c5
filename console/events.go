package console

import (
	"context"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// perPage is how many rows a list has; a program may ask for up to index.MaxPage.
const perPage = 50

// asks is what a list of events is asked for; its text is the address of the list, so that every view can be linked to.
type asks struct {
	query  index.Query
	cursor string // a page beside another
	limit  int
}

// lately is what is asked for where nothing is said; an empty query asks for all that one may look at.
const lately = "last:24h"

func (c *Console) parseAsks(v url.Values) (asks, error) {
	text := lately
	if v.Has("q") {
		text = v.Get("q")
	}
	q, err := index.Parse(text, c.o.Now())
	if err != nil {
		return asks{}, err
	}
	a := asks{query: q, cursor: v.Get("cursor"), limit: perPage}
	if limit := v.Get("limit"); limit != "" {
		if a.limit, err = strconv.Atoi(limit); err != nil || a.limit < 1 || a.limit > index.MaxPage {
			return asks{}, errFilter
		}
	}
	return a, nil
}

// eventsOf is the address of the events that a query finds.
func eventsOf(query string) string { return eventsAt(query, "") }

func eventsAt(query, cursor string) string {
	v := url.Values{"q": {query}}
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	return (&url.URL{Path: "/events", RawQuery: v.Encode()}).String()
}

// eventsWith is the address of all events of one value.
func eventsWith(field, value string) string {
	q, err := index.Query{}.With(field, value)
	if err != nil { // a value that no query can name
		return eventsOf("")
	}
	return eventsOf(q.String())
}

// list is a page of what a query finds, the newest first.
type list struct {
	Query      string        `json:"query"` // in its one spelling
	Words      []index.Word  `json:"words"`
	From       time.Time     `json:"from"` // the time that was looked at
	To         time.Time     `json:"to"`   // its end is not included
	Count      int64         `json:"count"`
	Events     []row         `json:"events"`
	Newer      string        `json:"newer,omitempty"` // the cursor of the page before; absent on the first
	Older      string        `json:"older,omitempty"` // and of the one behind; absent on the last
	Histogram  []bucket      `json:"histogram,omitempty"`
	Facets     []index.Facet `json:"facets,omitempty"`
	Incomplete []string      `json:"incomplete,omitempty"` // days that are being made anew: events of theirs may be missing
	Views      []view        `json:"views,omitempty"`      // queries with a name, to go on to

	Open *one `json:"open,omitempty"` // the event that the address names, with what can be done about it

	shares bool // whoever looks may change what all see
	asks   asks
	fault  *problem.Problem // why the query cannot be read
}

// bucket is how many events lie within one part of the time.
type bucket struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Count    int64     `json:"count"`
	Passed   int64     `json:"passed"`
	Refused  int64     `json:"refused"`
	Observed int64     `json:"observed"`
	Error    int64     `json:"error"`
	None     int64     `json:"none"` // what is no exchange
}

// What a list shows of its rows beside them.
const maxParts = 60

var faceted = []string{"verdict", "service", "status", "kind", "rule"}

func (c *Console) loadEvents(ctx context.Context, v url.Values) (any, error) {
	var views []view
	if !renewed(ctx) || !v.Has("q") {
		var err error
		if views, err = c.views(ctx); err != nil {
			return nil, err
		}
	}
	if first := firstOf(views); first != nil && !v.Has("q") {
		v = maps.Clone(v)
		v.Set("q", first.Query)
	}
	l, err := c.list(ctx, v)
	if err != nil {
		l, err = unread(v, err)
	}
	if err != nil {
		return nil, err
	}
	if v.Has("limit") { // a program that pages through rows
		return l, nil
	}
	l.Views, l.shares = views, practice.Holds(ctx, practice.RoleAdmin)
	return l, nil
}

func (c *Console) list(ctx context.Context, v url.Values) (*list, error) {
	a, err := c.parseAsks(v)
	if err != nil {
		return nil, err
	}
	page, err := c.o.Index.Search(ctx, a.query, a.cursor, a.limit)
	if err != nil {
		return nil, err
	}
	l := &list{Query: a.query.String(), Words: a.query.Words(), Events: []row{}, Newer: page.Newer, Older: page.Older, asks: a}
	for _, r := range page.Rows {
		one := rowOfIndex(r)
		one.link = l.opened(one.ID)
		l.Events = append(l.Events, one)
	}
	if id := v.Get("open"); id != "" && !renewed(ctx) {
		if l.Open, err = c.event(ctx, id); err != nil {
			return nil, err
		}
		l.Open.back = l.Here()
	}
	days, err := c.o.Index.Incomplete()
	if err != nil {
		return nil, err
	}
	for _, d := range days {
		l.Incomplete = append(l.Incomplete, d.String())
	}
	if l.From, l.To, err = c.o.Index.Window(a.query); err != nil {
		return nil, err
	}
	if v.Has("limit") { // a program that pages through rows
		return l, nil
	}
	if l.Count, err = c.o.Index.Count(ctx, a.query); err != nil {
		return nil, err
	}
	if renewed(ctx) { // only what is live is loaded again
		return l, nil
	}
	return l, c.around(ctx, l)
}

// around adds what stands beside the rows.
func (c *Console) around(ctx context.Context, l *list) error {
	parts, err := c.o.Index.Histogram(ctx, l.asks.query, maxParts)
	if err != nil {
		return err
	}
	for _, p := range parts {
		n := p.Verdicts
		l.Histogram = append(l.Histogram, bucket{p.From, p.To, p.Count, n[event.Passed], n[event.Refused], n[event.Observed], n[event.Errored], n[event.None]})
	}
	l.Facets, err = c.o.Index.Facets(ctx, l.asks.query, faceted...)
	return err
}

// rowOfIndex is an event as the index has it.
func rowOfIndex(r index.Row) row {
	one := row{
		ID: r.ID.String(), Seq: r.Seq, Time: r.Time, Verdict: r.Verdict.String(), Severity: r.Severity.String(), Kind: ui.Cut(r.Kind, maxName),
		Service: ui.Cut(r.Service, maxName), Reason: ui.Cut(r.Message, maxReason), Person: r.Person, Status: r.Status, Duration: r.Latency.Microseconds(),
	}
	if r.Method != "" {
		one.Request = ui.Cut(r.Method+" "+target(&event.HTTP{Path: r.Path, Query: r.Query}), maxRequest)
	}
	if r.Client.IsValid() {
		one.Client = r.Client.Unmap().String()
	}
	for _, id := range r.Rules {
		one.Rules = append(one.Rules, ui.Cut(id, maxName))
	}
	one.Cause = causeOf(r.Verdict, one.Rules, one.Kind)
	return one
}

// Still says that other pages than the newest stand still.
func (l *list) Still() bool { return l.asks.cursor != "" || !l.To.IsZero() && l.bounded() }

// bounded says that the query ends at a time of its own: nothing comes to it any more.
func (l *list) bounded() bool {
	for _, w := range l.Words {
		if w.Field == "to" {
			return true
		}
	}
	return false
}
