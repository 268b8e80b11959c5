package waf

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep a document may nest. People's documents stay below ten; parsers behind may recurse.
const maxDepth = 64

var (
	errJSON = fault(400, "body.json", "The body says that it is JSON, and it is not.",
		"Send one valid JSON document in UTF-8, or name its real type in Content-Type.")
	errDepth = fault(400, "body.depth", "The body nests deeper than can be looked at.", "Send a flatter document.")
)

// readJSON flattens a document (RFC 8259) into fields as the Core Rule Set knows them: json.a.0.b, with a
// list's length under the list's own name, numbers as they were written, null as nothing. A name that comes twice
// gives two fields: applications do not agree on which one counts.
func readJSON(body []byte, partial bool) ([]field, *Fault) {
	if !partial && !utf8.Valid(body) {
		return nil, errJSON
	}
	w := walk{decoder: json.NewDecoder(bytes.NewReader(body)), fields: fields{room: 4*len(body) + 4096}}
	w.decoder.UseNumber()
	f := w.document()
	if f == errJSON && partial && w.cut {
		f = w.add(string(body[w.decoder.InputOffset():])) // the value that was cut, as it was written
	}
	return w.fields.list, f
}

// walk goes through a document without recursion: its depth is the sender's.
type walk struct {
	decoder *json.Decoder
	fields  fields
	name    []byte
	open    []level
	cut     bool // the bytes ended inside the document
}

// level is one object or list that is open.
type level struct {
	name  int // how long the name was when it opened
	list  bool
	count int
	key   bool // an object: what comes next is a value
}

func (w *walk) document() *Fault {
	w.name = append(w.name, "json"...)
	for first := true; first || len(w.open) > 0; first = false {
		token, err := w.decoder.Token()
		if err != nil {
			w.cut = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			return errJSON
		}
		if f := w.token(token, first); f != nil {
			return f
		}
	}
	if _, err := w.decoder.Token(); !errors.Is(err, io.EOF) {
		return errJSON
	}
	return nil
}

func (w *walk) token(t json.Token, first bool) *Fault {
	if d, ok := t.(json.Delim); ok && (d == '}' || d == ']') {
		return w.shut()
	}
	if n := len(w.open); n > 0 {
		top := &w.open[n-1]
		switch {
		case top.list:
			w.name = strconv.AppendInt(append(w.name[:top.name], '.'), int64(top.count), 10)
			top.count++
		case !top.key:
			key, _ := t.(string) // the decoder lets nothing else be a key
			w.name = append(append(w.name[:top.name], '.'), key...)
			top.key = true
			return nil
		default:
			top.key = false
		}
	} else if _, ok := t.(json.Delim); first && !ok { // a lone value counts as a list of one
		if f := w.add("1"); f != nil {
			return f
		}
		w.name = append(w.name, ".0"...)
	}
	switch v := t.(type) {
	case json.Delim:
		if len(w.open) >= maxDepth {
			return errDepth
		}
		w.open = append(w.open, level{name: len(w.name), list: v == '['})
		return nil
	case string:
		return w.add(v)
	case json.Number:
		return w.add(v.String())
	case bool:
		return w.add(strconv.FormatBool(v))
	default:
		return w.add("")
	}
}

// shut closes the innermost object or list and tells a list's length.
func (w *walk) shut() *Fault {
	top := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.name = w.name[:top.name]
	if top.list && top.count > 0 {
		return w.add(strconv.Itoa(top.count))
	}
	return nil
}

func (w *walk) add(value string) *Fault {
	if !w.fields.add(string(w.name), value) {
		return errFields
	}
	return nil
}
