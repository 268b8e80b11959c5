package console

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/console/ui/chart"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
)

// choice is one of several views of a list.
type choice struct {
	Word, Link string
	Here       bool
	Count      int64
}

// Here is the address of this list.
func (l *list) Here() string { return eventsAt(l.Query, l.asks.cursor) }

// Filtered says that not all events of the time are asked for.
func (l *list) Filtered() bool {
	return slices.ContainsFunc(l.Words, func(w index.Word) bool { return w.Field != "last" && w.Field != "from" && w.Field != "to" })
}

// OlderLink leads to the next page; empty on the last.
func (l *list) OlderLink() string {
	if l.Older == "" {
		return ""
	}
	return eventsAt(l.Query, l.Older)
}

// NewerLink leads to the page before; empty on the first.
func (l *list) NewerLink() string {
	if l.Newer == "" {
		return ""
	}
	return eventsAt(l.Query, l.Newer)
}

// NewestLink leads back to the first page; empty there.
func (l *list) NewestLink() string {
	if l.asks.cursor == "" {
		return ""
	}
	return eventsOf(l.Query)
}

// Chips are the query's words; each link takes one away.
func (l *list) Chips() []choice {
	chips := make([]choice, 0, len(l.Words))
	for _, w := range l.Words {
		chips = append(chips, choice{Word: ui.Cut(w.Text, maxName), Link: eventsOf(l.asks.query.Without(w.Text).String())})
	}
	return chips
}

// Times are the windows to choose from; the other words stay.
func (l *list) Times() []choice {
	times := make([]choice, 0, 4)
	for _, last := range [...]string{"15m", "1h", "24h", "7d"} {
		times = append(times, choice{Word: last, Link: l.with("last", last), Here: l.has("last", last)})
	}
	return times
}

// with is the address of the list with a word more; empty where no query can name the value.
func (l *list) with(field, value string) string {
	q, err := l.asks.query.With(field, value)
	if err != nil {
		return ""
	}
	return eventsOf(q.String())
}

func (l *list) has(field, value string) bool {
	for _, w := range l.Words {
		if w.Field == field && w.Value == value && !w.Not {
			return true
		}
	}
	return false
}

// facet is how often each value of a field stands in what was found.
type facet struct {
	Title  string
	Values []choice
	Others int
}

// Beside are the facets as links: each leads to exactly the rows that it counts.
func (l *list) Beside() []facet {
	var all []facet
	for _, f := range l.Facets {
		if len(f.Values) == 0 {
			continue
		}
		one := facet{Title: f.Field, Others: f.Others}
		const most = 8
		for i, v := range f.Values {
			if i == most {
				one.Others += len(f.Values) - most
				break
			}
			one.Values = append(one.Values, choice{Word: ui.Cut(v.Value, maxName), Link: l.with(f.Field, v.Value), Here: l.has(f.Field, v.Value), Count: v.Count})
		}
		all = append(all, one)
	}
	return all
}

// Chart draws how many there were along the time. Each column leads to its part.
func (l *list) Chart() template.HTML {
	n := len(l.Histogram)
	passed, refused, rest := make([]float64, n), make([]float64, n), make([]float64, n)
	c := chart.Columns{
		ID: "when", Title: "Events along the time", Desc: fmt.Sprintf("%d events from %s to %s.", l.Count, minute(l.From), minute(l.To)),
		Labels: make([]string, n), Series: []chart.Series{{Class: "a", Values: passed}, {Class: "b", Values: refused}, {Class: "c", Values: rest}},
	}
	form := "15:04"
	if l.To.Sub(l.From) > 48*time.Hour {
		form = "Jan 2"
	}
	for i, b := range l.Histogram {
		passed[i], refused[i], rest[i] = float64(b.Passed), float64(b.Refused), float64(b.Observed+b.Error+b.None)
		if i%max(1, n/6) == 0 && i+n/12 < n {
			c.Labels[i] = b.From.Format(form)
		}
		c.Links = append(c.Links, l.part(b))
		c.Says = append(c.Says, fmt.Sprintf("%d from %s: %d passed, %d refused", b.Count, minute(b.From), b.Passed, b.Refused))
	}
	return c.HTML()
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// part leads to the events of one column; empty where there are none.
func (l *list) part(b bucket) string {
	if b.Count == 0 {
		return ""
	}
	q, err := l.asks.query.With("from", b.From.Format(time.RFC3339Nano))
	if err == nil {
		q, err = q.With("to", b.To.Format(time.RFC3339Nano))
	}
	if err != nil {
		return ""
	}
	return eventsOf(q.String())
}

// Fields are what a query may name, for those who ask.
func (l *list) Fields() []index.Field { return index.Fields() }

// Downloads are the same rows for programs.
func (l *list) Downloads() []choice {
	files := make([]choice, 0, 2)
	for _, form := range [...]string{"csv", "jsonl"} {
		files = append(files, choice{Word: form, Link: "/events." + form + "?" + eventsQuery(l.Query)})
	}
	return files
}

// causeOf is why an exchange was not simply let through: the first rule, or what happened.
func causeOf(v event.Verdict, rules []string, kind string) string {
	switch {
	case v == event.None || v == event.Passed:
		return ""
	case len(rules) > 0:
		return rules[0]
	default:
		return kind
	}
}
