package index

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
)

// term is one condition of a query. All conditions must hold.
type term struct {
	field   *Field // nil: a free word
	not     bool
	value   string // in its one spelling, without the comparison
	compare string // >=, >, <=, <; empty for equal
	pattern bool   // * in value stands for anything

	low, high int64 // what a number may be, both included
	network   netip.Prefix
	id        event.ID
}

// String is the term as a query writes it.
func (t term) String() string {
	var b strings.Builder
	if t.not {
		b.WriteByte('-')
	}
	value := t.compare + t.value
	plain := t.pattern || t.compare != ""
	if t.field != nil {
		b.WriteString(t.field.Name + ":")
		plain = plain || value != "" && !strings.ContainsAny(value, `"*<>`)
	} else {
		plain = plain || !strings.ContainsAny(value, `":*`) && !strings.HasPrefix(value, "-")
	}
	if !plain || strings.IndexFunc(value, unicode.IsSpace) >= 0 {
		value = quote(value)
	}
	b.WriteString(value)
	return b.String()
}

// anything says that every value but none will do.
func (t term) anything() bool { return t.pattern && strings.Trim(t.value, "*") == "" }

// termOf reads a condition; those of time are bounds and not for it.
func termOf(w token) (term, error) {
	if w.field == "" {
		return freeTerm(w)
	}
	f := fieldNamed(w.field)
	if f == nil {
		names := make([]string, len(fields))
		for i := range fields {
			names[i] = fields[i].Name
		}
		next := "Write one of " + strings.Join(names, ", ") + ", or put the word in quotes to search for it."
		if near := config.Nearest(w.field, names); near != "" {
			next = fmt.Sprintf("Did you mean %s:? To search for the word itself, put it in quotes.", near)
		}
		return term{}, w.wrong("field", fmt.Sprintf("There is no field %s.", token{text: w.field}.shown()), next)
	}
	t := term{field: f, not: w.not, value: w.value}
	if !w.quoted {
		t.pattern = strings.Contains(w.value, "*")
		for _, op := range []string{">=", "<=", ">", "<"} {
			if rest, ok := strings.CutPrefix(w.value, op); ok {
				t.compare, t.value = op, rest
				break
			}
		}
	}
	if t.value == "" {
		return term{}, w.wrong("empty", fmt.Sprintf("Nothing stands behind %s.", w.shown()), fmt.Sprintf("Write %s.", f.Help))
	}
	ok := t.compare == "" || f.ordered() && !t.pattern
	if t.pattern && !t.anything() {
		ok = ok && f.patterns()
	}
	if !ok || !t.anything() && !t.read() {
		return term{}, w.wrong("value", fmt.Sprintf("%s is not what %s: takes.", w.shown(), f.Name), t.hint())
	}
	if t.anything() {
		t.value = "*"
		if f.form == formID || f.form == formNumber || f.form == formEnum || f.form == formLatency {
			return term{}, w.wrong("value", fmt.Sprintf("Every event has %s.", w.shown()), "Leave it out.")
		}
	}
	return t, nil
}

// hint says what a field takes, with the nearest word where it takes words.
func (t term) hint() string {
	words := make([]string, 0, len(t.field.words))
	for _, w := range t.field.words {
		words = append(words, w.text)
	}
	if near := config.Nearest(t.value, words); near != "" {
		return fmt.Sprintf("Did you mean %s:%s?", t.field.Name, near)
	}
	return fmt.Sprintf("Write %s.", t.field.Help)
}

// freeTerm reads a word or a phrase that may stand anywhere in an event's text.
func freeTerm(w token) (term, error) {
	t := term{not: w.not, value: w.value}
	if !w.quoted {
		t.pattern = strings.HasSuffix(w.value, "*")
		if strings.Contains(strings.TrimSuffix(w.value, "*"), "*") {
			return term{}, w.wrong("pattern", fmt.Sprintf("In %s an asterisk stands before the end.", w.shown()),
				"A free word may end in *; inside, * works for fields such as path:/a*b.")
		}
	}
	if strings.IndexFunc(t.value, searchable) < 0 {
		return term{}, w.wrong("empty", w.shown()+" has no letter and no digit.", "Search for a word, or for a field such as path:.")
	}
	return t, nil
}

// searchable says whether a character is part of a word in the text index.
func searchable(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// read reads the value and brings it into its one spelling.
func (t *term) read() bool {
	switch t.field.form {
	case formName, formText, formRule:
		if t.field.Name == "method" {
			t.value = strings.ToUpper(t.value)
		}
		return true
	case formAddress:
		p, ok := network(t.value)
		if !ok {
			return false
		}
		t.network, t.value = p, p.String()
		if p.IsSingleIP() {
			t.value = p.Addr().String()
		}
		return true
	case formID:
		id, err := event.ParseID(strings.ToLower(t.value))
		t.id, t.value = id, id.String()
		return err == nil
	case formStatus:
		if from, ok := statusClass(t.value); ok && t.compare == "" {
			t.low, t.high, t.value = from, from+99, strings.ToLower(t.value)
			return true
		}
	}
	n, ok := t.field.number(t.value)
	if !ok {
		return false
	}
	t.value = t.field.text(n)
	const most = 1<<63 - 1
	switch t.compare {
	case "":
		t.low, t.high = n, n
	case ">=":
		t.low, t.high = n, most
	case ">":
		if n == most {
			return false
		}
		t.low, t.high = n+1, most
	case "<=":
		t.high = n
	case "<":
		t.high = n - 1
	}
	if t.field.form == formStatus && t.compare != "" {
		t.low = max(t.low, 1) // no answer is no status
	}
	return true
}

// range16 are the first and the last address of the term's network.
func (t term) range16() (low, high [16]byte) {
	low = t.network.Addr().As16()
	high = low
	bits := t.network.Bits()
	if t.network.Addr().Is4() {
		bits += 96
	}
	for i := bits; i < 128; i++ {
		high[i/8] |= 0x80 >> (i % 8)
	}
	return low, high
}

// sameTerm says whether two mean the same.
func sameTerm(a, b term) bool { return a.String() == b.String() }

// withTerm adds a term unless it is there.
func withTerm(terms []term, t term) []term {
	if slices.ContainsFunc(terms, func(o term) bool { return sameTerm(o, t) }) {
		return terms
	}
	return append(slices.Clip(terms), t)
}
