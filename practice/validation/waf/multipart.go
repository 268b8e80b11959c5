package waf

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
)

var errMultipart = fault(400, "body.multipart", "The form is not put together as browsers do it.",
	"Send it as multipart/form-data (RFC 7578): one boundary, each part with one Content-Disposition and one name.")

// form is what a multipart form holds.
type form struct {
	values  []field
	files   []file
	headers []field // of the parts, by the part's name
	names   []field
}

type file struct {
	field, name string
	size        int
}

// readMultipart reads a form (RFC 7578). Parsers differ in what they make of anything unusual, and attacks live in
// that difference; so everything that browsers do not send is refused: bytes before the first or after the last
// boundary, bare line feeds, parts without a name, names told twice or in two spellings, escapes in names.
func readMultipart(body []byte, params map[string]string, partial bool) (form, *Fault) {
	boundary := params["boundary"]
	var out form
	if !validBoundary(boundary) || !framed(body, boundary, partial) {
		return out, errMultipart
	}
	r := multipart.NewReader(bytes.NewReader(body), boundary)
	for n := 0; ; n++ {
		part, err := r.NextRawPart() // NextPart would decode and hide the transfer encoding
		switch {
		case err == io.EOF, err != nil && partial && cutInHead(body, boundary): //nolint:errorlint // wrapped, it is a body that ends early
			return out, nil
		case err != nil:
			return out, errMultipart
		case n == maxFields:
			return out, errFields
		}
		data, err := io.ReadAll(part)
		if err != nil && !partial || !out.add(part.Header, data) {
			return out, errMultipart
		}
		if err != nil {
			return out, nil // it is cut inside this value
		}
	}
}

// add takes a part and says whether it is one.
func (out *form) add(h textproto.MIMEHeader, data []byte) bool {
	name, filename, isFile, ok := disposition(h)
	if !ok {
		return false
	}
	for key, values := range h {
		if len(values) > 1 {
			return false
		}
		out.headers = append(out.headers, field{name, key + ": " + values[0]})
	}
	out.names = append(out.names, field{name, name})
	if isFile {
		out.files = append(out.files, file{field: name, name: filename, size: len(data)})
	}
	// Some parsers do not know the extended spelling of a file's name, and take its part for a field.
	if !isFile || strings.Contains(h["Content-Disposition"][0], "*") {
		out.values = append(out.values, field{name, string(data)})
	}
	return true
}

// disposition reads a part's name and, of a file, its name. An empty file name makes a field: some applications
// take it for one, and then its value counts.
func disposition(h textproto.MIMEHeader) (name, filename string, isFile, ok bool) {
	lines := h["Content-Disposition"]
	if len(lines) != 1 || !plain(lines[0]) {
		return "", "", false, false
	}
	kind, params, err := mime.ParseMediaType(lines[0])
	if err != nil || kind != "form-data" {
		return "", "", false, false
	}
	name, ok = params["name"]
	filename = params["filename"]
	return name, filename, filename != "", ok
}

// plain says whether all parsers read a Content-Disposition alike: no escapes, and no extended parameter
// (RFC 8187) save the one that some programs send for file names in place of the simple one.
func plain(line string) bool {
	if strings.ContainsAny(line, "\\\x00") {
		return false
	}
	pieces := strings.Split(strings.ToLower(line), `"`)
	if len(pieces)%2 == 0 {
		return false // a quote is left open
	}
	var unquoted strings.Builder
	for i := 0; i < len(pieces); i += 2 {
		unquoted.WriteString(strings.ReplaceAll(pieces[i], " ", ""))
	}
	outside := unquoted.String()
	switch strings.Count(outside, "*") {
	case 0:
		return !strings.Contains(outside, "'") // which some parsers take for a quote
	case 1:
		extended := strings.Contains(outside, ";filename*=utf-8'") || strings.Contains(outside, ";filename*=us-ascii'")
		return extended && !strings.Contains(outside, ";filename=") && strings.Count(outside, "'") == 2
	default:
		return false
	}
}

// validBoundary takes the characters of RFC 2046 section 5.1.1 but the space, which parsers trim differently.
func validBoundary(s string) bool {
	if s == "" || len(s) > 70 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?") == ""
}

// framed says whether boundaries stand where all parsers find them: the first at the very beginning, the last at
// the very end, each on a line of its own that ends in CRLF, and nowhere else, not even as part of a value; and
// whether the heads of the parts are lines of the same kind, none of them folded.
func framed(body []byte, boundary string, partial bool) bool {
	delimiter := []byte("--" + boundary)
	if !bytes.HasPrefix(body, delimiter) {
		return partial && bytes.HasPrefix(delimiter, body)
	}
	for rest := body[len(delimiter):]; ; {
		if tail, last := bytes.CutPrefix(rest, []byte("--")); last {
			return len(tail) == 0 || string(tail) == "\r\n"
		}
		part, ok := bytes.CutPrefix(rest, []byte("\r\n"))
		head, content, whole := bytes.Cut(part, []byte("\r\n\r\n"))
		if !ok || !whole {
			return partial && (len(rest) < 2 || ok)
		}
		if bytes.Contains(head, delimiter) || folded(head) {
			return false
		}
		i := bytes.Index(content, delimiter)
		if i < 0 {
			return partial
		}
		if !bytes.HasSuffix(part[:len(part)-len(content)+i], []byte("\r\n")) {
			return false
		}
		rest = content[i+len(delimiter):]
	}
}

// cutInHead says whether the body ends before the last part's value begins.
func cutInHead(body []byte, boundary string) bool {
	last := max(bytes.LastIndex(body, []byte("--"+boundary)), 0)
	return !bytes.Contains(body[last:], []byte("\r\n\r\n"))
}

// folded says whether a head has bare line ends or lines that continue.
func folded(head []byte) bool {
	for i, line := range bytes.Split(head, []byte("\r\n")) {
		if bytes.ContainsAny(line, "\r\n\x00") || i > 0 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			return true
		}
	}
	return false
}
