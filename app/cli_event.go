package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// shownEvent is what a person wants to know of one event, out of the answer of GET /api/v1/events/{id}.
type shownEvent struct {
	ID       string    `json:"id"`
	Time     time.Time `json:"time"`
	Class    string    `json:"class"`
	Severity string    `json:"severity"`
	Kind     string    `json:"kind"`
	Verdict  string    `json:"verdict"`
	Stage    string    `json:"stage"`
	Service  string    `json:"service"`
	Message  string    `json:"message"`
	Client   string    `json:"client"`
	Request  *struct {
		Method, Scheme, Host, Path, Query string
		UserAgent                         string `json:"user_agent"`
	} `json:"request"`
	Answer *struct {
		Status   int   `json:"status"`
		Sent     int64 `json:"sent"`
		Duration int64 `json:"duration_us"`
	} `json:"answer"`
	User *struct {
		UID, Name string
	} `json:"user"`
	Rules []struct {
		ID, Message, Target, Match string
	} `json:"rules"`
	Details []struct {
		Name, Value string
	} `json:"details"`
	Node string `json:"node"`
	Seq  uint64 `json:"seq"`
}

// writeEvent shows one event to a person; --json shows all of it.
func writeEvent(w io.Writer, raw json.RawMessage) error {
	var e shownEvent
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("read event: %w", err)
	}
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	line := func(name, format string, values ...any) {
		fmt.Fprintf(table, "  %s\t%s\n", name, printable(fmt.Sprintf(format, values...)))
	}
	heading := e.Kind
	if e.Verdict != "" {
		heading = e.Verdict + ": " + e.Kind
	}
	fmt.Fprintln(&text, printable(heading))
	if e.Message != "" {
		fmt.Fprintln(&text, printable(e.Message))
	}
	line("when", "%s", e.Time.UTC().Format("2006-01-02 15:04:05.000 UTC"))
	line("severity", "%s (%s)", e.Severity, e.Class)
	if e.Client != "" {
		line("from", "%s", e.Client)
	}
	if e.User != nil {
		line("person", "%s", strings.TrimSpace(e.User.Name+" "+e.User.UID))
	}
	if r := e.Request; r != nil {
		query := ""
		if r.Query != "" {
			query = "?" + r.Query
		}
		line("asked", "%s %s://%s%s%s", r.Method, r.Scheme, r.Host, r.Path, query)
		line("with", "%s", r.UserAgent)
	}
	if e.Service != "" {
		line("service", "%s", e.Service)
	}
	if a := e.Answer; a != nil {
		line("answer", "%d, %d bytes, after %s", a.Status, a.Sent, time.Duration(a.Duration)*time.Microsecond)
	}
	if e.Stage != "" {
		line("decided by", "%s", e.Stage)
	}
	for _, r := range e.Rules {
		line("rule", "%s  %s", r.ID, r.Message)
		if r.Match != "" {
			line("", "in %s: %s", r.Target, r.Match)
		}
	}
	for _, d := range e.Details {
		line(d.Name, "%s", d.Value)
	}
	line("record", "event %d of node %s, id %s", e.Seq, e.Node, e.ID)
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := text.WriteTo(w)
	return err
}

// printable keeps what strangers sent from steering the terminal: control characters, and those that turn the
// direction of text, are shown as escapes.
func printable(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func unprintable(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }
