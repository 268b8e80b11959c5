package console

import (
	"net/url"
	"strings"

	"github.com/tenward/tenward/problem"
)

// A list of events shows one of them in a drawer beside its rows. Which one is open stands in the address, so that it can
// be sent to somebody, and works without script.

// opened is the address of this list with one of its events open.
func (l *list) opened(id string) string {
	return l.Here() + "&" + url.Values{"open": {id}}.Encode() + "#open"
}

// unread is the list of a query that cannot be read: the page says so beside what was typed, and keeps it.
func unread(v url.Values, err error) (*list, error) {
	p := problem.Of(err)
	if !strings.HasPrefix(p.Code, "index.query.") {
		return nil, err
	}
	return &list{Query: v.Get("q"), Events: []row{}, fault: p}, nil
}

// Fault is why the list could not be asked for; nil where it could.
func (l *list) Fault() *problem.Problem { return l.fault }
