// Package redact takes out of texts what must never be written down: values of parameters whose names say that they
// are secret, and values whose shape says so.
//
// Sources: OWASP Logging Cheat Sheet ("data to exclude"), OWASP ASVS 5.0 V16.2.5, PCI DSS 4.0 requirement 3.3 (card
// numbers), RFC 7519 (JSON Web Token) for the shape.
package redact

import (
	"net/url"
	"strings"
)

// Mark stands where something was taken out.
const Mark = "[redacted]"

// Redactor knows which names are secret.
type Redactor struct{ names map[string]bool }

// within are secret wherever they stand in a name: new_password, access_token, x-api-key.
var within = []string{
	"passw", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "apikey", "credential", "authorization",
	"cookie", "session", "jwt", "privatekey", "signature", "cvv", "cvc", "cardnumber", "creditcard", "assertion",
}

// whole are secret as a whole part of a name only: "pin" is, "opinion" is not.
var whole = []string{"pass", "sid", "auth", "pin", "otp", "totp", "key", "code", "pan", "iban", "ssn", "nonce", "csrf", "xsrf", "sig", "pw", "phpsessid", "jsessionid"}

// New makes a redactor that knows further names besides the usual ones.
func New(names []string) *Redactor {
	r := &Redactor{names: map[string]bool{}}
	for _, n := range whole {
		r.names[n] = true
	}
	for _, n := range names {
		r.names[squeeze(n)] = true
	}
	return r
}

// Secret says whether a parameter of this name holds a secret. Nested names count by their parts: user[password],
// json.password.
func (r *Redactor) Secret(name string) bool {
	if name == "" {
		return false
	}
	if r.names[squeeze(name)] {
		return true
	}
	squeezed := squeeze(name)
	for _, w := range within {
		if strings.Contains(squeezed, w) {
			return true
		}
	}
	for part := range strings.FieldsFuncSeq(name, func(c rune) bool { return strings.ContainsRune("[].:-_/? ", c) }) {
		if r.names[strings.ToLower(part)] {
			return true
		}
	}
	return false
}

// squeeze leaves letters and digits, in lower case: API-Key, api_key and apikey are one name.
func squeeze(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
			return c
		}
		return -1
	}, name)
}

// Query redacts an URL's query or a form's text, which stay encoded.
func (r *Redactor) Query(query string) string {
	if query == "" {
		return ""
	}
	clean := true
	for pair := range splitPairs(query) {
		if r.pair(pair) != pair {
			clean = false
			break
		}
	}
	if clean {
		return query
	}
	var b strings.Builder
	for {
		i := strings.IndexAny(query, "&;")
		if i < 0 {
			b.WriteString(r.pair(query))
			return b.String()
		}
		b.WriteString(r.pair(query[:i]))
		b.WriteByte(query[i])
		query = query[i+1:]
	}
}

func splitPairs(query string) func(func(string) bool) {
	return strings.FieldsFuncSeq(query, func(c rune) bool { return c == '&' || c == ';' })
}

// pair redacts one name=value. What stands before the first equals sign may be the secret itself: a token that ends
// in them, for one.
func (r *Redactor) pair(pair string) string {
	name, value, _ := strings.Cut(pair, "=")
	switch {
	case r.tells(name):
		return Mark
	case value != "" && (r.Secret(decoded(name)) || r.tells(value)):
		return name + "=" + Mark
	}
	return pair
}

// tells says whether a text gives something away by itself: by its shape, or because it is an URL or a form again.
// However deep one stands encoded in the other, decoded they stand side by side.
func (r *Redactor) tells(text string) bool {
	plain := decoded(text)
	if Text(plain) != plain || withoutUserinfo(plain) != plain {
		return true
	}
	if strings.IndexByte(plain, '=') < 0 {
		return false
	}
	for part := range strings.FieldsFuncSeq(plain, func(c rune) bool { return strings.ContainsRune(betweenPairs, c) }) {
		if name, value, _ := strings.Cut(part, "="); value != "" && r.Secret(name) {
			return true
		}
	}
	return false
}

// decoded undoes an encoding as often as attackers nest it; what is not encoded stays.
func decoded(s string) string {
	for range 3 {
		if !strings.ContainsAny(s, "%+") {
			return s
		}
		d, err := url.QueryUnescape(s)
		if err != nil {
			return s
		}
		s = d
	}
	return s
}

// Path redacts a path: what its shape gives away, parameters behind a semicolon, where some servers keep sessions, and
// URLs within it.
func (r *Redactor) Path(path string) string {
	path = withoutUserinfo(path)
	if strings.IndexByte(path, '=') >= 0 {
		path = r.assignments(path, "/;&?#")
	}
	return Text(path)
}

// URL redacts a whole URL, as in a Referer field.
func (r *Redactor) URL(u string) string {
	head, fragment, _ := strings.Cut(u, "#")
	head, query, has := strings.Cut(head, "?")
	out := r.Path(head)
	if has {
		out += "?" + r.Query(query)
	}
	if fragment != "" {
		out += "#" + r.Query(fragment)
	}
	return out
}

// withoutUserinfo takes user and password out of every URL in a text.
func withoutUserinfo(text string) string {
	var b strings.Builder
	kept, from := 0, 0
	for {
		i := strings.Index(text[from:], "://")
		if i < 0 {
			break
		}
		from += i + len("://")
		host := text[from:]
		if end := strings.IndexAny(host, "/ \t\r\n"); end >= 0 {
			host = host[:end]
		}
		if at := strings.LastIndexByte(host, '@'); at >= 0 {
			b.WriteString(text[kept:from])
			b.WriteString(Mark)
			kept = from + at
		}
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}

// Name redacts the name that a value stands under, such as a rule's target ARGS_NAMES:q: whoever sends it may have put
// the secret itself there.
func (r *Redactor) Name(name string) string {
	if collection, part, nested := strings.Cut(name, ":"); nested && r.tells(part) {
		return collection + ":" + Mark
	}
	return Text(name)
}

// Value redacts a value that stands under a name, such as a rule's match under its target ARGS:password.
func (r *Redactor) Value(name, value string) string {
	if value == "" {
		return ""
	}
	collection, part, nested := strings.Cut(name, ":")
	if strings.Contains(strings.ToUpper(collection), "COOKIE") && nested || nested && r.Secret(part) || !nested && r.Secret(name) {
		return Mark
	}
	value = withoutUserinfo(value)
	if strings.IndexByte(value, '=') >= 0 {
		value = r.assignments(value, betweenPairs)
	}
	return Text(value)
}

// betweenPairs is what may stand before and behind name=value in a text.
const betweenPairs = "&; ?#\n"

// assignments redacts name=value wherever it stands between separators, as in a matched piece of a query.
func (r *Redactor) assignments(text, separators string) string {
	var b strings.Builder
	kept := 0
	for from := 0; from < len(text); {
		end := len(text)
		if i := strings.IndexAny(text[from:], separators); i >= 0 {
			end = from + i
		}
		name, value, _ := strings.Cut(text[from:end], "=")
		if value != "" && (r.Secret(decoded(name)) || r.tells(value)) {
			b.WriteString(text[kept:from])
			b.WriteString(name + "=" + Mark)
			kept = end
		}
		from = end + 1
	}
	if kept == 0 {
		return text
	}
	b.WriteString(text[kept:])
	return b.String()
}
