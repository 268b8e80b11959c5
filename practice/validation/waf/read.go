package waf

import (
	"strings"
)

// maxFields is how many values a query, a body or all cookies may carry. Each costs the rules about half a
// millisecond, and forms of people and documents of programs stay far below; it is Coraza's own default too.
const maxFields = 1000

var errFields = fault(400, "fields.many", "The request carries more fields than can be looked at.",
	"Send them in several requests.")

// field is one name with one of its values.
type field struct{ name, value string }

// fields is what a reader gathers, with a bound on how many and how long.
type fields struct {
	list []field
	room int // bytes of names left
}

// add says whether there was room. Names are bounded apart from values because a nested document repeats them.
func (f *fields) add(name, value string) bool {
	f.room -= len(name)
	if len(f.list) >= maxFields || f.room < 0 {
		return false
	}
	f.list = append(f.list, field{name, value})
	return true
}

// readPairs reads a query or an urlencoded form as leniently as any application might: whatever stands between
// two ampersands is a field, a broken escape is text, and an empty name is a name.
func readPairs(s string) ([]field, *Fault) {
	f := fields{room: len(s)}
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, "&")
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if !f.add(unescape(name), unescape(value)) {
			return nil, errFields
		}
	}
	return f.list, nil
}

// unescape decodes plus signs and the escapes that are whole; the others stay as they are.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			out = append(out, ' ')
		case c == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			out = append(out, byte(hex(s[i+1])<<4|hex(s[i+2]))) //nolint:gosec // two digits of four bits
			i += 2
		default:
			out = append(out, c)
		}
	}
	return string(out)
}

func hex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}

// readCookies reads one Cookie field. Control bytes and spaces around names and values are dropped, a cookie
// without a name is kept under the empty one.
func readCookies(s string) []field {
	var list []field
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, ";")
		name, value, _ := strings.Cut(trim(pair), "=")
		if name, value = trim(name), trim(value); name != "" || value != "" {
			list = append(list, field{name, value})
		}
	}
	return list
}

func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
