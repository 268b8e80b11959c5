package waf

import (
	"bytes"
	"mime"
	"slices"
	"strings"
)

var (
	errType = fault(400, "body.type", "What the body is cannot be told from Content-Type.",
		"Send one Content-Type field with one media type.")
	errEncoding = fault(415, "body.encoding", "The body is compressed, and compressed bodies cannot be looked at.",
		"Send it without Content-Encoding.")
)

// body is what a request's body holds, by the names that rules use.
type body struct {
	processor string // REQBODY_PROCESSOR: how it was read
	text      string // REQUEST_BODY, of forms and of what has no known type
	values    []field
	form      form
	xml       bool
	attrs     []string
	texts     []string
}

// readBody reads a body as its type says and, where an application might not listen to the type, as more than
// that: what looks like a document is read as one even when it calls itself a form or text.
func readBody(r *Request) (body, *Fault) {
	if len(r.Body) == 0 {
		return body{}, nil
	}
	if e := r.header("Content-Encoding"); len(e) > 1 || len(e) == 1 && !strings.EqualFold(e[0], "identity") {
		return body{}, errEncoding
	}
	kind, params, f := mediaType(r.header("Content-Type"))
	if f != nil {
		return body{}, f
	}
	data := bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf"))
	switch {
	case strings.HasPrefix(kind, "multipart/"):
		form, f := readMultipart(r.Body, params, r.Partial)
		return body{processor: "MULTIPART", values: form.values, form: form}, f
	case isJSON(kind):
		values, f := readJSON(data, r.Partial)
		return body{processor: "JSON", values: values}, f
	case isXML(kind):
		attrs, texts, f := readXML(data, r.Partial)
		return body{processor: "XML", xml: true, attrs: attrs, texts: texts}, f
	default:
		return readUntyped(data, r.Partial)
	}
}

// readUntyped reads forms, and everything whose type says nothing about its names.
func readUntyped(data []byte, partial bool) (body, *Fault) {
	b := body{processor: "URLENCODED", text: string(data)}
	var f *Fault
	if b.values, f = readPairs(b.text); f != nil {
		return body{}, f
	}
	switch start := bytes.TrimLeft(data, " \t\r\n"); {
	case len(start) == 0:
	case strings.IndexByte(`{["`, start[0]) >= 0:
		values, f := readJSON(start, partial)
		if f == errFields || f == errDepth || len(values)+len(b.values) > maxFields {
			return body{}, errFields
		}
		b.values = append(b.values, values...) // also of what is no document to the end
	case start[0] == '<':
		attrs, texts, f := readXML(start, partial)
		b.xml, b.attrs, b.texts = f == nil, attrs, texts
	}
	return b, nil
}

// mediaType gives the one type there is; none is the empty one.
func mediaType(fields []string) (kind string, params map[string]string, f *Fault) {
	switch {
	case len(fields) == 0:
		return "", nil, nil
	case len(fields) > 1, strings.Contains(fields[0], "*"): // RFC 8187 spellings of parameters, which few understand
		return "", nil, errType
	}
	kind, params, err := mime.ParseMediaType(fields[0])
	if err != nil {
		return "", nil, errType
	}
	return kind, params, nil
}

// otherJSON are documents though their names neither begin with application/json nor end in +json.
var otherJSON = []string{"text/json", "text/x-json", "application/x-json", "application/csp-report"}

func isJSON(kind string) bool {
	return strings.HasPrefix(kind, "application/json") || strings.HasSuffix(kind, "+json") || slices.Contains(otherJSON, kind)
}

func isXML(kind string) bool {
	return strings.HasSuffix(kind, "+xml") || kind == "application/xml" || kind == "text/xml"
}

// header gives all values of a field, however its name is written.
func (r *Request) header(name string) []string {
	var all []string
	for key, values := range r.Headers {
		if strings.EqualFold(key, name) {
			all = append(all, values...)
		}
	}
	return all
}
