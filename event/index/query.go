package index

import (
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
)

// Query says which events are wanted: those within a window of time for which all its words hold. The zero Query wants
// those of the newest days. A Query is not changed once it is made.
type Query struct {
	now   time.Time
	terms []term
	last  string // as written, in its one spelling; From and to are empty then
	from  time.Time
	to    time.Time
}

// Word is one word of a query, as chips show it.
type Word struct {
	Text  string `json:"text"`  // as the query writes it
	Field string `json:"field"` // empty for a free word
	Value string `json:"value"`
	Not   bool   `json:"not"`
}

// Parse reads the language in which people search:
//
//	service:notes verdict:refused -client:192.0.2.0/24 path:/api/* status:4xx last:24h "drop table" select*
//
// All words must hold; a minus turns one around. An asterisk stands for anything, quotes take away its meaning and that
// of spaces. Upper and lower case are the same in free words and nowhere else. Without a time all that one query may
// look at is searched, up to now. Errors are problems within a WordError that points at the word.
func Parse(text string, now time.Time) (Query, error) {
	q := Query{now: now.UTC()}
	tokens, err := lex(text)
	if err != nil {
		return Query{}, err
	}
	for _, w := range tokens {
		if q, err = q.add(w, false); err != nil {
			return Query{}, err
		}
	}
	return q, nil
}

// add gives the query with one word more. A bound of time that is there already is an error, or is replaced.
func (q Query) add(w token, replace bool) (Query, error) {
	if f := fieldNamed(w.field); f != nil && f.form == formTime {
		return q.bound(w, replace)
	}
	t, err := termOf(w)
	if err != nil {
		return Query{}, err
	}
	q.terms = withTerm(q.terms, t)
	return q, nil
}

// With gives the query with a word more, as one that clicks on a value wants it: the value means exactly what it says.
// Without a field it is a free phrase. A bound of time replaces the one before.
func (q Query) With(field, value string) (Query, error) {
	w := token{field: field, value: value, quoted: true}
	w.text = value
	if field != "" {
		w.text = field + ":" + value
	}
	w.length = len(w.text)
	if err := w.bounded(); err != nil {
		return Query{}, err
	}
	return q.add(w, true)
}

// Without gives the query without the word that has this text.
func (q Query) Without(text string) Query {
	q.terms = slices.DeleteFunc(slices.Clone(q.terms), func(t term) bool { return t.String() == text })
	switch {
	case q.last != "" && text == "last:"+q.last:
		q.last = ""
	case !q.from.IsZero() && text == "from:"+moment(q.from):
		q.from = time.Time{}
	case !q.to.IsZero() && text == "to:"+moment(q.to):
		q.to = time.Time{}
	}
	return q
}

// Words lists the query's words, those of time at the end.
func (q Query) Words() []Word {
	words := []Word{}
	for _, t := range q.terms {
		w := Word{Text: t.String(), Value: t.compare + t.value, Not: t.not}
		if t.field != nil {
			w.Field = t.field.Name
		}
		words = append(words, w)
	}
	for _, b := range []struct{ name, value string }{{"last", q.last}, {"from", moment(q.from)}, {"to", moment(q.to)}} {
		if b.value != "" {
			words = append(words, Word{Text: b.name + ":" + b.value, Field: b.name, Value: b.value})
		}
	}
	return words
}

// String is the query in its one spelling: reading it gives the same query.
func (q Query) String() string {
	words := q.Words()
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = w.Text
	}
	return strings.Join(texts, " ")
}

// id is the event that the query names, if it does.
func (q Query) id() (event.ID, bool) {
	for _, t := range q.terms {
		if t.field != nil && t.field.form == formID && !t.not {
			return t.id, true
		}
	}
	return event.ID{}, false
}
