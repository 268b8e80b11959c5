package config

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Issue is one thing that is wrong, at one place.
type Issue struct {
	Line, Column int    // from 1
	Path         string // "services.notes.upstream"; empty where the text is no YAML at all
	Sentence     string // what is wrong
	Mend         string // what to write instead
	hidden       bool   // the line may hold a secret: never quote it
	until        int    // quote the line up to this column only; 0 is all of it
}

// Invalid is everything that is wrong with one file.
type Invalid struct {
	Issues []Issue
	name   string
	lines  []string
	secret map[int]bool // lines with a secret written out: no issue quotes them
}

// Error is one line for each issue, file:line:column first.
func (e *Invalid) Error() string {
	var b strings.Builder
	for i, issue := range e.Issues {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.head(issue))
	}
	return b.String()
}

func (e *Invalid) head(i Issue) string {
	where := e.name + ":" + strconv.Itoa(i.Line) + ":" + strconv.Itoa(i.Column) + ": "
	if i.Path != "" {
		where += i.Path + ": "
	}
	return where + i.Sentence
}

// Render writes each issue with its line, a caret below the place, and the mend.
func (e *Invalid) Render(w io.Writer) error {
	for _, i := range e.Issues {
		if _, err := fmt.Fprintln(w, e.head(i)); err != nil {
			return err
		}
		if line, ok := e.quote(i); ok {
			number := strconv.Itoa(i.Line)
			pad := strings.Repeat(" ", len(number))
			caret := strings.Repeat(" ", max(i.Column-1, 0)) + "^"
			if _, err := fmt.Fprintf(w, "  %s | %s\n  %s | %s\n", number, line, pad, caret); err != nil {
				return err
			}
		}
		if i.Mend != "" {
			if _, err := fmt.Fprintf(w, "  mend: %s\n", i.Mend); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxQuote is how much of a line is worth showing.
const maxQuote = 160

// quote gives the issue's line as it may be shown on a terminal: short, without control bytes, and only when
// it holds no secret.
func (e *Invalid) quote(i Issue) (string, bool) {
	if i.hidden || e.secret[i.Line] || i.Line < 1 || i.Line > len(e.lines) || i.Column > maxQuote {
		return "", false
	}
	line := e.lines[i.Line-1]
	if i.until > 0 && i.until < len(line) {
		line = line[:i.until] + " …"
	}
	if !utf8.ValidString(line) {
		return "", false
	}
	line = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '?'
		}
		return r
	}, line)
	if len(line) > maxQuote {
		line = strings.ToValidUTF8(line[:maxQuote], "") + "…"
	}
	return strings.TrimRight(line, " "), true
}

func (e *Invalid) sort() {
	slices.SortStableFunc(e.Issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	e.Issues = slices.CompactFunc(e.Issues, func(a, b Issue) bool { return a == b })
}

func splitLines(data []byte) []string {
	return strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
}
