// Package openapitest holds what the API really answers against its description.
package openapitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Spec is a description that has been found valid. It allows nothing besides what it says: what is sent and not described
// is a fault.
type Spec struct {
	document *openapi3.T
	members  map[string]bool // of all types, by "type.member", and whether an answer had something there
}

var small = regexp.MustCompile(`^[a-z0-9_]+$`)

// Read reads a description, and fails the test where it is no valid OpenAPI 3.1.
func Read(tb testing.TB, text []byte) *Spec {
	tb.Helper()
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		tb.Fatalf("read the description: %v", err)
	}
	if err := document.Validate(tb.Context()); err != nil {
		tb.Fatalf("the description is no valid OpenAPI: %v", err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1.") {
		tb.Fatalf("it is OpenAPI %s", document.OpenAPI)
	}
	s := &Spec{document, map[string]bool{}}
	closed := false
	for name, of := range document.Components.Schemas {
		of.Value.AdditionalProperties.Has = &closed
		for member := range of.Value.Properties {
			if !small.MatchString(member) {
				tb.Errorf("%s.%s is not written in small letters, as all others are", name, member)
			}
			s.members[name+"."+member] = false
		}
	}
	return s
}

// Operations are all that it describes, "GET /api/v1/events/{id}", in order.
func (s *Spec) Operations() []string {
	var all []string
	for path, item := range s.document.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// Demands says whether an action cannot be done without being told something.
func (s *Spec) Demands(path string) bool {
	o := s.document.Paths.Value(path).Post
	return o != nil && o.RequestBody != nil && len(o.RequestBody.Value.Content["application/x-www-form-urlencoded"].Schema.Value.Required) > 0
}

// Holds fails the test where an answer to an operation is not as it is described.
func (s *Spec) Holds(tb testing.TB, method, path string, status int, kind string, body []byte) {
	tb.Helper()
	if err := s.Fault(method, path, status, kind, body); err != nil {
		tb.Errorf("%s %s answers %d: %v\n%.2000s", method, path, status, err, body)
	}
}

// Fault says in what an answer is not as it is described; nil where it is.
func (s *Spec) Fault(method, path string, status int, kind string, body []byte) error {
	item := s.document.Paths.Value(path)
	if item == nil || item.GetOperation(method) == nil {
		return errors.New("it is not described")
	}
	responses := item.GetOperation(method).Responses
	response := responses.Status(status)
	if response == nil {
		response = responses.Default()
	}
	media := response.Value.Content.Get(kind)
	if media == nil {
		return fmt.Errorf("it is not described as %q", kind)
	}
	var sent any
	if err := json.Unmarshal(body, &sent); err != nil {
		return fmt.Errorf("read its JSON: %w", err)
	}
	if err := media.Schema.Value.VisitJSON(sent, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
		return fmt.Errorf("it is otherwise than described: %w", err)
	}
	s.meet(media.Schema, sent)
	return nil
}

// meet remembers which members an answer has something in.
func (s *Spec) meet(of *openapi3.SchemaRef, sent any) {
	switch sent := sent.(type) {
	case []any:
		for _, one := range sent {
			s.meet(of.Value.Items, one)
		}
	case map[string]any:
		name := of.Ref[strings.LastIndexByte(of.Ref, '/')+1:]
		for member, value := range sent {
			of := of.Value.Properties[member]
			if of == nil {
				continue
			}
			if list, ok := value.([]any); value != nil && (!ok || len(list) > 0) {
				s.members[name+"."+member] = true
			}
			s.meet(of, value)
		}
	}
}

// Unmet are the members that no answer had something in, "console.list.facets": of those nothing has been proven. The types
// of some packages are proven elsewhere.
func (s *Spec) Unmet(besides ...string) []string {
	var all []string
	for member, met := range s.members {
		of, _, _ := strings.Cut(member, ".")
		if !met && !slices.Contains(besides, of) {
			all = append(all, member)
		}
	}
	slices.Sort(all)
	return all
}
