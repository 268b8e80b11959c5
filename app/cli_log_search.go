package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/problem"
)

type logSearch struct {
	Query []string `arg:"" optional:"" help:"Words that all must hold: service:notes verdict:refused client:192.0.2.0/24 path:/api/* status:4xx last:24h. A minus turns one around; put those that begin with one behind --."`
	Limit int      `default:"100" placeholder:"N" help:"How many events at most; the newest come first."`
	All   bool     `help:"All there are."`
}

// foundPage is a page of the answer of GET /api/v1/events?q=…&cursor=….
type foundPage struct {
	Query      *string           `json:"query"` // what was searched for, in its one spelling
	Events     []json.RawMessage `json:"events"`
	Older      string            `json:"older"`      // the cursor of the next page; empty on the last
	Incomplete []string          `json:"incomplete"` // days of which the index does not have everything
}

// errNoSearch says that what answers knows another language, or none.
var errNoSearch = problem.New("app.search.unknown", "The tenward that is running does not search the way this program asks.",
	"Restart it, so that both are of one version.")

// Run asks the running tenward page by page. With --json each event is one line.
func (s logSearch) Run(ctx context.Context, t *terminal) error {
	text, err := s.query()
	if err != nil {
		return err
	}
	if s.Limit < 1 {
		return &exitError{exitUsage, problem.New("app.limit", "--limit must be 1 or more.", "Write how many events to show, or --all.")}
	}
	shown, cursor := 0, ""
	for {
		n := index.MaxPage
		if !s.All {
			n = min(n, s.Limit-shown)
		}
		form := url.Values{"q": {text}, "limit": {strconv.Itoa(n)}}
		if cursor != "" {
			form.Set("cursor", cursor)
		}
		var page foundPage
		var raw json.RawMessage
		if err := t.ask(ctx, http.MethodGet, "/api/v1/events?"+form.Encode(), nil, &raw); err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &page); err != nil {
			return errNoSearch.Because(err)
		}
		if page.Query == nil || *page.Query != text { // it would show events that nobody asked for
			return errNoSearch
		}
		if err := t.writeFound(page.Events[:min(n, len(page.Events))]); err != nil {
			return err
		}
		if shown == 0 {
			t.incomplete(page)
		}
		shown += len(page.Events)
		if page.Older == "" || page.Older == cursor {
			break
		}
		if cursor = page.Older; !s.All && shown >= s.Limit {
			t.say("There are more: narrow the search, or give --limit or --all.")
			return nil
		}
	}
	if shown == 0 {
		t.say("Nothing was found. Search longer ago with last:7d, or with fewer words.")
	}
	return nil
}

// query reads the words here, so that what is wrong with them is pointed at, and gives their one spelling.
func (s logSearch) query() (string, error) {
	text := strings.Join(s.Query, " ")
	q, err := index.Parse(text, time.Now())
	if err == nil {
		return q.String(), nil
	}
	var at *index.WordError
	if errors.As(err, &at) {
		p := at.Problem
		err = problem.New(p.Code, p.Sentence+"\n"+pointAt(text, at.At, at.Length), p.Next)
	}
	return "", &exitError{exitUsage, err}
}

// pointAt shows a query with carets below one word. Of a long one the beginning of that word is in the middle.
func pointAt(text string, at, length int) string {
	const before, width = 30, 90
	head, word := []rune(printable(text[:at])), []rune(printable(text[at:at+length]))
	tail := []rune(printable(text[at+length:]))
	if len(head) > before {
		head = append([]rune("…"), head[len(head)-before:]...)
	}
	word = word[:min(len(word), width-before)]
	tail = tail[:min(len(tail), max(width-len(head)-len(word), 0))]
	return "    " + string(head) + string(word) + string(tail) + "\n    " + strings.Repeat(" ", len(head)) + strings.Repeat("^", max(len(word), 1))
}

func (t *terminal) incomplete(page foundPage) {
	if len(page.Incomplete) > 0 {
		fmt.Fprintf(t.err, "tenward: the index of %s is being made anew from the record; events may be missing here.\n", printable(strings.Join(page.Incomplete, ", ")))
	}
}

// foundEvent is what a line shows of an event.
type foundEvent struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Severity string    `json:"severity"`
	Kind     string    `json:"kind"`
	Verdict  string    `json:"verdict"`
	Service  string    `json:"service"`
	Request  string    `json:"request"`
	Reason   string    `json:"reason"`
	Client   string    `json:"client"`
	Person   string    `json:"person"`
	Status   int       `json:"status"`
	Rules    []string  `json:"rules"`
}

// writeFound writes a page of events: as they came, a line each, or as a table.
func (t *terminal) writeFound(events []json.RawMessage) error {
	if t.json {
		for _, raw := range events {
			if err := writeLine(t.out, raw); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, raw := range events {
		var e foundEvent
		if err := json.Unmarshal(raw, &e); err != nil {
			return fmt.Errorf("read event: %w", err)
		}
		columns := []string{e.Time.UTC().Format("2006-01-02 15:04:05.000"), e.outcome(), e.Service, e.what(), e.Client, e.Person, e.Kind, strings.Join(e.Rules, ","), e.ID}
		for i, c := range columns {
			if columns[i] = printable(c); c == "" {
				columns[i] = "-"
			}
		}
		fmt.Fprintln(table, strings.Join(columns, "\t"))
	}
	return table.Flush()
}

// outcome is the verdict and the answer, or how bad it is where it is about no request.
func (e foundEvent) outcome() string {
	switch {
	case e.Verdict == "":
		return strings.ToLower(e.Severity)
	case e.Status == 0:
		return e.Verdict
	default:
		return e.Verdict + " " + strconv.Itoa(e.Status)
	}
}

// what is the request, or what was said.
func (e foundEvent) what() string {
	const most = 60
	text := e.Request
	if text == "" {
		text = e.Reason
	}
	if utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most-1]) + "…"
	}
	return text
}

// writeLine writes one event as one line of JSON.
func writeLine(w io.Writer, raw json.RawMessage) error {
	line, err := json.Marshal(raw) // takes the line feeds out
	if err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	_, err = w.Write(append(line, '\n'))
	return err
}
