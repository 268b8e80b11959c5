package gate

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

// EventHeader names the event of an exchange that was not let through.
const EventHeader = "Tenward-Event"

//go:embed page.css
var pageStyle string

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// pagePolicy lets the page's own style through and nothing else: it stands on the application's origin.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// fail ends the exchange because something of ours did not work: 503, in observe mode too.
func (g *Gate) fail(x *Exchange, stage, kind string, why *problem.Problem) {
	x.settle(event.Errored, kind, stage)
	x.Note("problem", why.Code)
	status := http.StatusServiceUnavailable
	if kind == kindUpstream {
		status = http.StatusBadGateway
	}
	g.refuse(x, status, why)
}

// refuse answers with what happened, the next step and the id to quote, as a page, as RFC 9457's JSON, or as
// text, whichever the client asks for. When the answer has already begun there is nothing left to say.
func (g *Gate) refuse(x *Exchange, status int, why *problem.Problem) {
	if x.answer.status != 0 {
		return
	}
	id := x.ID.String()
	h := x.answer.Header()
	h.Set(EventHeader, id)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Tenward realm="sign-in"`) // RFC 9110 section 11.6.1 wants one on every 401
	}
	if why.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(why.RetryAfter.Seconds()+0.5)))
	}
	if x.Run != "" {
		x.sayVerdict()
	}
	x.answerEarly()
	kind, body := renderProblem(x.Request.Header["Accept"], status, why, id)
	h.Set("Content-Type", kind)
	if kind == kindHTML {
		h.Set("Content-Security-Policy", pagePolicy)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.answer.WriteHeader(status)
	if x.Request.Method != http.MethodHead {
		_, _ = x.answer.Write(body) // a client that has gone needs no answer
	}
}

const (
	kindHTML = "text/html; charset=utf-8"
	kindJSON = "application/problem+json"
	kindText = "text/plain; charset=utf-8"
)

func renderProblem(accept []string, status int, why *problem.Problem, id string) (kind string, body []byte) {
	wants := strings.Join(accept, ",")
	switch {
	case strings.Contains(wants, "text/html"):
		var b bytes.Buffer
		err := pageTemplate.Execute(&b, map[string]any{
			"Status": status, "Title": http.StatusText(status), "Why": why, "Event": id,
			"Style": template.CSS(pageStyle), //nolint:gosec // our own embedded file
		})
		if err == nil {
			return kindHTML, b.Bytes()
		}
	case strings.Contains(wants, "json"):
		b, err := json.Marshal(map[string]any{
			"type": "about:blank", "title": http.StatusText(status), "status": status,
			"detail": why.Sentence, "next": why.Next, "code": why.Code, "instance": "urn:uuid:" + id,
		})
		if err == nil {
			return kindJSON, append(b, '\n')
		}
	}
	return kindText, []byte(strconv.Itoa(status) + " " + http.StatusText(status) + "\n" + why.Error() + "\nEvent " + id + "\n")
}
