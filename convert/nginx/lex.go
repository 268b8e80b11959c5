package nginx

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/convert"
)

// word is a word, or one of ; { }.
type word struct {
	text  string
	bare  bool // not in quotes: ; { and } mean something
	place convert.Place
}

func (w word) is(mark string) bool { return w.bare && w.text == mark }

// words cuts a file up as nginx does (ngx_conf_read_token): a comment begins with a word, quotes hold everything but themselves, a
// backslash keeps the next byte from meaning anything, and ${ begins no block.
func words(text []byte, file string) ([]word, error) {
	var list []word
	at := convert.Place{File: file, Line: 1}
	for i := 0; i < len(text); {
		c := text[i]
		switch c {
		case '\n':
			at.Line++
			i++
		case ' ', '\t', '\r':
			i++
		case '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case ';', '{', '}':
			list = append(list, word{string(c), true, at})
			i++
		case 0:
			return nil, convert.Malformed(at, "a zero byte stands here")
		default:
			w, n, err := oneWord(text[i:], at)
			if err != nil {
				return nil, err
			}
			list = append(list, w)
			at.Line += strings.Count(string(text[i:i+n]), "\n")
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
	var b strings.Builder
	i := 0
	quote := byte(0)
	if text[0] == '"' || text[0] == '\'' {
		quote, w.bare, i = text[0], false, 1
	}
	for ; i < len(text); i++ {
		c := text[i]
		switch {
		case c == 0:
			return w, 0, convert.Malformed(at, "a zero byte stands here")
		case b.Len() > convert.MaxWord:
			return w, 0, convert.Malformed(at, "a word goes on for too long")
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteString(unescaped(text[i]))
		case quote != 0 && c == quote:
			w.text = b.String()
			if next := i + 1; next < len(text) && !strings.ContainsRune(" \t\r\n;{)", rune(text[next])) {
				return w, 0, convert.Malformed(at, "something follows a quote without a space")
			}
			return w, i + 1, nil
		case quote == 0 && c == '$' && i+1 < len(text) && text[i+1] == '{':
			end := bytes.IndexByte(text[i:min(len(text), i+200)], '}')
			if end < 0 {
				return w, 0, convert.Malformed(at, "a variable has no end")
			}
			b.Write(text[i : i+end+1])
			i += end
		case quote == 0 && (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '{'):
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

// unescaped is what a byte behind a backslash stands for. What means nothing of its own keeps its backslash: it is a pattern's.
func unescaped(c byte) string {
	switch c {
	case 't':
		return "\t"
	case 'r':
		return "\r"
	case 'n':
		return "\n"
	case '"', '\'', '\\', ' ', ';', '{', '}', '#':
		return string(c)
	}
	return `\` + string(c)
}

// directive is a name, its words, and what stands in its block.
type directive struct {
	place convert.Place
	words []string // the name first
	block []directive
	has   bool // a block, be it empty
}

func (d *directive) name() string   { return d.words[0] }
func (d *directive) args() []string { return d.words[1:] }

// arg is the word of that number; empty where there is none.
func (d *directive) arg(n int) string {
	if n < len(d.words)-1 {
		return d.words[n+1]
	}
	return ""
}

func (d *directive) String() string { return strings.Join(d.words, " ") }

// reader reads files into directives.
type reader struct {
	files  convert.Files
	folder string // of the first file: names of others begin there
	read   int
	count  int
}

func (r *reader) file(name, shown string, depth int) ([]directive, error) {
	if r.read++; r.read > convert.MaxFiles {
		return nil, convert.Malformed(convert.Place{File: shown, Line: 1}, "there are more than %d files", convert.MaxFiles)
	}
	text, err := r.files.Read(name)
	if err != nil {
		return nil, convert.Unreadable(name, err)
	}
	list, err := words(text, shown)
	if err != nil {
		return nil, err
	}
	if r.count += len(list); r.count > convert.MaxWords {
		return nil, convert.Malformed(convert.Place{File: shown, Line: 1}, "all files together go on for too long")
	}
	block, rest, err := r.block(list, depth)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, convert.Malformed(rest[0].place, "a } stands here, and no block is open")
	}
	return block, nil
}

// block reads directives up to the } that ends them, which it leaves where it is.
func (r *reader) block(list []word, depth int) (block []directive, rest []word, err error) {
	if len(list) > 0 && depth > convert.MaxDepth {
		return nil, nil, convert.Malformed(list[0].place, "blocks stand in blocks too deeply")
	}
	for len(list) > 0 && !list[0].is("}") {
		d := directive{place: list[0].place}
		for len(list) > 0 && !list[0].is(";") && !list[0].is("{") && !list[0].is("}") {
			d.words = append(d.words, list[0].text)
			list = list[1:]
		}
		switch {
		case len(d.words) == 0:
			return nil, nil, convert.Malformed(d.place, "a %s stands here without a name before it", list[0].text)
		case len(list) == 0 || list[0].is("}"):
			return nil, nil, convert.Malformed(d.place, "%s has no ; at its end", d.name())
		case strings.HasSuffix(d.name(), "_by_lua_block"):
			return nil, nil, convert.Malformed(d.place, "%s holds a program, which cannot be read", d.name())
		case list[0].is("{"):
			d.has = true
			if d.block, list, err = r.block(list[1:], depth+1); err != nil {
				return nil, nil, err
			}
			if len(list) == 0 {
				return nil, nil, convert.Malformed(d.place, "the block of %s has no end", d.name())
			}
		}
		list = list[1:] // its ; or }
		if d.name() == "include" && len(d.words) == 2 && !d.has {
			more, err := r.include(d, depth)
			if err != nil {
				return nil, nil, err
			}
			block = append(block, more...)
			continue
		}
		block = append(block, d)
	}
	return block, list, nil
}

// include reads the files of a pattern. One without stars must be there.
func (r *reader) include(d directive, depth int) ([]directive, error) {
	pattern := d.arg(0)
	if filepath.Base(pattern) == "mime.types" { // it says which files are what, and no files are served
		return nil, nil
	}
	whole := pattern
	if !filepath.IsAbs(whole) {
		whole = filepath.Join(r.folder, whole)
	}
	names := []string{whole}
	if strings.ContainsAny(pattern, "*?[") {
		var err error
		if names, err = r.files.Glob(whole); err != nil {
			return nil, convert.Malformed(d.place, "%s is no pattern of files", pattern)
		}
	}
	var all []directive
	for _, name := range names {
		shown := name
		if rel, err := filepath.Rel(r.folder, name); err == nil && filepath.IsLocal(rel) {
			shown = rel
		}
		block, err := r.file(name, shown, depth+1)
		if err != nil {
			return nil, err
		}
		all = append(all, block...)
	}
	return all, nil
}
