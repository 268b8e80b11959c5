package attack

import (
	"net/http"
	"net/url"
	"strings"
)

// Expectation is what ought to become of a request. The zero value is none, and is never met.
type Expectation string

// The expectations.
const (
	Refused Expectation = "refused"
	Passed  Expectation = "passed"
)

// Layer is who ought to refuse an attack.
type Layer string

// The layers. By rules is what reads requests for attacks; by the gate what no application may be asked at all.
const (
	ByRules Layer = "rules"
	ByGate  Layer = "gate"
)

// Entry is one request of the corpus.
type Entry struct {
	ID      string // group and name, for good: "sql.tautology"
	What    string // what it tries, or who would send it
	Kind    string // which kind of attack, or of honest request
	CWE     string // the weakness that it is after; of an honest request, that it is taken for
	Why     string // how the attack is known, or why the honest request looks like one
	Expect  Expectation
	By      Layer // of an attack
	Request Request
}

// Request is what is sent. Everything stands as it goes over the wire, but for its session and its tag.
type Request struct {
	Method string
	Host   string // in place of the service's own; empty for that
	Target string // path and query, escaped
	Header http.Header
	Body   string

	Unannounced bool // the body's length is not said before it comes
}

// Corpus is all of it: attacks and honest requests.
func Corpus() []Entry { return append(Attacks(), Honest()...) }

// group is what entries of one kind share.
type group struct {
	id, kind, cwe string
	entries       []entry
}

// entry is what is its own.
type entry struct {
	id, what, why string
	request       Request
}

// of makes the entries of some groups.
func of(expect Expectation, by Layer, groups ...group) []Entry {
	var all []Entry
	for _, g := range groups {
		for _, e := range g.entries {
			all = append(all, Entry{
				ID: g.id + "." + e.id, What: e.what, Kind: g.kind, CWE: g.cwe, Why: e.why, Expect: expect, By: by, Request: e.request,
			})
		}
	}
	return all
}

// get asks for a path as it stands.
func get(target string) Request { return Request{Method: http.MethodGet, Target: target} }

// query asks with these fields, name and value in turn.
func query(fields ...string) Request { return get("/search?" + encode(fields)) }

// form posts these fields.
func form(fields ...string) Request {
	return post("application/x-www-form-urlencoded", encode(fields))
}

// document posts JSON.
func document(body string) Request { return post("application/json", body) }

// post sends a body.
func post(contentType, body string) Request {
	return Request{Method: http.MethodPost, Target: "/notes", Header: http.Header{"Content-Type": {contentType}}, Body: body}
}

// to sends it elsewhere.
func (r Request) to(method, target string) Request {
	r.Method, r.Target = method, target
	return r
}

// with adds header fields, name and value in turn.
func (r Request) with(fields ...string) Request {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	for i := 0; i+1 < len(fields); i += 2 {
		h.Add(fields[i], fields[i+1])
	}
	r.Header = h
	return r
}

// encode writes fields as a browser's form does, in their order.
func encode(fields []string) string {
	var b strings.Builder
	for i := 0; i+1 < len(fields); i += 2 {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(fields[i]) + "=" + url.QueryEscape(fields[i+1]))
	}
	return b.String()
}

// upload posts one file in a form, as browsers do.
func upload(file, contentType, content string) Request {
	const boundary = "----tenward7d1f0c9a2b"
	return post("multipart/form-data; boundary="+boundary, "--"+boundary+"\r\n"+
		`Content-Disposition: form-data; name="file"; filename="`+file+`"`+"\r\n"+
		"Content-Type: "+contentType+"\r\n\r\n"+content+"\r\n--"+boundary+"--\r\n")
}
