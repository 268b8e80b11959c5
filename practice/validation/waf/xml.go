package waf

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

var (
	errXML = fault(400, "body.xml", "The body says that it is XML, and it is not.",
		"Send one well-formed XML document in UTF-8, or name its real type in Content-Type.")
	errDoctype = fault(400, "body.doctype", "The body declares a document type, and those are not taken here.",
		"Send the document without DOCTYPE and entities.")
)

// readXML gives a document's attributes and texts (XML 1.0). A declaration of types or entities is refused: it is
// how documents reach for files (OWASP ASVS 5.0, 1.5.1). Texts come as they stand and, where tags or comments
// interrupt them, also joined: the application may see them so.
func readXML(body []byte, partial bool) (attributes, texts []string, f *Fault) {
	d := xml.NewDecoder(bytes.NewReader(body))
	r := xmlReader{}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var syntax *xml.SyntaxError
			if partial && errors.As(err, &syntax) && syntax.Msg == "unexpected EOF" {
				return r.attributes, append(r.texts, string(body[d.InputOffset():])), nil // what was cut, as it was written
			}
			return nil, nil, errXML
		}
		if f := r.token(token); f != nil {
			return nil, nil, f
		}
	}
	if !partial && (len(r.open) > 0 || !r.rooted) {
		return nil, nil, errXML
	}
	return r.attributes, r.texts, nil
}

type xmlReader struct {
	attributes, texts []string
	open              []*element
	rooted            bool
}

// element is one that is open, with the texts that stand in it directly.
type element struct {
	name   xml.Name
	joined strings.Builder
	pieces int
}

func (r *xmlReader) token(t xml.Token) *Fault {
	switch t := t.(type) {
	case xml.Directive:
		return errDoctype
	case xml.StartElement:
		if len(r.open) >= maxDepth {
			return errDepth
		}
		if len(r.open) == 0 && r.rooted {
			return errXML
		}
		r.rooted = true
		r.open = append(r.open, &element{name: t.Name})
		for _, a := range t.Attr {
			r.attributes = append(r.attributes, a.Value)
		}
	case xml.EndElement:
		if len(r.open) == 0 {
			return errXML
		}
		top := r.open[len(r.open)-1]
		if top.name != t.Name {
			return errXML
		}
		if top.pieces > 1 {
			r.texts = append(r.texts, top.joined.String())
		}
		r.open = r.open[:len(r.open)-1]
	case xml.CharData:
		text := strings.TrimSpace(string(t))
		if text == "" {
			break
		}
		if len(r.open) == 0 {
			return errXML
		}
		top := r.open[len(r.open)-1]
		top.joined.Write(t)
		top.pieces++
		r.texts = append(r.texts, text)
	}
	if len(r.attributes)+len(r.texts) > maxFields {
		return errFields
	}
	return nil
}
