package console

import (
	"context"
	"net/url"
	"strconv"

	"github.com/tenward/tenward/console/ui"
)

// perPage is how many rows a list has.
const perPage = 50

// query is which events are asked for; its text is the address of the list, so that every view can be linked to.
type query struct {
	Verdict, Service, Cause string
	Before                  uint64 // only what was recorded before this place in the record
}

func parseQuery(v url.Values) (query, error) {
	q := query{Verdict: v.Get("verdict"), Service: v.Get("service"), Cause: v.Get("cause")}
	switch q.Verdict {
	case "", "passed", "refused", "observed", "error":
	default:
		return query{}, errFilter
	}
	if before := v.Get("before"); before != "" {
		n, err := strconv.ParseUint(before, 10, 64)
		if err != nil || n == 0 {
			return query{}, errFilter.Because(err)
		}
		q.Before = n
	}
	return q, nil
}

func (q query) values() url.Values {
	v := url.Values{}
	for _, f := range [...][2]string{{"verdict", q.Verdict}, {"service", q.Service}, {"cause", q.Cause}} {
		if f[1] != "" {
			v.Set(f[0], f[1])
		}
	}
	if q.Before > 0 {
		v.Set("before", strconv.FormatUint(q.Before, 10))
	}
	return v
}

func (q query) path() string {
	return (&url.URL{Path: "/events", RawQuery: q.values().Encode()}).String()
}

// matches says whether the row is one of those asked for, on whichever page.
func (q query) matches(r row) bool {
	return (q.Verdict == "" || r.Verdict == q.Verdict) && (q.Service == "" || r.Service == q.Service) && (q.Cause == "" || r.Cause == q.Cause)
}

// list is a page of the newest events.
type list struct {
	Events []row  `json:"events"`
	Older  uint64 `json:"older,omitempty"` // the next page's before; absent on the last page

	Matched int `json:"-"` // on all pages
	Of      int `json:"-"` // how many events were looked at

	query query
}

func (c *Console) list(ctx context.Context, v url.Values) (*list, error) {
	q, err := parseQuery(v)
	if err != nil {
		return nil, err
	}
	rows, err := c.feed.recent(ctx)
	if err != nil {
		return nil, err
	}
	l := &list{query: q, Events: []row{}, Of: len(rows)}
	for _, r := range rows {
		if !q.matches(r) {
			continue
		}
		l.Matched++
		if q.Before > 0 && r.Seq >= q.Before {
			continue
		}
		if len(l.Events) < perPage {
			l.Events = append(l.Events, r)
		} else {
			l.Older = l.Events[perPage-1].Seq
		}
	}
	return l, nil
}

func (c *Console) loadEvents(ctx context.Context, v url.Values) (any, error) {
	return c.list(ctx, v)
}

// Still says that older pages stand still.
func (l *list) Still() bool { return l.query.Before > 0 }

// choice is one of several views of the list.
type choice struct {
	Word, Link string
	Here       bool
}

// Choices are the verdicts to choose from; the other filters stay.
func (l *list) Choices() []choice {
	verdicts := [...][2]string{{"", "All"}, {"refused", "Refused"}, {"observed", "Observed"}, {"error", "Errors"}, {"passed", "Passed"}}
	choices := make([]choice, 0, len(verdicts))
	for _, v := range verdicts {
		q := l.query
		q.Verdict, q.Before = v[0], 0
		choices = append(choices, choice{Word: v[1], Link: q.path(), Here: l.query.Verdict == v[0]})
	}
	return choices
}

// Chips are the other filters; each link takes one away.
func (l *list) Chips() []choice {
	var chips []choice
	without := l.query
	without.Before = 0
	if s := l.query.Service; s != "" {
		q := without
		q.Service = ""
		chips = append(chips, choice{Word: "service: " + ui.Cut(s, maxName), Link: q.path()})
	}
	if s := l.query.Cause; s != "" {
		q := without
		q.Cause = ""
		chips = append(chips, choice{Word: "cause: " + ui.Cut(s, maxName), Link: q.path()})
	}
	return chips
}

// Here is the address of this list.
func (l *list) Here() string { return l.query.path() }

// Filtered says that not all events are asked for.
func (l *list) Filtered() bool { return l.query != query{Before: l.query.Before} }

// OlderLink leads to the next page.
func (l *list) OlderLink() string {
	q := l.query
	q.Before = l.Older
	return q.path()
}

// NewestLink leads back to the first page; empty there.
func (l *list) NewestLink() string {
	if l.query.Before == 0 {
		return ""
	}
	q := l.query
	q.Before = 0
	return q.path()
}
