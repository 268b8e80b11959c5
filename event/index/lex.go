package index

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/problem"
)

// Bounds of a query.
const (
	maxLength = 2000 // bytes
	maxWords  = 32
	maxValue  = 512 // bytes
	maxStars  = 4   // in one value: matching takes its time with each
)

// WordError is a problem with one word of a query, and where the word stands, in bytes.
type WordError struct {
	At, Length int
	Problem    *problem.Problem
}

// Error is the problem's.
func (e *WordError) Error() string { return e.Problem.Error() }

// Unwrap gives the problem.
func (e *WordError) Unwrap() error { return e.Problem }

// token is one word of a query as it was written.
type token struct {
	at, length int
	text       string // as written
	not        bool
	field      string // empty for a free word
	value      string
	quoted     bool // the value stood in quotes: it means exactly what it says
}

// wrong makes the error that points at the token.
func (t token) wrong(code, sentence, next string) error {
	return &WordError{t.at, t.length, problem.New("index.query."+code, sentence, next)}
}

// shown is the token for a message, not longer than people read.
func (t token) shown() string {
	text := t.text
	if utf8.RuneCountInString(text) > 60 {
		text = string([]rune(text)[:60]) + "…"
	}
	return fmt.Sprintf("%q", text)
}

// lex cuts a query into its words.
func lex(text string) ([]token, error) {
	whole := token{at: 0, length: len(text)}
	if len(text) > maxLength {
		return nil, whole.wrong("long", fmt.Sprintf("The query has %d bytes; it may have %d.", len(text), maxLength), "Search for less at a time.")
	}
	if !utf8.ValidString(text) {
		return nil, whole.wrong("malformed", "The query is not text in UTF-8.", "Type it anew.")
	}
	var tokens []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeftFunc(text[at:], unicode.IsSpace))
		if at == len(text) {
			return tokens, nil
		}
		t, err := lexWord(text, at)
		if err != nil {
			return nil, err
		}
		if len(tokens) == maxWords {
			return nil, t.wrong("long", fmt.Sprintf("The query has more than %d words.", maxWords), "Search for less at a time.")
		}
		tokens = append(tokens, t)
		at += t.length
	}
}

// lexWord reads the word at a place: -field:value, -field:"value", -value or -"value".
func lexWord(text string, at int) (token, error) {
	t := token{at: at, length: len(text) - at}
	if i := strings.IndexFunc(text[at:], unicode.IsSpace); i >= 0 {
		t.length = i
	}
	t.text = text[at : at+t.length]
	rest := text[at:]
	if strings.HasPrefix(rest, "-") {
		t.not, rest = true, rest[1:]
	}
	if i := strings.IndexFunc(rest, func(r rune) bool { return r == ':' || r == '"' || unicode.IsSpace(r) }); i >= 0 && rest[i] == ':' {
		if t.field, rest = rest[:i], rest[i+1:]; t.field == "" {
			return t, t.wrong("field", fmt.Sprintf("In %s nothing stands before the colon.", t.shown()), "Write field:value, or put the word in quotes.")
		}
	}
	if strings.HasPrefix(rest, `"`) {
		value, after, ok := unquote(rest)
		if !ok {
			return t, t.wrong("quote", fmt.Sprintf("The quotation mark in %s is not closed.", t.shown()), `Close it with ", and write \" for a quotation mark inside.`)
		}
		t.value, t.quoted = value, true
		t.length = len(text) - at - len(after)
		t.text = text[at : at+t.length]
		if after != "" && !unicode.IsSpace([]rune(after[:min(len(after), utf8.UTFMax)])[0]) {
			return t, t.wrong("quote", fmt.Sprintf("Something stands right behind the quotation mark of %s.", t.shown()), "Put a space behind it.")
		}
	} else {
		t.value = rest
		if i := strings.IndexFunc(rest, unicode.IsSpace); i >= 0 {
			t.value = rest[:i]
		}
		if strings.Contains(t.value, `"`) {
			return t, t.wrong("quote", fmt.Sprintf("In %s a quotation mark stands inside.", t.shown()), `Put the whole value in quotes, and write \" for a quotation mark inside.`)
		}
	}
	return t, t.bounded()
}

// bounded says what no value may be.
func (t token) bounded() error {
	switch {
	case len(t.value) > maxValue:
		return t.wrong("long", fmt.Sprintf("The word %s has %d bytes; it may have %d.", t.shown(), len(t.value), maxValue), "Search for a part of it.")
	case t.value == "" && t.field == "":
		return t.wrong("empty", fmt.Sprintf("The word %s is empty.", t.shown()), "Leave it out, or write what to search for.")
	case strings.IndexFunc(t.value, unicode.IsControl) >= 0:
		return t.wrong("malformed", fmt.Sprintf("The word %s has a control character.", t.shown()), "Write * in its place, or leave it out.")
	case !t.quoted && strings.Count(t.value, "*") > maxStars:
		return t.wrong("pattern", fmt.Sprintf("The word %s has more than %d asterisks.", t.shown(), maxStars), "Put quotes around it if they mean themselves.")
	}
	return nil
}

// unquote reads a quoted value and gives what stands behind it. A backslash makes the next character mean itself.
func unquote(s string) (value, after string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}

// quote is unquote's reverse.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
