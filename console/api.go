package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/tenward/tenward/practice"
)

// API is the console's data as JSON for the admin socket, whose peer the kernel has named: no session is needed.
func (c *Console) API() http.Handler {
	mux := http.NewServeMux()
	c.data(mux, func(_ string, h http.HandlerFunc) http.HandlerFunc { return h })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuseJSON(w, http.StatusNotFound, errUnknownPage)
	})
	return mux
}

// data is what pages show and what actions do, for programs. It is what the API's description says, and nothing besides.
func (c *Console) data(mux *http.ServeMux, behind func(role string, h http.HandlerFunc) http.HandlerFunc) {
	for _, one := range c.answers() {
		mux.HandleFunc(one.Method+" "+one.Path, behind(one.Role, one.handle))
	}
	mux.HandleFunc("POST "+actionsBelow+"{name}", behind(practice.RoleReader, c.do(behind)))
}

func (c *Console) answer(w http.ResponseWriter, r *http.Request, v any, err error) {
	if wrong := faultOf(v); err == nil && wrong != nil {
		err = wrong
	}
	if err != nil {
		c.fail(w, r, err)
		return
	}
	c.writeJSON(w, r, http.StatusOK, v)
}

func (c *Console) writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		c.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(plainJSON(body), '\n')) // the reader may have gone
}

// plainJSON spells out what has no look of its own, direction overrides above all: terminals show JSON too.
func plainJSON(body []byte) []byte {
	plain := make([]byte, 0, len(body))
	for _, r := range string(body) { // beyond ASCII there are only the insides of strings
		switch {
		case r < utf8.RuneSelf || unicode.IsPrint(r):
			plain = utf8.AppendRune(plain, r)
		case r <= 0xffff:
			plain = fmt.Appendf(plain, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			plain = fmt.Appendf(plain, `\u%04x\u%04x`, high, low)
		}
	}
	return plain
}
