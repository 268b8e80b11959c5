package config

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"
)

// Schema gives the JSON Schema (2020-12) of the file that value's type describes, for editors and for checks in
// other tools. value holds the defaults.
func Schema(value any, id, title string) ([]byte, error) {
	r := &jsonschema.Reflector{
		Anonymous: true, DoNotReference: true, ExpandedStruct: true, FieldNameTag: "yaml",
		RequiredFromJSONSchemaTags: true, Mapper: schemaOf, LookupComment: docOf,
		Namer: func(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }, // each practice has a Config
	}
	s := r.ReflectFromType(reflect.Indirect(reflect.ValueOf(value)).Type())
	s.ID, s.Title = jsonschema.ID(id), title
	fillDefaults(s, reflect.Indirect(reflect.ValueOf(value)))
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return append(text, '\n'), nil
}

// worded types say which words they may be.
type worded interface{ Words() []string }

// schemaOf describes the types whose text form says more than "string".
func schemaOf(t reflect.Type) *jsonschema.Schema {
	text := func(pattern, example string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Pattern: pattern, Examples: []any{example}}
	}
	switch t {
	case secretType:
		return text(`^\$\{(file|env):[^{}$]+\}$`, "${file:/etc/tenward/secret}")
	case reflect.TypeFor[Duration]():
		return text(`^([0-9]+d|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$`, "30s")
	case reflect.TypeFor[Size]():
		return text(`^[0-9]+(B|kB|MB|GB|KiB|MiB|GiB)$`, "1MiB")
	case reflect.TypeFor[Listen]():
		return text(`^[0-9A-Fa-f.:\[\]]*:[0-9]{1,5}$`, ":443")
	case reflect.TypeFor[HostName]():
		return text(`^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$`, "notes.example.com")
	case reflect.TypeFor[URL]():
		return text(`^https?://[^@?#\s]+$`, "http://127.0.0.1:3000")
	case reflect.TypeFor[Upstream]():
		return text(`^(https?|h2c)://[^@?#\s]+$`, "http://127.0.0.1:3000")
	case fileType:
		return text(`^.+$`, "/etc/tenward/upstream-ca.pem")
	case reflect.TypeFor[PathPattern]():
		return text(`^/[^?#%\\]*$`, "/assets/**")
	}
	if w, ok := reflect.New(t).Elem().Interface().(worded); ok {
		s := &jsonschema.Schema{Type: "string"}
		for _, word := range w.Words() {
			s.Enum = append(s.Enum, word)
		}
		return s
	}
	return nil
}

func docOf(t reflect.Type, name string) string {
	if name == "" || t.Kind() != reflect.Struct {
		return ""
	}
	f, _ := t.FieldByName(name)
	return f.Tag.Get("doc")
}

// fillDefaults writes into the schema what a file gets that leaves a key out.
func fillDefaults(s *jsonschema.Schema, v reflect.Value) {
	if v.Kind() == reflect.Pointer || v.Kind() != reflect.Struct || s.Properties == nil || implementsText(v) {
		return
	}
	for _, f := range fieldsOf(v.Type()) {
		p, ok := s.Properties.Get(f.name)
		if !ok {
			continue
		}
		field := v.Field(f.index)
		if text, ok := scalarText(field); ok {
			switch {
			case text == "" || field.IsZero() && field.Kind() != reflect.Bool:
			case p.Type == "integer":
				p.Default = json.Number(text)
			case p.Type == "boolean":
				p.Default = text == "true"
			default:
				p.Default = text
			}
			continue
		}
		fillDefaults(p, field)
	}
}
