package gate_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/gatetest"
)

// behind is an application that notes every request that came whole, and the bytes of its body.
type behind struct {
	mu   sync.Mutex
	seen []string
	last *http.Request
}

func (b *behind) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = r
	b.seen = append(b.seen, r.Method+" "+r.RequestURI+" "+string(body))
}

// all is what was seen, in order.
func (b *behind) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.seen, " | ")
}

func (b *behind) request() *http.Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last
}

// hidden is a request that must never be read as one, wherever it stands.
const hidden = "GET /hidden HTTP/1.1\r\nHost: notes.test\r\nConnection: close\r\n\r\n"

func TestNoRequestHidesInAnother(t *testing.T) {
	post := func(fields, body string) string {
		return "POST /first HTTP/1.1\r\nHost: notes.test\r\n" + fields + "\r\n\r\n" + body
	}
	const chunked = "Transfer-Encoding: chunked"
	for _, tt := range []struct {
		name, sent string
		passes     string // what the application may see of it; else it is refused
	}{
		{"CL.TE", post("Content-Length: 70\r\n"+chunked, "0\r\n\r\n"+hidden), "POST /first "},
		{"TE.CL", post(chunked+"\r\nContent-Length: 3", "3\r\nabc\r\n0\r\n\r\n"+hidden), "POST /first abc"},
		{"TE.TE with an unknown coding", post(chunked+"\r\nTransfer-Encoding: cow", "0\r\n\r\n"+hidden), ""},
		{"TE.TE in one line", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n"+hidden), ""},
		{"a coding before chunked", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n"+hidden), ""},
		{"chunked with a vertical tab", post("Transfer-Encoding: \x0bchunked", "0\r\n\r\n"+hidden), ""},
		{"chunked with a parameter", post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n"+hidden), ""},
		{"chunked in quotes", post(`Transfer-Encoding: "chunked"`, "0\r\n\r\n"+hidden), ""},
		{"no coding at all", post("Transfer-Encoding:", "0\r\n\r\n"+hidden), ""},
		{"chunks in HTTP/1.0", strings.Replace(post(chunked+"\r\nConnection: keep-alive", hidden), "HTTP/1.1", "HTTP/1.0", 1), "POST /first "},
		{"two lengths", post("Content-Length: 0\r\nContent-Length: 70", hidden), ""},
		{"two lengths in one line", post("Content-Length: 0, 70", hidden), ""},
		{"a length with a sign", post("Content-Length: +0", hidden), ""},
		{"a negative length", post("Content-Length: -1", hidden), ""},
		{"a hexadecimal length", post("Content-Length: 0x1", hidden), ""},
		{"a length too large for a number", post("Content-Length: 18446744073709551616", hidden), ""},
		{"a length with a space before its colon", post("Content-Length : 0", hidden), ""},
		{"chunked with a tab before its colon", post("Transfer-Encoding\t: chunked", "0\r\n\r\n"+hidden), ""},
		{"a folded host", "GET /first HTTP/1.1\r\nHost: notes.test\r\n X-A: b\r\n\r\n" + hidden, ""},
		{"a folded first field", "POST /first HTTP/1.1\r\n Host: notes.test\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"a bare CR in a field", post("X-A: b\rContent-Length: 70", hidden), ""},
		{"a NUL in a field", post("X-A: b\x00c", hidden), ""},
		{"a NUL in a name", post("X-\x00: b", hidden), ""},
		{"a name that is none", post("X A: b", hidden), ""},
		{"an empty name", post(": b", hidden), ""},
		{"a line without a colon", post("nothing", hidden), ""},
		{"a chunk size that is none", post(chunked, "g\r\n"+hidden), ""},
		{"a chunk size with a sign", post(chunked, "+0\r\n\r\n"+hidden), ""},
		{"a chunk size with 0x", post(chunked, "0x0\r\n\r\n"+hidden), ""},
		{"a chunk size too large for a number", post(chunked, "10000000000000000\r\n"+hidden), ""},
		{"a chunk longer than it says", post(chunked, "1\r\nab\r\n0\r\n\r\n"+hidden), ""},
		{"a chunk size line that ends in a bare LF, its data in CRLF", post(chunked, "3\nabc\r\n0\r\n\r\n"+hidden), ""},
		{"a chunk extension with a bare LF", post(chunked, "3;a\nabc\r\n0\r\n\r\n"+hidden), ""},
		{"a chunk extension with a bare CR", post(chunked, "3;a\rb\r\nabc\r\n0\r\n\r\n"+hidden), ""},
		{"an honest chunk extension", post(chunked, "3;a=b\r\nabc\r\n0\r\n\r\n"+hidden), "POST /first abc"},
		{"a request line with two spaces", "GET  /first HTTP/1.1\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"a request line with a tab", "GET\t/first\tHTTP/1.1\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"a request line with four words", "GET /first x HTTP/1.1\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"a version of the past", "GET /first HTTP/0.9\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"no version", "GET /first\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"a version that is none", "GET /first HTTP/1.1x\r\nHost: notes.test\r\n\r\n" + hidden, ""},
		{"HTTP/2 in the clear", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden, ""},
		{"a method that is none", "GE(T /first HTTP/1.1\r\nHost: notes.test\r\n\r\n" + hidden, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
			answers := raw(t, s, tt.sent, 3)
			e := s.Record.Next(t)
			seen := app.all()
			if strings.Contains(seen, "hidden") || len(answers) > 1 {
				t.Fatalf("%d answers, the application saw %q", len(answers), seen)
			}
			switch {
			case tt.passes != "":
				if seen != tt.passes || len(answers) != 1 || answers[0].StatusCode != http.StatusOK || !answers[0].Close {
					t.Errorf("answers %+v, the application saw %q", answers, seen)
				}
			case len(answers) == 1 && answers[0].StatusCode < 400:
				t.Errorf("it was answered %s, the application saw %q", answers[0].Status, seen)
			case seen != "" || e.Verdict != event.Refused:
				t.Errorf("the application saw %q, recorded %s %s", seen, e.Verdict, e.Kind)
			}
		})
	}
}

func TestTheApplicationGetsOneReadingOfOddLines(t *testing.T) {
	for _, tt := range []struct{ name, sent string }{
		{"lines that end in a bare LF", "GET /first HTTP/1.1\nHost: notes.test\nX-A: b c\nConnection: close\n\n"},
		{"a folded field", "GET /first HTTP/1.1\r\nHost: notes.test\r\nX-A: b\r\n\tc\r\nConnection: close\r\n\r\n"},
		{"space around a value", "GET /first HTTP/1.1\r\nHost: notes.test\r\nX-A: \t b c \t\r\nConnection: close\r\n\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
			if answers := raw(t, s, tt.sent, 2); len(answers) != 1 || answers[0].StatusCode != http.StatusOK {
				t.Fatalf("answers %+v", answers)
			}
			if got := app.request().Header["X-A"]; app.all() != "GET /first " || len(got) != 1 || got[0] != "b c" {
				t.Errorf("the application saw %q with X-A %q", app.all(), got)
			}
		})
	}
}
