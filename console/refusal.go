package console

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/problem"
)

// What the console refuses, in words.
var (
	errNoSession = problem.New("console.session.missing", "The console needs a sign-in.", "Open it in a browser and sign in.")
	errNoRole    = problem.New("console.role.missing", "This page needs a role that you do not have.", "An owner of this server can give it to you, on the machine itself: tenward person grant NAME ROLE.")
	errOtherSite = problem.New("console.origin.refused", "Another site sent this request, so it was not carried out.",
		"Do it again on a page of the console.")
	errUnknownPage = problem.New("console.page.unknown", "The console has no page of this address.",
		"Check the address, or begin at the overview.")
	errUnknownEvent = problem.New("console.event.unknown", "There is no event of this id in the record.",
		"Check the id: it looks like 0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50, and error pages show it. While the disk takes no writes the newest events wait, and are found later.")
	errFilter = problem.New("console.filter.malformed", "The address asks for events in a way that the console does not know.",
		"Begin at all events and choose from there.")
	errTooMany = problem.New("console.streams.many", "This session watches as many live pages as it may.",
		"Close one of its other pages.")
)

func wrongHost(origin string) *problem.Problem {
	return problem.New("console.host.refused", "The console does not answer under this name.", "Open "+origin+".")
}

// titles of the pages that say one thing, by status.
var titles = map[int]string{
	http.StatusBadRequest:          "That was not understood",
	http.StatusUnauthorized:        "Sign in first",
	http.StatusForbidden:           "Not carried out",
	http.StatusNotFound:            "Nothing here",
	http.StatusMisdirectedRequest:  "Another address",
	http.StatusTooManyRequests:     "Too many live pages",
	http.StatusInternalServerError: "Something went wrong",
	http.StatusServiceUnavailable:  "Not now",
}

// refuse says why, as a page or, where data was asked for, as RFC 9457 has it.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, status int, p *problem.Problem) {
	if status >= http.StatusInternalServerError {
		c.o.Log.ErrorContext(r.Context(), "the console could not answer", "path", r.URL.Path, "code", p.Code, "error", p.Unwrap())
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		refuseJSON(w, status, p)
		return
	}
	c.writeNotice(w, r, status, ui.Notice{
		Title: titles[status], Theme: theme(r), Sentence: p.Sentence, Next: p.Next, Home: sessionOf(r.Context()) != nil,
		Away: p.Code == errNoRole.Code,
	})
}

func (c *Console) writeNotice(w http.ResponseWriter, r *http.Request, status int, n ui.Notice) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := c.ui.Notice(w, n); err != nil {
		c.o.Log.DebugContext(r.Context(), "a page was not written whole", "error", err)
	}
}

// refuseJSON writes a problem as RFC 9457 has it.
func refuseJSON(w http.ResponseWriter, status int, p *problem.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	err := json.NewEncoder(w).Encode(refusal{"about:blank", http.StatusText(status), status, p.Code, p.Sentence, p.Next})
	if err != nil {
		return // the reader has gone
	}
}

// refusal is a problem as RFC 9457 has it.
type refusal struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Next   string `json:"next"`
}
