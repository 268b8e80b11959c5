package config

import (
	"encoding"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// Show writes the configuration in force as YAML, defaults included and secrets as references, each line with
// where it came from.
func Show(w io.Writer, src *Source, value any) error {
	lines := Lines(src, value)
	width := 0
	for _, l := range lines {
		width = max(width, min(len(l.Text), 60))
	}
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "%-*s  # %s\n", width, l.Text, l.Origin); err != nil {
			return err
		}
	}
	return nil
}

// Line is one line of the configuration in force.
type Line struct {
	Text   string `json:"text"`   // as YAML has it, with its indentation
	Path   string `json:"path"`   // "services.notes.upstream"
	Origin string `json:"origin"` // "tenward.yaml:12", or "default"
	Given  bool   `json:"given"`  // the file has it
}

// Lines is the configuration in force, as Show writes it.
func Lines(src *Source, value any) []Line {
	s := &shower{src: src}
	s.show(reflect.Indirect(reflect.ValueOf(value)), "", 0)
	return s.lines
}

type shower struct {
	src   *Source
	lines []Line
}

func (s *shower) line(depth int, text, path string) {
	one := Line{Text: strings.Repeat("  ", depth) + text, Path: path, Origin: "default"}
	if n := s.src.Line(path); n > 0 {
		one.Origin, one.Given = s.src.Name+":"+strconv.Itoa(n), true
	}
	s.lines = append(s.lines, one)
}

// show writes what stands below a key: maps and structs as further keys.
func (s *shower) show(v reflect.Value, path string, depth int) {
	switch {
	case v.Kind() == reflect.Pointer:
		s.show(v.Elem(), path, depth)
	case v.Kind() == reflect.Struct && !implementsText(v):
		for _, f := range fieldsOf(v.Type()) {
			s.entry(f.name, v.Field(f.index), join(path, f.name), depth)
		}
	case v.Kind() == reflect.Map:
		for _, k := range sortedKeys(v) {
			s.entry(k.String(), v.MapIndex(k), join(path, k.String()), depth)
		}
	}
}

func (s *shower) entry(key string, v reflect.Value, path string, depth int) {
	if v.Kind() == reflect.Pointer && !implementsText(v) {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if text, ok := scalarText(v); ok {
		if text != "" || s.src.Line(path) > 0 {
			s.line(depth, key+": "+quoted(text), path)
		}
		return
	}
	if v.Kind() == reflect.Slice {
		s.list(key, v, path, depth)
		return
	}
	if v.Kind() == reflect.Map && v.Len() == 0 {
		s.line(depth, key+": {}", path)
		return
	}
	s.line(depth, key+":", path)
	s.show(v, path, depth+1)
}

func (s *shower) list(key string, v reflect.Value, path string, depth int) {
	var items []string
	for i := range v.Len() {
		if text, ok := scalarText(v.Index(i)); ok {
			items = append(items, quoted(text))
		}
	}
	if len(items) == v.Len() {
		s.line(depth, key+": ["+strings.Join(items, ", ")+"]", path)
		return
	}
	s.line(depth, key+":", path)
	for i := range v.Len() {
		at := path + "[" + strconv.Itoa(i) + "]"
		before := len(s.lines)
		s.show(v.Index(i), at, depth+2)
		if len(s.lines) > before { // the first key stands behind the dash
			pad := strings.Repeat("  ", depth+1)
			s.lines[before].Text = pad + "- " + strings.TrimLeft(s.lines[before].Text, " ")
		}
	}
}

func scalarText(v reflect.Value) (string, bool) {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err == nil
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	default:
		return "", false
	}
}

// quoted writes a text so that YAML reads the same one back.
func quoted(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" && s[0] != '-'
	if plain {
		return s
	}
	return strconv.Quote(s)
}
