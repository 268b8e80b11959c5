package openapitest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Outline is the description in a line for each operation and each type, for golden files that people read. What must be
// there has an exclamation mark.
func (s *Spec) Outline() string {
	var b strings.Builder
	for _, one := range s.Operations() {
		method, path, _ := strings.Cut(one, " ")
		o := s.document.Paths.Value(path).GetOperation(method)
		fmt.Fprintf(&b, "%s [%s] %v %v\n    %s -> %s\n", one, o.OperationID, o.Extensions["x-tenward-permission"], o.Extensions["x-tenward-role"],
			told(o), kindOf(o.Responses.Status(200).Value.Content["application/json"].Schema))
	}
	schemas := s.document.Components.Schemas
	names := make([]string, 0, len(schemas))
	for name := range schemas {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		made := members(schemas[name].Value)
		if schemas[name].Value.Properties == nil {
			made = kindOf(&openapi3.SchemaRef{Value: schemas[name].Value})
		}
		fmt.Fprintf(&b, "\n%s\n    %s\n", name, made)
	}
	return b.String()
}

// told is what an operation can be told.
func told(o *openapi3.Operation) string {
	if o.RequestBody != nil {
		return members(o.RequestBody.Value.Content["application/x-www-form-urlencoded"].Schema.Value)
	}
	all := make([]string, 0, len(o.Parameters))
	for _, p := range o.Parameters {
		all = append(all, member(p.Value.Name, p.Value.Required, p.Value.Schema))
	}
	return strings.Join(all, ", ")
}

func members(of *openapi3.Schema) string {
	all := make([]string, 0, len(of.Properties))
	for name, one := range of.Properties {
		all = append(all, member(name, slices.Contains(of.Required, name), one))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func member(name string, required bool, of *openapi3.SchemaRef) string {
	if required {
		name += "!"
	}
	return name + " " + kindOf(of)
}

// kindOf is a type in a few words.
func kindOf(of *openapi3.SchemaRef) string {
	v := of.Value
	switch {
	case of.Ref != "":
		return of.Ref[strings.LastIndexByte(of.Ref, '/')+1:]
	case len(v.OneOf) > 0:
		kinds := make([]string, 0, len(v.OneOf))
		for _, one := range v.OneOf {
			kinds = append(kinds, kindOf(one))
		}
		return strings.Join(kinds, "|")
	case len(v.Enum) > 0:
		words := make([]string, 0, len(v.Enum))
		for _, one := range v.Enum {
			words = append(words, fmt.Sprint(one))
		}
		return strings.Join(words, "|")
	case v.Type.Is("array"):
		return "[]" + kindOf(v.Items)
	case v.Format != "":
		return v.Format
	case v.Type == nil:
		return "anything"
	default:
		return strings.Join(v.Type.Slice(), "|")
	}
}
