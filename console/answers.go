package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/console/openapi"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// Where the API answers.
const (
	apiBelow     = "/api/v1"
	actionsBelow = apiBelow + "/actions/"
)

// SeeState is the permission to see how things stand, for answers that are given to the console.
const SeeState = seeState

// endpoint is one thing that programs can ask for, and who answers.
type endpoint struct {
	openapi.Operation
	handle http.HandlerFunc
}

// answers are all that there is to be read: the data of each page, what only programs ask for, and what all of it is.
func (c *Console) answers() []endpoint {
	all := make([]endpoint, 0, len(c.pages)+len(c.bare)+1)
	for _, p := range slices.Concat(c.pages, c.bare) {
		all = append(all, endpoint{openapi.Operation{
			Method: http.MethodGet, Path: apiBelow + p.Path, ID: idOf(p.Path), Title: p.Title,
			Permission: p.Permission, Role: p.role, Fields: p.Query, Answer: p.Data,
		}, c.load(p)})
	}
	return append(all, endpoint{openapi.Operation{
		Method: http.MethodGet, Path: apiBelow + "/openapi.json", ID: "get.openapi", Title: "This description",
		Permission: seeState, Role: practice.RoleReader, Answer: map[string]any{},
	}, c.describe})
}

// idOf names what a page's data are, "get.people.id.roles".
func idOf(path string) string {
	return "get" + strings.NewReplacer("/", ".", "{", "", "}", "").Replace(path)
}

// load answers with a page's data.
func (c *Console) load(p *page) http.HandlerFunc {
	besides := slices.DeleteFunc(slices.Clone(p.Query), func(f practice.Field) bool { return slices.Contains(p.holes(), f.Name) })
	return func(w http.ResponseWriter, r *http.Request) {
		sent, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			c.fail(w, r, errFilter.Because(err))
			return
		}
		if err := declared(besides, sent); err != nil {
			c.fail(w, r, err)
			return
		}
		data, err := p.Load(r.Context(), p.query(r))
		c.answer(w, r, data, err)
	}
}

// describe answers with the description of all this.
func (c *Console) describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(c.description) // the reader may have gone
}

// described makes the description.
func (c *Console) described() ([]byte, error) {
	api := openapi.API{Origin: c.o.URL, Cookie: gate.SessionCookie, Problem: refusal{}, Operations: slices.Clone(c.o.Beside)}
	for _, one := range c.answers() {
		api.Operations = append(api.Operations, one.Operation)
	}
	for _, a := range c.actions {
		api.Operations = append(api.Operations, openapi.Operation{
			Method: http.MethodPost, Path: actionsBelow + a.Name, ID: a.Name, Title: a.Title,
			Permission: a.Permission, Role: a.role, Fields: a.Form, Answer: done{},
		})
	}
	return api.Document()
}

// declared refuses what nobody has declared: a name that was misspelt would change what is meant without a word. Pages
// of the console send some fields of its own besides.
func declared(fields []practice.Field, sent url.Values, besides ...string) error {
	for name, values := range sent {
		i := slices.IndexFunc(fields, func(f practice.Field) bool { return f.Name == name })
		switch {
		case i < 0 && !slices.Contains(besides, name):
			return problem.New("console.field.malformed", fmt.Sprintf("Nothing is known here of %+q.", ui.Cut(name, maxName)), only(fields))
		case len(values) > 1 && (i < 0 || !fields[i].Many):
			return problem.New("console.field.malformed", fmt.Sprintf("There is more than one %+q, and it is not clear which is meant.", ui.Cut(name, maxName)), "Send it once.")
		}
	}
	return nil
}

// only says what can be sent.
func only(fields []practice.Field) string {
	if len(fields) == 0 {
		return "Send nothing."
	}
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return "Send nothing but " + strings.Join(names, ", ") + "."
}
