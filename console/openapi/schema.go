package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"time"

	"github.com/invopop/jsonschema"

	"github.com/tenward/tenward/practice"
)

// types are what answers are made of, by their names.
type types struct {
	all     map[string]*jsonschema.Schema
	reflect jsonschema.Reflector
	fault   error // the first type that nobody can describe
}

func newTypes() *types {
	k := &types{all: map[string]*jsonschema.Schema{}}
	k.reflect = jsonschema.Reflector{Anonymous: true, AllowAdditionalProperties: true, Mapper: k.asText, Namer: nameOf, LookupComment: docOf}
	return k
}

// docOf is what a member's tag says of it, its unit above all.
func docOf(t reflect.Type, field string) string {
	if field == "" || t.Kind() != reflect.Struct {
		return ""
	}
	f, _ := t.FieldByName(field)
	return f.Tag.Get("doc")
}

// nameOf has the package before the name: each practice has an overview.
func nameOf(t reflect.Type) string {
	if t.PkgPath() == "" {
		return t.Name()
	}
	return path.Base(t.PkgPath()) + "." + t.Name()
}

// worded are texts that are one of a few words.
type worded interface{ Words() []string }

// asText describes what is written as a text though it is none. What writes its JSON by itself cannot be described.
func (k *types) asText(t reflect.Type) *jsonschema.Schema {
	if t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[json.RawMessage]() { // which the reflector knows
		return nil
	}
	v := reflect.New(t).Interface()
	if _, ok := v.(json.Marshaler); ok && k.fault == nil {
		k.fault = fmt.Errorf("%s writes its JSON by itself", t)
	}
	if _, ok := v.(encoding.TextMarshaler); !ok {
		return nil
	}
	s := &jsonschema.Schema{Type: "string"}
	if w, ok := v.(worded); ok {
		for _, word := range w.Words() {
			s.Enum = append(s.Enum, word)
		}
	}
	return s
}

// schema describes a type, and remembers those that it is made of.
func (k *types) schema(zero any) *jsonschema.Schema {
	if zero == nil {
		return &jsonschema.Schema{}
	}
	s := k.reflect.Reflect(zero)
	for name, one := range s.Definitions {
		if k.all[name] == nil {
			moved(one)
			k.all[name] = one
		}
	}
	s.Definitions, s.Version = nil, ""
	moved(s)
	return s
}

// moved has references lead to where OpenAPI keeps its types.
func moved(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if name, ok := s.Ref, s.Ref != ""; ok {
		s.Ref = "#/components/schemas/" + path.Base(name)
	}
	moved(s.Items)
	moved(s.AdditionalProperties)
	for _, one := range s.OneOf {
		moved(one)
	}
	if s.Properties == nil {
		return
	}
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		moved(p.Value)
	}
}

// form describes an action's form.
func form(fields []practice.Field) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, f := range fields {
		one := value(f)
		one.Description = f.Doc
		s.Properties.Set(f.Name, one)
		if f.Required {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

// value describes what one field may be.
func value(f practice.Field) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	if f.Number {
		s.Type = "integer"
	}
	for _, word := range f.Words {
		s.Enum = append(s.Enum, word)
	}
	if f.Many {
		return &jsonschema.Schema{Type: "array", Items: s}
	}
	return s
}
