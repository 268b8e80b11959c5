package caddyfile

import (
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenward/tenward/convert"
)

// reader reads files into directives. Snippets and other files take the place of the lines that import them.
type reader struct {
	files    convert.Files
	folder   string // of the first file; places are named from there
	plan     *convert.Plan
	snippets map[string][]word
	read     int
	size     int // of all words, those of imports counted as often as they are imported
}

// maxSize is far above what people write, and keeps imports of imports from growing without end.
const maxSize = 4 * convert.MaxFile

// open gives a file's words.
func (r *reader) open(name string, at convert.Place) ([]word, error) {
	if r.read++; r.read > convert.MaxFiles {
		return nil, convert.Malformed(at, "there are more than %d files", convert.MaxFiles)
	}
	text, err := r.files.Read(name)
	if err != nil {
		return nil, convert.Unreadable(name, err)
	}
	shown := name
	if rel, err := filepath.Rel(r.folder, name); err == nil && filepath.IsLocal(rel) {
		shown = rel
	}
	return words(text, shown)
}

// lines reads a list of words into directives, up to the } that ends it, which it leaves where it is.
func (r *reader) lines(list []word, depth int, top bool) (block []directive, rest []word, err error) {
	if len(list) > 0 && depth > convert.MaxDepth {
		return nil, nil, convert.Malformed(list[0].place, "blocks or imports stand in each other too deeply")
	}
	for len(list) > 0 && !list[0].is("}") {
		d := directive{place: list[0].place}
		line := list[0].line
		comma := false
		for len(list) > 0 && (list[0].line == line || comma) && !list[0].is("}") {
			w := list[0]
			list = list[1:]
			if w.is("{") && (len(list) == 0 || list[0].line != w.line || list[0].is("}")) {
				d.has = true
				break
			}
			line, comma = w.line, top && strings.HasSuffix(w.text, ",")
			d.words = append(d.words, r.fromEnvironment(w))
		}
		switch {
		case d.has && top && strings.HasPrefix(d.name(), "(") && strings.HasSuffix(d.name(), ")"):
			if list, err = r.snippet(d, list); err != nil {
				return nil, nil, err
			}
			continue
		case d.has:
			if d.block, list, err = r.lines(list, depth+1, false); err != nil {
				return nil, nil, err
			}
			if len(list) == 0 {
				return nil, nil, convert.Malformed(d.place, "a block has no end")
			}
			list = list[1:] // its }
		case d.name() == "import":
			more, err := r.imported(d, depth, top)
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

var environment = regexp.MustCompile(`\{\$([^{}:]*)(:[^{}]*)?\}`)

// fromEnvironment puts defaults in the place of variables. The environment in which Caddy runs is not this one.
func (r *reader) fromEnvironment(w word) string {
	return environment.ReplaceAllStringFunc(w.text, func(v string) string {
		m := environment.FindStringSubmatch(v)
		if m[2] == "" {
			return v
		}
		r.plan.Leave(w.place, v, "the environment is not read: the default is taken")
		return m[2][1:]
	})
}

// snippet keeps the words of (name) { … } for those who import them.
func (r *reader) snippet(d directive, list []word) ([]word, error) {
	depth := 1
	for i, w := range list {
		switch {
		case w.is("{"):
			depth++
		case w.is("}"):
			depth--
		}
		if depth == 0 {
			r.snippets[strings.Trim(d.name(), "()")] = list[:i]
			return list[i+1:], nil
		}
	}
	return nil, convert.Malformed(d.place, "the snippet %s has no end", d.name())
}

var argument = regexp.MustCompile(`\{args(?:\[(\d+)\]|\.(\d+))\}`)

// imported is what an import brings: a snippet's lines, or those of files.
func (r *reader) imported(d directive, depth int, top bool) ([]directive, error) {
	name := d.arg(0)
	if body, ok := r.snippets[name]; ok {
		given := d.args()[1:]
		list := make([]word, len(body))
		for i, w := range body {
			w.text = argument.ReplaceAllStringFunc(w.text, func(v string) string {
				m := argument.FindStringSubmatch(v)
				if n, err := strconv.Atoi(m[1] + m[2]); err == nil && n < len(given) {
					return given[n]
				}
				return v
			})
			if len(w.text) > convert.MaxWord {
				return nil, convert.Malformed(w.place, "a word goes on for too long")
			}
			list[i] = w
		}
		return r.all(list, depth+1, top)
	}
	if name == "" {
		return nil, convert.Malformed(d.place, "import names nothing")
	}
	whole := name
	if !filepath.IsAbs(whole) {
		whole = filepath.Join(r.folder, filepath.Dir(d.place.File), whole)
	}
	names := []string{whole}
	if strings.ContainsAny(name, "*?[") {
		var err error
		if names, err = r.files.Glob(whole); err != nil {
			return nil, convert.Malformed(d.place, "%s is no pattern of files", name)
		}
	}
	var all []directive
	for _, name := range names {
		list, err := r.open(name, d.place)
		if err != nil {
			return nil, err
		}
		lines, err := r.all(list, depth+1, top)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// all reads words that end by themselves. What is imported at the top may define snippets as the top may, whatever its depth.
func (r *reader) all(list []word, depth int, top bool) ([]directive, error) {
	for _, w := range list {
		if r.size += len(w.text) + 1; r.size > maxSize {
			return nil, convert.Malformed(w.place, "all that is imported goes on for too long")
		}
	}
	lines, rest, err := r.lines(list, depth, top)
	if err == nil && len(rest) > 0 {
		err = convert.Malformed(rest[0].place, "a } stands here, and no block is open")
	}
	return lines, err
}
