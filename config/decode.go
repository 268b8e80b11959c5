package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxDepth is deeper than any struct that is decoded into, and shallow enough for the stack.
const maxDepth = 32

type decoder struct {
	source  *Source
	options Options
	folder  string
	invalid *Invalid
	failed  map[string]bool
}

func (d *decoder) run(data []byte, into any) {
	d.failed = map[string]bool{}
	v := reflect.ValueOf(into).Elem()
	setDefaults(v)
	if body, ok := d.parse(data); ok {
		if body != nil {
			d.value(body, v, "", 0)
		}
		d.validate(v, "")
	}
}

// parse checks the text and gives the document's one node; nil for an empty one.
func (d *decoder) parse(data []byte) (ast.Node, bool) {
	if len(data) > MaxSize {
		d.add(Issue{Line: 1, Column: 1, Sentence: "the file is larger than 1 MiB", Mend: "check that this is the right file"})
		return nil, false
	}
	for i, line := range d.invalid.lines {
		if col := badByte(line); col > 0 {
			d.add(Issue{Line: i + 1, Column: col, Sentence: "a byte that is no text (a control byte, or no UTF-8)", Mend: "retype the line", hidden: true})
		}
		if indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]; strings.Contains(indent, "\t") {
			d.add(Issue{Line: i + 1, Column: strings.Index(line, "\t") + 1, Sentence: "a tab in the indentation", Mend: "indent with spaces"})
		}
	}
	if deepest(data) > 4*maxDepth {
		d.add(Issue{Line: 1, Column: 1, Sentence: "nested far deeper than any configuration is"})
	}
	if len(d.invalid.Issues) > 0 {
		return nil, false
	}
	f, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil, false
	}
	var bodies []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil {
			if _, comment := doc.Body.(*ast.CommentGroupNode); !comment {
				bodies = append(bodies, doc.Body)
			}
		}
	}
	if len(bodies) > 1 {
		d.complain(bodies[1], "", "", "a second document in the same file")
		return nil, false
	}
	if len(bodies) == 0 {
		return nil, true
	}
	return bodies[0], true
}

// badByte gives the column of the first byte that is no text; 0 when all is.
func badByte(line string) int {
	for i, r := range line {
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD") || r < ' ' && r != '\t' || r == 0x7f {
			return i + 1
		}
	}
	return 0
}

// deepest bounds how deep brackets and lists within lists nest, before the parser recurses into them.
func deepest(data []byte) int {
	depth, dashes, most := 0, 0, 0
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(depth-1, 0)
		case '-':
			dashes++
		case '\n':
			dashes = 0
		case ' ':
		default:
			dashes = -len(data) // a text has begun: its dashes are its own
		}
		most = max(most, depth, dashes)
	}
	return most
}

func (d *decoder) syntax(err error) {
	issue := Issue{Line: 1, Column: 1, Sentence: "this is not YAML", Mend: "check indentation, quotes and colons around this line"}
	var at *yaml.SyntaxError
	if errors.As(err, &at) {
		issue.Sentence = at.Message
		if at.Token != nil && at.Token.Position != nil {
			issue.Line, issue.Column = clampLine(at.Token.Position.Line, len(d.invalid.lines)), max(at.Token.Position.Column, 1)
		}
	}
	// Nothing is known of the line yet, so only what cannot be a secret's is quoted.
	issue.hidden = !harmless(d.invalid.lines[issue.Line-1])
	d.add(issue)
}

// harmless says whether a line that could not be parsed may be shown. Secrets are long, or stand behind a key
// that says so.
func harmless(line string) bool {
	lower := strings.ToLower(line)
	for _, word := range []string{"pass", "pwd", "secret", "token", "key", "postgres", "redis", "dsn", "@"} {
		if strings.Contains(lower, word) {
			return false
		}
	}
	return true
}

// unknown complains about a key that the struct has not. Its value is not quoted: a secret behind a mistyped
// key is a secret all the same.
func (d *decoder) unknown(p pair, path string, known []string) {
	line, column := d.position(p.node.Key)
	d.add(Issue{
		Line: line, Column: column, Path: path, Sentence: "there is no such key here", Mend: mendKey(p.key, known),
		until: column + len(p.key),
	})
}

func clampLine(line, lines int) int { return min(max(line, 1), max(lines, 1)) }

func (d *decoder) value(n ast.Node, v reflect.Value, path string, depth int) {
	d.note(n, path)
	if depth > maxDepth {
		d.complain(n, path, "", "nested too deeply")
		return
	}
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.complain(n, path, "write the value out", "anchors, aliases, tags and merge keys are not read")
		return
	case *ast.NullNode:
		d.complain(n, path, "give it a value or remove the key", "there is no value")
		return
	}
	if v.Kind() == reflect.Pointer && !implementsText(v) {
		p := reflect.New(v.Type().Elem())
		setDefaults(p.Elem())
		d.value(n, p.Elem(), path, depth)
		v.Set(p)
		return
	}
	switch {
	case implementsText(v):
		d.text(n, v, path)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, path, depth)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, path, depth)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, depth)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) structure(n ast.Node, v reflect.Value, path string, depth int) {
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	fields := fieldsOf(v.Type())
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.name)
	}
	for _, p := range pairs {
		i := slices.Index(names, p.key)
		if i < 0 {
			d.unknown(p, join(path, p.key), names)
			continue
		}
		d.noteKey(p.node.Key, join(path, p.key))
		d.value(p.node.Value, v.Field(fields[i].index), join(path, p.key), depth+1)
	}
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, path string, depth int) {
	pairs, ok := d.pairs(n, path)
	if !ok {
		return
	}
	m := reflect.MakeMapWithSize(v.Type(), len(pairs))
	for _, p := range pairs {
		elem := reflect.New(v.Type().Elem()).Elem()
		setDefaults(elem)
		d.noteKey(p.node.Key, join(path, p.key))
		d.value(p.node.Value, elem, join(path, p.key), depth+1)
		m.SetMapIndex(reflect.ValueOf(p.key).Convert(v.Type().Key()), elem)
	}
	v.Set(m)
}

func (d *decoder) list(n ast.Node, v reflect.Value, path string, depth int) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		mend := "write a list, one item to a line: - item"
		if text, scalar := textOf(n); scalar && len(text) < 60 && !isSecret(v.Type().Elem()) {
			mend = "write a list: [" + text + "]"
		}
		d.complain(n, path, mend, "expected a list, found "+kindOf(n))
		return
	}
	s := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		setDefaults(s.Index(i))
		d.value(item, s.Index(i), path+"["+strconv.Itoa(i)+"]", depth+1)
	}
	v.Set(s)
}

// scalar reads the basic kinds. Only what has exactly one reading is taken.
func (d *decoder) scalar(n ast.Node, v reflect.Value, path string) {
	text, ok := d.textFor(n, path)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.String:
		if w, ok := v.Interface().(worded); ok && !slices.Contains(w.Words(), text) {
			d.complain(n, path, mendKey(text, w.Words()), fmt.Sprintf("%q is none of the words that may stand here", text))
			return
		}
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			d.complain(n, path, "write true or false", fmt.Sprintf("%q is neither true nor false", text))
			return
		}
		v.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(i, 10) != text || v.OverflowInt(i) {
			d.complain(n, path, "write a whole number without leading zeros, such as 100", fmt.Sprintf("%q is no whole number", text))
			return
		}
		v.SetInt(i)
	default:
		d.complain(n, path, "", "this field cannot be set in a file")
	}
}

func (d *decoder) text(n ast.Node, v reflect.Value, path string) {
	if v.Type() == secretType {
		d.secret(n, v, path)
		return
	}
	text, ok := d.textFor(n, path)
	if !ok {
		return
	}
	err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) //nolint:forcetypeassert // implementsText has looked
	var bad *badScalar
	switch {
	case errors.As(err, &bad):
		if line, _ := d.position(n); bad.secret {
			d.invalid.secret[line] = true
		}
		d.complain(n, path, bad.mend, bad.sentence)
	case err != nil:
		d.complain(n, path, "", err.Error())
	case v.Type() == fileType:
		d.file(n, v, path)
	}
}

// textFor gives a scalar's text; anything else, and a reference outside a secret, is complained about.
func (d *decoder) textFor(n ast.Node, path string) (string, bool) {
	text, ok := textOf(n)
	if !ok {
		d.complain(n, path, "write one value", "expected one value, found "+kindOf(n))
		return "", false
	}
	if strings.Contains(text, "${") {
		d.complain(n, path, "write the value itself", "only secrets are read from ${file:…} and ${env:…}")
		return "", false
	}
	return text, true
}
