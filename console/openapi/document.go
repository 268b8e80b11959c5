// Package openapi describes what programs can ask of the console, in the OpenAPI Specification 3.1.1: each answer by the
// type that it is made of, so that the description cannot say anything else than what is sent.
//
// An answer may get members that are new; who reads it leaves out what they do not know. What is sent to Tenward may have
// no others than those described.
package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/tenward/tenward/practice"
)

// API is what is described.
type API struct {
	Origin     string // where it answers
	Cookie     string // of the session
	Problem    any    // a zero value of what is answered instead
	Operations []Operation
}

// Operation is one thing that can be asked for.
type Operation struct {
	Method, Path string // as http.ServeMux has them
	ID           string // stays the same whatever else changes
	Title        string
	Permission   string
	Role         string           // the least role that has it
	Fields       []practice.Field // of its path and its query, or of its form
	Answer       any              // a zero value of what is answered
	Local        bool             // only the admin socket answers
}

type document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       info                             `json:"info"`
	Servers    []server                         `json:"servers"`
	Security   []map[string][]string            `json:"security"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components components                       `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type server struct {
	URL         string `json:"url"`
	Description string `json:"description"`
}

type components struct {
	Schemas         map[string]*jsonschema.Schema `json:"schemas"`
	Responses       map[string]response           `json:"responses"`
	SecuritySchemes map[string]securityScheme     `json:"securitySchemes"`
}

type securityScheme struct {
	Type        string `json:"type"`
	In          string `json:"in"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

type operation struct {
	ID         string                 `json:"operationId"`
	Summary    string                 `json:"summary"`
	Servers    []server               `json:"servers,omitempty"`
	Tags       []string               `json:"tags"`
	Permission string                 `json:"x-tenward-permission"`
	Role       string                 `json:"x-tenward-role"`
	Parameters []parameter            `json:"parameters,omitempty"`
	Body       *body                  `json:"requestBody,omitempty"`
	Responses  map[string]responseRef `json:"responses"`
}

type parameter struct {
	Name        string             `json:"name"`
	In          string             `json:"in"`
	Description string             `json:"description,omitempty"`
	Required    bool               `json:"required,omitempty"`
	Schema      *jsonschema.Schema `json:"schema"`
}

type body struct {
	Required bool                 `json:"required"`
	Content  map[string]mediaType `json:"content"`
}

type response struct {
	Description string               `json:"description"`
	Content     map[string]mediaType `json:"content"`
}

// responseRef is a response, or where it stands.
type responseRef struct {
	Ref string `json:"$ref,omitempty"`
	*response
}

type mediaType struct {
	Schema *jsonschema.Schema `json:"schema"`
}

const about = "What the console shows and does, for programs. " +
	"Who asks from elsewhere sends the cookie of a session; on the machine itself the socket admin.sock in the data folder answers without one to root and to the user that runs tenward. " +
	"x-tenward-permission names what an operation asks for, x-tenward-role the least of the roles reader, auditor, admin and owner that has it. " +
	"Answers may get members that are new: leave out what you do not know. What is sent may have no others than those described."

// Document is the description, as JSON.
func (a *API) Document() ([]byte, error) {
	known := newTypes()
	d := document{
		OpenAPI: "3.1.1", Info: info{Title: "Tenward", Version: "1", Description: about},
		Servers:  []server{{URL: a.Origin, Description: "The console"}},
		Security: []map[string][]string{{"session": {}}},
		Paths:    map[string]map[string]*operation{},
		Components: components{
			Schemas: known.all,
			Responses: map[string]response{"problem": {
				Description: "Why it was not answered or not done, as RFC 9457 has it: the sentence in detail, what to do about it in next",
				Content:     map[string]mediaType{"application/problem+json": {known.schema(a.Problem)}},
			}},
			SecuritySchemes: map[string]securityScheme{"session": {
				Type: "apiKey", In: "cookie", Name: a.Cookie, Description: "The cookie that a sign-in leaves for the console's host",
			}},
		},
	}
	for i := range a.Operations {
		o := &a.Operations[i]
		described, err := o.describe(known)
		if err != nil {
			return nil, fmt.Errorf("describe %s %s: %w", o.Method, o.Path, err)
		}
		if d.Paths[o.Path] == nil {
			d.Paths[o.Path] = map[string]*operation{}
		}
		d.Paths[o.Path][strings.ToLower(o.Method)] = described
	}
	if known.fault != nil {
		return nil, fmt.Errorf("describe the answers: %w", known.fault)
	}
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode the API's description: %w", err)
	}
	return append(text, '\n'), nil
}

// hole is a named part of a path.
var hole = regexp.MustCompile(`\{([a-z]+)\}`)

func (o *Operation) describe(known *types) (*operation, error) {
	practiceOf, _, _ := strings.Cut(o.Permission, ".")
	d := &operation{
		ID: o.ID, Summary: o.Title, Tags: []string{practiceOf}, Permission: o.Permission, Role: o.Role,
		Responses: map[string]responseRef{
			"200":     {response: &response{"What was asked for", map[string]mediaType{"application/json": {known.schema(o.Answer)}}}},
			"default": {Ref: "#/components/responses/problem"},
		},
	}
	if o.Local {
		d.Servers = []server{{URL: "http://admin", Description: "The socket admin.sock in the data folder"}}
	}
	if o.Method == http.MethodPost && len(o.Fields) > 0 {
		d.Body = &body{true, map[string]mediaType{"application/x-www-form-urlencoded": {form(o.Fields)}}}
		return d, nil
	}
	var holes []string
	for _, found := range hole.FindAllStringSubmatch(o.Path, -1) {
		holes = append(holes, found[1])
		if !slices.ContainsFunc(o.Fields, func(f practice.Field) bool { return f.Name == found[1] }) {
			return nil, fmt.Errorf("it is not declared what {%s} is", found[1])
		}
	}
	for _, f := range o.Fields {
		p := parameter{Name: f.Name, In: "query", Description: f.Doc, Required: f.Required, Schema: value(f)}
		if slices.Contains(holes, f.Name) {
			p.In, p.Required = "path", true
		}
		d.Parameters = append(d.Parameters, p)
	}
	return d, nil
}
