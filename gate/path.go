package gate

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/tenward/tenward/problem"
)

// Paths are normalised once, before anything looks at them, and the upstream gets exactly the path that the
// rules saw. What two parsers could read differently is refused rather than guessed at: RFC 3986 section 6.2.2
// says which spellings are the same path, and OWASP's path traversal page which ones are abused.

var errPath = problem.New("gate.path.refused", "The address of this request is spelled in a way that could be read in two ways.",
	"Write the path without encoded slashes, backslashes or dots that leave the root.")

var errQuery = problem.New("gate.query.refused", "The address of this request has spaces or control characters in its query.",
	"Write them as escapes: a space is %20.")

// NormalisePath gives the path that rules see where a request has this one, decoded; a problem where it would be refused.
func NormalisePath(raw string) (decoded string, err error) {
	_, decoded, err = normalisePath(raw)
	return decoded, err
}

// normalisePath gives the one spelling of an escaped path: unreserved bytes decoded, other escapes in upper
// case, empty and dot segments resolved. decoded is the same path with all escapes decoded.
func normalisePath(raw string) (escaped, decoded string, err error) {
	if raw == "" || raw[0] != '/' {
		return "", "", errPath
	}
	if plain(raw) {
		return raw, raw, nil
	}
	esc := make([]byte, 0, len(raw))
	dec := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' {
			if i+2 >= len(raw) || !isHex(raw[i+1]) || !isHex(raw[i+2]) {
				return "", "", errPath
			}
			c = unhex(raw[i+1])<<4 | unhex(raw[i+2])
			if forbidden(c) || c == '/' {
				return "", "", errPath
			}
			i += 2
			dec = append(dec, c)
			if unreserved(c) {
				esc = append(esc, c)
			} else {
				esc = append(esc, '%', upperHex[c>>4], upperHex[c&15])
			}
			continue
		}
		if forbidden(c) || c == '?' || c == '#' {
			return "", "", errPath
		}
		dec = append(dec, c)
		if legal(c) {
			esc = append(esc, c)
		} else {
			esc = append(esc, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	if !utf8.Valid(dec) || escapedTwice(dec) {
		return "", "", errPath
	}
	e, err := resolveDots(string(esc))
	if err != nil {
		return "", "", err
	}
	d, err := resolveDots(string(dec))
	return e, d, err
}

// escapedTwice finds an escape that decodes to another escape: somebody hiding something from one of two
// parsers. A percent sign that is only that ("100%25.txt") is fine.
func escapedTwice(decoded []byte) bool {
	for i := 0; i+2 < len(decoded); i++ {
		if decoded[i] == '%' && isHex(decoded[i+1]) && isHex(decoded[i+2]) {
			return true
		}
	}
	return false
}

// plain says whether a path is already in its one spelling, so that most requests cost one scan.
func plain(p string) bool {
	for i := range len(p) {
		c := p[i]
		if !legal(c) || c == ';' {
			return false
		}
		if c == '/' && i+1 < len(p) && (p[i+1] == '/' || p[i+1] == '.') {
			return false
		}
	}
	return true
}

// resolveDots resolves "." and ".." (RFC 3986 section 5.2.4) and merges slashes. A path that would leave the
// root is refused, and so are dots with a parameter behind them ("..;x"), which some servers read as dots.
func resolveDots(p string) (string, error) {
	parts := strings.Split(p[1:], "/")
	out := parts[:0]
	for i, s := range parts {
		last := i == len(parts)-1
		name, _, hasParam := strings.Cut(s, ";")
		switch {
		case name == "." || name == "..":
			if hasParam {
				return "", errPath
			}
			if name == ".." {
				if len(out) == 0 {
					return "", errPath
				}
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case s == "" && !last:
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/"), nil
}

// forbidden are the bytes that no path may have, however they are spelled.
func forbidden(c byte) bool { return c < 0x20 || c == 0x7f || c == '\\' }

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// legal is pchar of RFC 3986 section 3.3 and the slash.
func legal(c byte) bool {
	return unreserved(c) || c == '/' || strings.IndexByte("!$&'()*+,;=:@", c) >= 0
}

const upperHex = "0123456789ABCDEF"

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	default:
		return c - 'A' + 10
	}
}

// normalise brings the request's address into its one spelling, on the exchange and on the request.
func (x *Exchange) normalise() error {
	u := x.Request.URL
	if u.Opaque != "" || u.User != nil || x.Request.Method == http.MethodConnect {
		return errPath
	}
	// The absolute form is HTTP/1.1's alone and names what the connection was made for (RFC 9112 section 3.2.2).
	if (u.Scheme != "" || u.Host != "") && (u.Scheme != "https" || u.Host == "" || x.Request.ProtoMajor != 1) {
		return errPath
	}
	// A fragment has no place in a request: net/http reads it as a part of the path, nginx as the path's end.
	if strings.IndexByte(x.Request.RequestURI, '#') >= 0 {
		return errPath
	}
	// HTTP/2 can carry what would end the request line of HTTP/1.1.
	if strings.ContainsFunc(u.RawQuery, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return errQuery
	}
	// The library would spell anew what it holds for badly spelled, and an escaped slash would be a plain one by then.
	raw := u.RawPath
	if raw == "" {
		raw = u.EscapedPath()
	}
	escaped, decoded, err := normalisePath(raw)
	if err != nil {
		return err
	}
	x.Path, u.Path = decoded, decoded
	// It would also escape what may stand as it is, and make another path of it (RFC 3986 section 2.2).
	if u.RawPath = ""; escaped != decoded || strings.ContainsAny(escaped, "!'()*") {
		u.RawPath = escaped
	}
	return nil
}
