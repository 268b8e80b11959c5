package config

import (
	"encoding"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

type pair struct {
	key  string
	node *ast.MappingValueNode
}

// pairs gives a map's keys and values in their order; a key that stands twice is complained about.
func (d *decoder) pairs(n ast.Node, path string) ([]pair, bool) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	default:
		d.complain(n, path, "write keys below it, each with a colon and a value", "expected keys and values, found "+kindOf(n))
		return nil, false
	}
	var pairs []pair
	for _, v := range values {
		key, ok := textOf(v.Key)
		if _, null := v.Key.(*ast.NullNode); !ok || null || key == "" || len(key) > 256 || strings.ContainsAny(key, ".[]${") {
			d.complain(v.Key, path, "write a plain word", "this cannot be a key")
			continue
		}
		if slices.ContainsFunc(pairs, func(p pair) bool { return p.key == key }) {
			d.complain(v.Key, join(path, key), "keep one of them", "the key stands here twice")
			continue
		}
		pairs = append(pairs, pair{key, v})
	}
	return pairs, true
}

// textOf gives a scalar as it stands in the file, without quotes.
func textOf(n ast.Node) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return s.Value.Value, true
	case *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	default:
		return "", false
	}
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys and values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	default:
		return "one value"
	}
}

type field struct {
	name  string
	doc   string
	index int
}

// fieldsOf gives a struct's fields that the file may set.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.IsExported() && name != "" && name != "-" {
			fields = append(fields, field{name, f.Tag.Get("doc"), i})
		}
	}
	return fields
}

type defaulter interface{ Defaults() }

type validator interface{ Validate(r *Report) }

// setDefaults fills a fresh value, parents before children, so that a parent may change what a child defaults to.
func setDefaults(v reflect.Value) {
	if v.Kind() == reflect.Struct && !implementsText(v) {
		for _, f := range fieldsOf(v.Type()) {
			setDefaults(v.Field(f.index))
		}
	}
	if v.CanAddr() {
		if d, ok := v.Addr().Interface().(defaulter); ok {
			d.Defaults()
		}
	}
}

// validate calls Validate on everything that has one, children first.
func (d *decoder) validate(v reflect.Value, path string) {
	switch {
	case implementsText(v):
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			d.validate(v.Elem(), path)
		}
		return
	case v.Kind() == reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			d.validate(v.Field(f.index), join(path, f.name))
		}
	case v.Kind() == reflect.Map:
		for _, k := range sortedKeys(v) {
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(k))
			d.validate(elem, join(path, k.String()))
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			d.validate(v.Index(i), path+"["+itoa(i)+"]")
		}
	}
	if v.CanAddr() {
		if c, ok := v.Addr().Interface().(validator); ok {
			c.Validate(&Report{d: d, path: path})
		}
	}
}

func sortedKeys(m reflect.Value) []reflect.Value {
	keys := m.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

func implementsText(v reflect.Value) bool { return reflect.PointerTo(v.Type()).Implements(textType) }

func join(path, part string) string {
	if path == "" || part == "" || part[0] == '[' {
		return path + part
	}
	return path + "." + part
}
