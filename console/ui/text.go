package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Run is a piece of a text from outside, ready to be shown: the templates escape it, and what has no look of its own
// is already spelled out.
type Run struct {
	Text    string
	Escaped bool // spelled out: a control character, a direction override, something invisible
	Match   bool // what a rule matched
}

// maxMarks is how many combining marks may follow each other. More are no language's; they paint over other lines.
const maxMarks = 3

// Visible takes a text apart so that nothing in it can hide or rearrange what stands beside it: controls, direction
// overrides (Unicode Technical Report 36 section 2.10), zero-width and private characters are spelled out, and bytes
// that are no UTF-8 are shown by their value.
func Visible(s string) []Run {
	var runs []Run
	marks, from := 0, 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		spelled := ""
		switch {
		case r == utf8.RuneError && size == 1:
			spelled = `\x` + hexByte(s[i])
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > maxMarks {
				spelled = spell(r)
			}
		case r != ' ' && !unicode.IsPrint(r):
			spelled = spell(r)
			marks = 0
		default:
			marks = 0
		}
		if spelled != "" {
			runs = join(runs, Run{Text: s[from:i]})
			runs = join(runs, Run{Text: spelled, Escaped: true})
			from = i + size
		}
		i += size
	}
	return join(runs, Run{Text: s[from:]})
}

// Marked is Visible with every occurrence of one of the matches marked.
func Marked(s string, matches []string) []Run {
	var runs []Run
	for s != "" {
		at, length := first(s, matches)
		if length == 0 {
			return append(runs, Visible(s)...)
		}
		runs = append(runs, Visible(s[:at])...)
		for _, r := range Visible(s[at : at+length]) {
			r.Match = true
			runs = append(runs, r)
		}
		s = s[at+length:]
	}
	return runs
}

// first finds the occurrence that begins first; of several there, the longest.
func first(s string, matches []string) (at, length int) {
	at = len(s)
	for _, m := range matches {
		if i := strings.Index(s, m); m != "" && i >= 0 && (i < at || i == at && len(m) > length) {
			at, length = i, len(m)
		}
	}
	return at, length
}

// Cut bounds a text to about n characters, at a whole one, with an ellipsis where something is missing.
func Cut(s string, n int) string {
	i := 0
	for at := range s {
		if i == n {
			return s[:at] + "…"
		}
		i++
	}
	return s
}

// Plain is Visible as one text, for attributes.
func Plain(s string) string {
	var b strings.Builder
	for _, r := range Visible(s) {
		b.WriteString(r.Text)
	}
	return b.String()
}

// join appends a run and merges it with the one before where they are alike.
func join(runs []Run, r Run) []Run {
	if r.Text == "" {
		return runs
	}
	if last := len(runs) - 1; last >= 0 && runs[last].Escaped == r.Escaped {
		runs[last].Text += r.Text
		return runs
	}
	return append(runs, r)
}

const digits = "0123456789abcdef"

func hexByte(c byte) string { return string([]byte{digits[c>>4], digits[c&15]}) }

func spell(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r <= 0xff:
		return `\x` + hexByte(byte(r)) //nolint:gosec // at most 0xff
	default:
		b := []byte(`\u{`)
		for shift := 20; shift >= 0; shift -= 4 {
			if d := r >> shift & 15; d != 0 || len(b) > 3 || shift < 16 {
				b = append(b, digits[d])
			}
		}
		return string(append(b, '}'))
	}
}
