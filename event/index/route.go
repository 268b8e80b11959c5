package index

import (
	"strings"

	"github.com/tenward/tenward/event"
)

// A route is a path without what differs from thing to thing: /notes/17 and /notes/18 are both /notes/{id}. It is
// guessed from the path alone, the same way for everybody, so that it can be counted and searched for.
const (
	anID     = "{id}"
	theRest  = "{rest}"
	maxDepth = 8  // parts of a path; what is deeper is the rest
	maxPart  = 48 // bytes of one part; longer ones name one thing
)

// maxRoutes is how many routes one day has at most: strangers decide what paths there are. What comes after the last
// has none, and is found by its path as before.
const maxRoutes = 2000

// routeOf is the route of an event; empty where it is about no exchange, or about one that lasted as long as somebody
// listened.
func routeOf(e *event.Event) string {
	if e.HTTP == nil || e.HTTP.Path == "" || e.Detail(event.StreamDetail) != "" {
		return ""
	}
	return route(cut(e.HTTP.Path, maxPath))
}

func route(path string) string {
	parts := strings.SplitN(path, "/", maxDepth+2) // the first is what stands before the first slash: nothing
	for i, p := range parts {
		if i > maxDepth {
			parts[i] = theRest
			break
		}
		parts[i] = partOf(p)
	}
	return cut(strings.Join(parts, "/"), maxName)
}

// partOf gives one part of a path, with what names one thing replaced: all of it, or what stands between its dots, as in
// app.3f9a1c02.css.
func partOf(part string) string {
	if len(part) > maxPart {
		return anID
	}
	if !strings.ContainsAny(part, "0123456789%") { // nearly all
		return part
	}
	pieces := strings.Split(part, ".")
	for i, p := range pieces {
		if one(p) {
			pieces[i] = anID
		}
	}
	return strings.Join(pieces, ".")
}

// one says whether a piece names one thing among many: a number, a date, a UUID, a hash, a token. v1 and h264 do not.
func one(piece string) bool {
	digits, letters, hex := 0, 0, true
	for _, c := range []byte(piece) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
			letters++
		case c == '-', c == '_', c == ':':
		case c == '%':
			return true
		default:
			letters++
			hex = false
		}
	}
	const hash, token = 8, 16 // as git shortens them; as short as keys are that nobody guesses
	return digits > 0 && (letters == 0 || hex && len(piece) >= hash || len(piece) >= token && digits >= 3)
}
