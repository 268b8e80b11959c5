package caddyfile

import (
	"strings"

	"github.com/tenward/tenward/convert"
)

// word is a word of a line; a line ends where the next word has another number.
type word struct {
	text  string
	bare  bool // not in quotes: { and } mean something
	place convert.Place
	line  int // of the text as it was written, continued lines counted as one
}

func (w word) is(mark string) bool { return w.bare && w.text == mark }

// words cuts a file up as Caddy does (caddyconfig/caddyfile/lexer.go): a comment begins with a word, a backslash at a line's end goes on
// in the next, double quotes hold everything but themselves, backquotes everything.
func words(text []byte, file string) ([]word, error) {
	var list []word
	at, line := convert.Place{File: file, Line: 1}, 1
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			at.Line++
			line++
			i++
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '\\' && i+1 < len(text) && (text[i+1] == '\n' || text[i+1] == '\r'):
			i += 2
			if text[i-1] == '\r' && i < len(text) && text[i] == '\n' {
				i++
			}
			at.Line++
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		default:
			w, n, err := oneWord(text[i:], at)
			if err != nil {
				return nil, err
			}
			w.line = line
			list = append(list, w)
			lines := strings.Count(string(text[i:i+n]), "\n")
			at.Line += lines
			i += n
		}
		if len(list) > convert.MaxWords {
			return nil, convert.Malformed(at, "the file goes on for too long")
		}
	}
	return list, nil
}

// oneWord reads the word that text begins with, and says how long it is there.
func oneWord(text []byte, at convert.Place) (w word, n int, err error) {
	w = word{bare: true, place: at}
	if strings.HasPrefix(string(text[:min(len(text), 2)]), "<<") {
		return w, 0, convert.Malformed(at, "a text over several lines (<<) is not read")
	}
	var b strings.Builder
	quote, i := byte(0), 0
	if text[0] == '"' || text[0] == '`' {
		quote, w.bare, i = text[0], false, 1
	}
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == 0:
			return w, 0, convert.Malformed(at, "a zero byte stands here")
		case b.Len() > convert.MaxWord:
			return w, 0, convert.Malformed(at, "a word goes on for too long")
		case quote != 0 && c == quote:
			w.text = b.String()
			return w, i + 1, nil
		case quote == '"' && c == '\\' && i+1 < len(text) && text[i+1] == '"':
			i++
			b.WriteByte('"')
		case quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			w.text = b.String()
			return w, i, nil
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return w, 0, convert.Malformed(at, "a quote has no end")
	}
	w.text = b.String()
	return w, i, nil
}

// directive is a line, and the block that begins at its end.
type directive struct {
	place convert.Place
	words []string
	block []directive
	has   bool
}

func (d *directive) name() string {
	if len(d.words) == 0 {
		return ""
	}
	return d.words[0]
}

func (d *directive) args() []string { return d.words[min(1, len(d.words)):] }

func (d *directive) arg(n int) string {
	if n+1 < len(d.words) {
		return d.words[n+1]
	}
	return ""
}

func (d *directive) String() string { return strings.Join(d.words, " ") }
