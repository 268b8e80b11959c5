package app

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// maxForm bounds what an action is told.
const maxForm = 64 << 10

var errNoAction = problem.New("app.action.unknown", "There is no such action.", "See tenward --help.")

// local is what commands on this machine can ask for: the console's data, and the practices' actions and API.
func local(console http.Handler, ten []practice.Practice) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", console)
	var all []practice.Action
	for _, p := range ten {
		all = append(all, p.Actions...)
		for _, r := range p.Routes {
			if r.Face == practice.API {
				mux.Handle(r.Pattern, r.Handler)
			}
		}
	}
	mux.HandleFunc("POST /api/v1/actions/{name}", func(w http.ResponseWriter, r *http.Request) {
		i := slices.IndexFunc(all, func(a practice.Action) bool { return a.Name == r.PathValue("name") })
		if i < 0 {
			answerProblem(w, http.StatusNotFound, errNoAction)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			answerProblem(w, http.StatusBadRequest, problem.New("app.form.refused", "This cannot be read.", "Send a form.").Because(err))
			return
		}
		result, err := all[i].Do(r.Context(), r.PostForm)
		if err != nil {
			answerProblem(w, http.StatusConflict, problem.Of(err))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(done{Next: result.Next, Once: result.Once}) // a client that has gone needs no answer
	})
	return mux
}

// done is what became of an action.
type done struct {
	Next string `json:"next,omitempty"`
	Once string `json:"once,omitempty"`
}

// answerProblem writes a problem as RFC 9457 has it.
func answerProblem(w http.ResponseWriter, status int, p *problem.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { //nolint:errchkjson // a client that has gone needs no answer
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
		Next   string `json:"next"`
	}{"about:blank", http.StatusText(status), status, p.Code, p.Sentence, p.Next})
}
