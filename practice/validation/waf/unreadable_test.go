package waf

import (
	"strings"
	"testing"
)

// TestWhatCannotBeReadIsRefused: unknown is never a pass.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	const (
		multi = "multipart/form-data; boundary=xYz7"
		part  = "--xYz7\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nmilk\r\n"
		end   = "--xYz7--\r\n"
	)
	with := func(r *Request, name string, values ...string) *Request {
		r.Headers[name] = values
		return r
	}
	disposition := func(line string) *Request {
		return request("POST", "/", multi, "--xYz7\r\nContent-Disposition: "+line+"\r\n\r\nmilk\r\n"+end)
	}
	w := newWAF(t)
	for _, tt := range []struct {
		name   string
		r      *Request
		status int
		code   string // of the fault; empty where a rule refuses
	}{
		{"JSON that is none", request("POST", "/", "application/json", `{"q":`), 400, "body.json"},
		{"JSON that is a form", request("POST", "/", "application/json", "q=milk"), 400, "body.json"},
		{"two JSON documents", request("POST", "/", "application/json", `{"q":1}{"q":2}`), 400, "body.json"},
		{"JSON with a comment", request("POST", "/", "application/json", `{"q":1 /* x */}`), 400, "body.json"},
		{"JSON in UTF-16", request("POST", "/", "application/json", "{\x00}\x00"), 400, "body.json"},
		{"JSON with broken UTF-8", request("POST", "/", "application/json", "{\"q\":\"\xff\"}"), 400, "body.json"},
		{"JSON of a vendor, none", request("POST", "/", "application/vnd.notes+json", "q=milk"), 400, "body.json"},
		{"JSON type in capitals", request("POST", "/", "APPLICATION/JSON; Charset=UTF-8", "q=milk"), 400, "body.json"},
		{"JSON that nests too deeply", request("POST", "/", "application/json", strings.Repeat("[", 65)+strings.Repeat("]", 65)), 400, "body.depth"},
		{"JSON that never stops nesting", request("POST", "/", "application/json", strings.Repeat("[", 500000)), 400, "body.depth"},
		{"JSON with too many values", request("POST", "/", "application/json", "["+strings.Repeat("1,", 1000)+"1]"), 400, "fields.many"},
		{"JSON whose names explode", request("POST", "/", "application/json", `{"`+strings.Repeat("n", 20000)+`":[`+strings.Repeat("1,", 900)+"1]}"), 400, "fields.many"},
		{"JSON in another charset", request("POST", "/", "application/json; charset=utf-16", `{"q":1}`), 403, ""},
		{"form with too many fields", request("POST", "/", formType, strings.Repeat("a=1&", 1001)), 400, "fields.many"},
		{"query with too many fields", request("GET", "/?"+strings.Repeat("a=1&", 1001), "", ""), 400, "fields.many"},
		{"too many cookies", with(request("GET", "/", "", ""), "Cookie", strings.Repeat("a=1;", 1001)), 400, "fields.many"},
		{"form in another charset", request("POST", "/", formType+"; charset=ibm037", "q=milk"), 403, ""},
		{"compressed body", with(request("POST", "/", "application/json", "\x1f\x8b"), "Content-Encoding", "gzip"), 415, "body.encoding"},
		{"compressed twice", with(request("POST", "/", "application/json", "x"), "Content-Encoding", "identity", "br"), 415, "body.encoding"},
		{"two types", with(request("POST", "/", "", `{}`), "Content-Type", "application/json", formType), 400, "body.type"},
		{"two types in one field", with(request("POST", "/", "", `{}`), "Content-Type", "application/json, text/plain"), 400, "body.type"},
		{"two types in two spellings", with(request("POST", "/", "text/plain", `{}`), "content-type", "application/json"), 400, "body.type"},
		{"no type", request("POST", "/", "", "q=milk"), 403, ""},
		{"a type that is not allowed", request("POST", "/", "application/octet-stream", "milk"), 403, ""},
		{"a type nobody knows", request("POST", "/", "application/x-milk", "milk"), 403, ""},
		{"a type with a parameter twice", request("POST", "/", "application/json; charset=utf-8; charset=utf-7", `{}`), 400, "body.type"},
		{"GET with a body", with(request("GET", "/", formType, "q=milk"), "Content-Length", "6"), 403, ""},
		{"GET with a body of untold length", request("GET", "/", formType, "q=milk"), 403, ""},
		{"attack in the body of a GET", request("GET", "/", "application/json", `{"q":"`+attack+`"}`), 403, ""},
		{"an address with a fragment", request("GET", "/?q=milk#&q="+attack, "", ""), 400, "uri"},
		{"an address with a zero byte", request("GET", "/\x00?q=milk", "", ""), 400, "uri"},
		{"XML that is none", request("POST", "/", "text/xml", "<a><b></a>"), 400, "body.xml"},
		{"XML that ends early", request("POST", "/", "application/soap+xml", "<a><b>"), 400, "body.xml"},
		{"XML with two roots", request("POST", "/", "text/xml", "<a/><b/>"), 400, "body.xml"},
		{"XML with text after it", request("POST", "/", "text/xml", "<a/>milk"), 400, "body.xml"},
		{"XML with a document type", request("POST", "/", "text/xml", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`), 400, "body.doctype"},
		{"XML with an entity of its own", request("POST", "/", "text/xml", `<a>&x;</a>`), 400, "body.xml"},
		{"XML in another charset", request("POST", "/", "text/xml", `<?xml version="1.0" encoding="utf-7"?><a/>`), 400, "body.xml"},
		{"XML that nests too deeply", request("POST", "/", "text/xml", strings.Repeat("<a>", 65)), 400, "body.depth"},
		{"multipart without a boundary", request("POST", "/", "multipart/form-data", part+end), 400, "body.multipart"},
		{"multipart with two boundaries", request("POST", "/", multi+"; boundary=other", part+end), 400, "body.type"},
		{"multipart with a boundary in another spelling", request("POST", "/", "multipart/form-data; boundary*=utf-8''xYz7", part+end), 400, "body.type"},
		{"multipart with a preamble", request("POST", "/", multi, "milk\r\n"+part+end), 400, "body.multipart"},
		{"multipart with an epilogue", request("POST", "/", multi, part+end+"milk"), 400, "body.multipart"},
		{"multipart with something after its end", request("POST", "/", multi, part+end+part+end), 400, "body.multipart"},
		{"multipart without its end", request("POST", "/", multi, part), 400, "body.multipart"},
		{"multipart cut in a head", request("POST", "/", multi, "--xYz7\r\nContent-Dispo"), 400, "body.multipart"},
		{"multipart with bare line feeds", request("POST", "/", multi, strings.ReplaceAll(part+end, "\r\n", "\n")), 400, "body.multipart"},
		{"a boundary inside a value", request("POST", "/", multi, "--xYz7\r\nContent-Disposition: form-data; name=\"q\"; filename=\"a.txt\"\r\n\r\nx\n"+part+end), 400, "body.multipart"},
		{"a boundary with spaces after it", request("POST", "/", multi, "--xYz7 \r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nmilk\r\n"+end), 400, "body.multipart"},
		{"a folded part header", disposition("form-data;\r\n name=\"q\""), 400, "body.multipart"},
		{"a part without a name", disposition("form-data"), 400, "body.multipart"},
		{"a part that is no form field", disposition(`attachment; name="q"`), 400, "body.multipart"},
		{"a part with two names", disposition(`form-data; name="q"; name="r"`), 400, "body.multipart"},
		{"a part with two heads of one name", disposition("form-data; name=\"q\"\r\nContent-Disposition: form-data; name=\"r\""), 400, "body.multipart"},
		{"a part with an escape in its name", disposition(`form-data; name="q\"; filename=\"x"`), 400, "body.multipart"},
		{"a part with an open quote", disposition(`form-data; name="q; filename=x`), 400, "body.multipart"},
		{"a part with two file names", disposition(`form-data; name="q"; filename="a.txt"; filename*=utf-8''b.php`), 400, "body.multipart"},
		{"a part with a name in another spelling", disposition(`form-data; name*=utf-8''q`), 400, "body.multipart"},
		{"a part with a file name in pieces", disposition(`form-data; name="q"; filename*0="a.p"; filename*1="hp"`), 400, "body.multipart"},
		{"a part with single quotes, which some parsers take for quotes", disposition(`form-data; name="q"; x='; filename="y"; z='`), 400, "body.multipart"},
		{"a part with single quotes beside an extended file name", disposition(`form-data; name="q"; x=''; filename*=utf-8''y`), 400, "body.multipart"},
		{"an attack in a part whose file name some parsers do not know", request("POST", "/", multi,
			"--xYz7\r\nContent-Disposition: form-data; name=\"q\"; filename*=utf-8''y.txt\r\n\r\n"+attack+"\r\n"+end), 403, ""},
		{"a part in a transfer encoding", request("POST", "/", multi, "--xYz7\r\nContent-Disposition: form-data; name=\"q\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=6Dilk\r\n"+end), 403, ""},
		{"a part in another charset", request("POST", "/", multi, "--xYz7\r\nContent-Disposition: form-data; name=\"q\"\r\nContent-Type: text/plain; charset=utf-7\r\n\r\nmilk\r\n"+end), 403, ""},
		{"a field _charset_", request("POST", "/", multi, "--xYz7\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-7\r\n"+part+end), 403, ""},
		{"document in a form", request("POST", "/", formType, `{"q":"vbscr\u0069pt:x"}`), 403, ""},
		{"document in a text", request("POST", "/", "text/plain", ` {"q":"vbscr\u0069pt:x"}`), 403, ""},
		{"broken document in a text", request("POST", "/", "text/plain", `{"q":"vbscr\u0069pt:x",`), 403, ""},
		{"markup in a text", request("POST", "/", "text/plain", `<a b="vbscr&#105;pt:x"/>`), 403, ""},
		{"XML text that a comment interrupts", request("POST", "/", "text/xml", `<a>vbsc<!-- -->ript:x</a>`), 403, ""},
		{"an attack behind a byte order mark", request("POST", "/", "application/json", "\xef\xbb\xbf"+`{"q":"`+attack+`"}`), 403, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := inspect(t, w, tt.r)
			code := ""
			if got.Fault != nil {
				code = got.Fault.Code
			}
			if !got.Blocked || got.Status != tt.status || code != tt.code {
				t.Errorf("blocked %v with %d %q, want %d %q; rules %+v", got.Blocked, got.Status, code, tt.status, tt.code, got.Rules)
			}
			if code == "" && got.Blocked && len(got.Rules) == 0 {
				t.Error("refused without a rule to show")
			}
		})
	}
}

func TestWhatIsCutIsReadAsFarAsItGoes(t *testing.T) {
	w := newWAF(t)
	multi := "--xYz7\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n" + attack
	for name, r := range map[string]*Request{
		"form":      request("POST", "/", formType, "a=1&q="+attack),
		"JSON":      request("POST", "/", "application/json", `{"q":"`+attack+`","b":`),
		"JSON text": request("POST", "/", "application/json", `{"a":1,"q":"`+attack),
		"XML":       request("POST", "/", "text/xml", `<a><b>`+attack+`</b><c`),
		"XML text":  request("POST", "/", "text/xml", `<a><b>`+attack),
		"multipart": request("POST", "/", "multipart/form-data; boundary=xYz7", multi+"\r\n--xYz7\r\nConte"),
		"field":     request("POST", "/", "multipart/form-data; boundary=xYz7", multi),
	} {
		t.Run(name, func(t *testing.T) {
			r.Partial = true
			if got := inspect(t, w, r); !got.Blocked || got.Fault != nil {
				t.Errorf("got %+v", got)
			}
			r.Body = []byte(strings.ReplaceAll(string(r.Body), attack, "milk"))
			if got := inspect(t, w, r); got.Blocked {
				t.Errorf("the honest one got %+v %+v", got, got.Fault)
			}
		})
	}
}
