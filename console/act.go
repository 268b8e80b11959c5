package console

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// maxWhy is how long the reason for an act may be, in characters.
const maxWhy = 500

// action is an action in its place.
type action struct {
	practice.Action
	role string // whom it is for
}

var (
	errNoAction = problem.New("console.action.unknown", "There is no such action.", "Begin at the page that you came from, or see tenward --help.")
	errForm     = problem.New("console.form.malformed", "The form cannot be read.", "Send it again from a page of the console; programs send application/x-www-form-urlencoded, and nothing in the address.")
	errNoReason = problem.New("console.reason.missing", "There is no reason.", "Write in a few words why, for whoever reads the record later.")
)

// asked finds the action that a request names, and what it is told.
func (c *Console) asked(w http.ResponseWriter, r *http.Request) (*action, url.Values, error) {
	a := c.actions[r.PathValue("name")]
	if a == nil {
		return nil, nil, errNoAction
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return nil, nil, errForm.Because(err)
	}
	// What is sent in another form, or in the address, would be left out without a word.
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.URL.RawQuery != "" || r.ContentLength != 0 && kind != "application/x-www-form-urlencoded" {
		return nil, nil, errForm
	}
	return a, r.PostForm, nil
}

// act does what a form on a page asks for. What has an effect on others is asked about first.
func (c *Console) act(w http.ResponseWriter, r *http.Request) {
	a, form, err := c.asked(w, r)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.inside(a.role, func(w http.ResponseWriter, r *http.Request) {
		if err := declared(a.Form, form, "next", "confirmed"); err != nil {
			c.fail(w, r, err)
			return
		}
		if a.Effect != nil && (form.Get("confirmed") == "" || !reasoned(form)) {
			c.ask(w, r, a, form)
			return
		}
		c.carryOut(w, r, a, form)
	})(w, r)
}

func reasoned(form url.Values) bool {
	why := strings.TrimSpace(form.Get("reason"))
	return why != "" && len([]rune(why)) <= maxWhy
}

// ask says what would happen, and asks for the reason.
func (c *Console) ask(w http.ResponseWriter, r *http.Request, a *action, form url.Values) {
	effect, err := a.Effect(r.Context(), form)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	q := ui.Question{Title: a.Title, Theme: theme(r), Effect: effect, Action: "/actions/" + a.Name, Back: localPath(form.Get("next"))}
	if form.Get("confirmed") != "" {
		q.Fault = errNoReason.Error()
	}
	for name, values := range form {
		for _, v := range values {
			if name != "confirmed" && name != "reason" {
				q.Fields = append(q.Fields, ui.Field{Name: name, Value: v})
			}
		}
	}
	slices.SortFunc(q.Fields, func(a, b ui.Field) int { return strings.Compare(a.Name, b.Name) })
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := c.ui.Question(w, q); err != nil {
		c.o.Log.DebugContext(r.Context(), "a page was not written whole", "error", err)
	}
}

// carryOut does it, and leads to where its outcome is seen.
func (c *Console) carryOut(w http.ResponseWriter, r *http.Request, a *action, form url.Values) {
	result, err := a.Do(r.Context(), form)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	next := result.Next
	if next == "" {
		next = form.Get("next")
	}
	if result.Once != "" { // it stands in no address and is kept nowhere
		c.writeNotice(w, r, http.StatusOK, ui.Notice{
			Title: a.Title, Theme: theme(r), Sentence: result.Sentence, Next: "It is shown this once:", Command: result.Once, Home: true,
		})
		return
	}
	c.flashes.put(sessionOf(r.Context()), result)
	http.Redirect(w, r, localPath(next), http.StatusSeeOther)
}

// undo takes the session's last act back, while that is offered.
func (c *Console) undo(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	u := c.flashes.take(sessionOf(r.Context()), r.PostFormValue("token"))
	if u == nil {
		c.fail(w, r, problem.New("console.undo.late", "The time to take it back is over.", "Do the opposite on the page itself."))
		return
	}
	a := c.actions[u.Action]
	if a == nil {
		c.fail(w, r, errNoAction)
		return
	}
	u.Form.Set("next", r.PostFormValue("next"))
	c.inside(a.role, func(w http.ResponseWriter, r *http.Request) { c.carryOut(w, r, a, u.Form) })(w, r)
}

// do is an action over the API: programs are not asked again.
func (c *Console) do(behind func(role string, h http.HandlerFunc) http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, form, err := c.asked(w, r)
		if err != nil {
			c.fail(w, r, err)
			return
		}
		behind(a.role, func(w http.ResponseWriter, r *http.Request) {
			if err := declared(a.Form, form); err != nil {
				c.fail(w, r, err)
				return
			}
			result, err := a.Do(r.Context(), form)
			if err != nil {
				c.fail(w, r, err)
				return
			}
			c.writeJSON(w, r, http.StatusOK, done{result.Sentence, result.Next, result.Once})
		})(w, r)
	}
}

// done is what became of an action.
type done struct {
	Sentence string `json:"sentence,omitempty"`
	Next     string `json:"next,omitempty"`
	Once     string `json:"once,omitempty"`
}
