package index

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
)

// form is how the values of a field look.
type form uint8

const (
	formName    form = iota // a word from names, patterns allowed
	formText                // a text in its own column, patterns allowed
	formEnum                // one of a few words, comparisons allowed where they have an order
	formNumber              // comparisons allowed
	formStatus              // a number, or 4xx
	formLatency             // a duration, comparisons allowed
	formAddress             // an address or a network
	formRule                // what matched, patterns allowed
	formID
	formTime // bounds of time: no column
)

// Field is one that a query may name.
type Field struct {
	Name    string
	Help    string // what stands behind the colon, for people
	Faceted bool   // Facets can count its values

	form    form
	column  string
	counted bool // the minutes have it too
	words   []word
}

// word is one value of an enumeration.
type word struct {
	text  string
	value int64
}

var verdicts = []word{{"none", int64(event.None)}, {"passed", int64(event.Passed)}, {"refused", int64(event.Refused)},
	{"observed", int64(event.Observed)}, {"error", int64(event.Errored)}}

// fields are all that a query may name, in the order in which they are shown.
var fields = []Field{
	{Name: "service", Help: "the application, notes", Faceted: true, form: formName, column: "service", counted: true},
	{Name: "verdict", Help: "passed, refused, observed, error or none", Faceted: true, form: formEnum, column: "verdict", counted: true, words: verdicts},
	{Name: "status", Help: "what was answered: 403, 4xx, >=500", Faceted: true, form: formStatus, column: "status", counted: true},
	{Name: "kind", Help: "what happened: validation.request.refused, or authentication.*", Faceted: true, form: formName, column: "kind", counted: true},
	{Name: "severity", Help: "unknown, informational, low, medium, high, critical or fatal; >=high", Faceted: true, form: formEnum, column: "severity", counted: true, words: severities()},
	{Name: "stage", Help: "which stage decided, validation.request", Faceted: true, form: formName, column: "stage", counted: true},
	{Name: "rule", Help: "the id of a rule that matched, 942100", Faceted: true, form: formRule, column: "rule"},
	{Name: "client", Help: "an address or a network, 192.0.2.0/24", Faceted: true, form: formAddress, column: "client"},
	{Name: "person", Help: "the id of who acted", Faceted: true, form: formName, column: "person"},
	{Name: "method", Help: "the request's method, POST", Faceted: true, form: formName, column: "method"},
	{Name: "host", Help: "the host that was asked for", Faceted: true, form: formName, column: "host"},
	{Name: "path", Help: "the whole path, /login or /api/*", Faceted: true, form: formText, column: "path"},
	{Name: "route", Help: "the path without what differs from thing to thing, /notes/{id}", Faceted: true, form: formName, column: "route"},
	{Name: "run", Help: "an attack of Tenward's on its own services, by the id of its run; -run:* leaves them out", Faceted: true, form: formName, column: "run", counted: true},
	{Name: "class", Help: "the OCSF class by its number or name, http-activity", Faceted: true, form: formEnum, column: "class", counted: true, words: classes()},
	{Name: "node", Help: "which node wrote it", Faceted: true, form: formName, column: "node", counted: true},
	{Name: "latency", Help: "how long the answer took: >500ms", form: formLatency, column: "latency"},
	{Name: "seq", Help: "the place in the node's log: >=1000", form: formNumber, column: "seq"},
	{Name: "id", Help: "the event's id, as error pages name it", form: formID, column: "uid"},
	{Name: "last", Help: "how far back from now: 15m, 24h, 7d", form: formTime},
	{Name: "from", Help: "the first moment, 2026-11-24 or 2026-11-24T08:00:00Z", form: formTime},
	{Name: "to", Help: "the moment before which all lie, a day or a time", form: formTime},
}

// Fields lists what a query may name, for help and completion.
func Fields() []Field { return slices.Clone(fields) }

func fieldNamed(name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

func severities() []word {
	var list []word
	for s := event.UnknownSeverity; s <= event.Fatal; s++ {
		list = append(list, word{strings.ToLower(s.String()), int64(s)})
	}
	return list
}

func classes() []word {
	all := []event.Class{event.EventLogActivity, event.ComplianceFinding, event.DetectionFinding, event.AccountChange, event.Authentication,
		event.AuthorizeSession, event.UserAccess, event.GroupManagement, event.UserManagement, event.RoleManagement,
		event.HTTPActivity, event.ApplicationLifecycle, event.APIActivity}
	list := make([]word, len(all))
	for i, c := range all {
		list[i] = word{strings.ReplaceAll(strings.ToLower(c.String()), " ", "-"), int64(c)}
	}
	return list
}

// ordered says whether one value can be more than another.
func (f *Field) ordered() bool {
	return f.form == formNumber || f.form == formStatus || f.form == formLatency || f.Name == "severity"
}

// patterns says whether * stands for anything.
func (f *Field) patterns() bool {
	return f.form == formName || f.form == formText || f.form == formRule
}

// text is a column's number as a query names it.
func (f *Field) text(n int64) string {
	for _, w := range f.words {
		if w.value == n {
			return w.text
		}
	}
	if f.form == formLatency {
		return (time.Duration(n) * time.Microsecond).String()
	}
	return strconv.FormatInt(n, 10)
}

// number reads a value of a field whose column is a number.
func (f *Field) number(s string) (int64, bool) {
	switch f.form {
	case formLatency:
		d, err := time.ParseDuration(s)
		return d.Microseconds(), err == nil && d >= 0
	case formEnum:
		for _, w := range f.words {
			if strings.EqualFold(w.text, s) {
				return w.value, true
			}
		}
		if f.Name != "class" {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || f.form == formStatus && (n < 100 || n > 999) || f.form == formEnum && n > 1<<32-1 {
		return 0, false
	}
	return int64(n), true
}

// statusClass reads 4xx.
func statusClass(s string) (from int64, ok bool) {
	if len(s) == 3 && s[0] >= '1' && s[0] <= '9' && strings.EqualFold(s[1:], "xx") {
		return int64(s[0]-'0') * 100, true
	}
	return 0, false
}

// network reads an address or a network; an address is the network of itself alone. IPv4 within IPv6 is IPv4.
func network(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if a := p.Addr(); a.Is4In6() {
			if p.Bits() < 96 {
				return netip.Prefix{}, false
			}
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}
