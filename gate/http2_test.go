package gate_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// peer speaks HTTP/2 frame by frame, also such as no client would send.
type peer struct {
	t testing.TB
	*tls.Conn
	*http2.Framer
}

func dialHTTP2(t testing.TB, s *gatetest.Started) *peer {
	t.Helper()
	c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "notes.test", MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	p := &peer{t, c, http2.NewFramer(c, c)}
	p.AllowIllegalWrites = true
	p.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	if _, err := io.WriteString(c, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	if err := p.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	return p
}

// block is a header block of the lines "name: value"; pseudo fields keep their colon.
func block(lines ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for _, l := range lines {
		name, value, _ := strings.Cut(l[1:], ": ")
		_ = e.WriteField(hpack.HeaderField{Name: l[:1] + name, Value: value}) // a buffer takes everything
	}
	return b.Bytes()
}

func (p *peer) open(stream uint32, end bool, lines ...string) {
	p.t.Helper()
	if err := p.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block(lines...), EndHeaders: true, EndStream: end}); err != nil {
		p.t.Fatal(err)
	}
}

// outcome is what became of a stream: a status, "reset", or "closed" with its whole connection.
func (p *peer) outcome(stream uint32) string {
	p.t.Helper()
	for {
		f, err := p.ReadFrame()
		if err != nil {
			var timeout interface{ Timeout() bool }
			if errors.As(err, &timeout) && timeout.Timeout() {
				p.t.Fatal("the gate does not answer")
			}
			return "closed"
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if f.StreamID == stream {
				return f.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream {
				return "reset"
			}
		case *http2.GoAwayFrame:
			if f.ErrCode != http2.ErrCodeNo {
				return "closed"
			}
		}
	}
}

func TestHTTP2BecomesNothingElseInHTTP1(t *testing.T) {
	head := []string{":method: GET", ":scheme: https", ":authority: notes.test", ":path: /a"}
	with := func(more ...string) []string { return append(head[:4:4], more...) }
	instead := func(i int, line string) []string {
		l := append([]string(nil), head...)
		l[i] = line
		return l
	}
	without := func(i int) []string { return append(head[:i:i], head[i+1:]...) }
	const break1 = "\r\nX-Real-IP: 203.0.113.9"
	for _, tt := range []struct {
		name  string
		lines []string
		want  string
		seen  string
	}{
		{"an honest request", with("accept: a"), "200", "GET /a "},
		{"trailers are taken", with("te: trailers"), "200", "GET /a "},
		{"a crumbled cookie", with("cookie: a=1", "cookie: b=2"), "200", "GET /a "},
		{"a pseudo field behind a field", append([]string{"accept: a"}, head...), "reset", ""},
		{"two methods", with(":method: POST"), "reset", ""},
		{"two paths", with(":path: /b"), "reset", ""},
		{"two authorities", with(":authority: other.test"), "reset", ""},
		{"two schemes", with(":scheme: http"), "reset", ""},
		{"a pseudo field that is none", with(":evil: 1"), "reset", ""},
		{"a status in a request", with(":status: 200"), "reset", ""},
		{"a protocol nobody offered", with(":protocol: websocket"), "reset", ""},
		{"no method", without(0), "reset", ""},
		{"no scheme", without(1), "reset", ""},
		{"no path", without(3), "reset", ""},
		{"an empty path", instead(3, ":path: "), "reset", ""},
		{"no authority", without(2), "421", ""},
		{"another scheme, which nobody is told", instead(1, ":scheme: http"), "200", "GET /a "},
		{"a scheme that is none", instead(1, ":scheme: file"), "reset", ""},
		{"the connection's other host", instead(2, ":authority: other.test"), "421", ""},
		{"the connection's other host in another scheme", []string{":method: GET", ":scheme: http", ":authority: other.test", ":path: /a"}, "421", ""},
		{"another host in a field", with("host: other.test"), "400", ""},
		{"the same host in a field", with("host: notes.test"), "200", "GET /a "},
		{"the host in a field alone", append(without(2), "host: notes.test"), "200", "GET /a "},
		{"a path without a slash", instead(3, ":path: a"), "reset", ""},
		{"a path with a scheme", instead(3, ":path: https://other.test/a"), "400", ""},
		{"a path with a host", instead(3, ":path: //other.test/a"), "200", "GET /other.test/a "},
		{"a path with a line break", instead(3, ":path: /a HTTP/1.1"+break1), "reset", ""},
		{"a query with a line break", instead(3, ":path: /a?b HTTP/1.1"+break1), "reset", ""},
		{"a query with a space", instead(3, ":path: /a?b HTTP/1.1"), "400", ""},
		{"a path with a space", instead(3, ":path: /a b"), "200", "GET /a%20b "},
		{"a fragment", instead(3, ":path: /a#b"), "400", ""},
		{"an authority with a line break", instead(2, ":authority: notes.test"+break1), "reset", ""},
		{"an authority with a user", instead(2, ":authority: a@notes.test"), "reset", ""},
		{"an authority with a path", instead(2, ":authority: notes.test/b"), "421", ""},
		{"a method with a line break", instead(0, ":method: GET / HTTP/1.1"+break1), "reset", ""},
		{"a method with a space", instead(0, ":method: GET /hidden"), "400", ""},
		{"CONNECT", []string{":method: CONNECT", ":authority: notes.test:443"}, "405", ""},
		{"TRACE", instead(0, ":method: TRACE"), "405", ""},
		{"the whole server", []string{":method: OPTIONS", ":scheme: https", ":authority: notes.test", ":path: *"}, "400", ""},
		{"a value with a line break", with("x-a: b" + break1), "reset", ""},
		{"a value with a bare LF", with("x-a: b\nX-Real-IP: 203.0.113.9"), "reset", ""},
		{"a value with a zero byte", with("x-a: b\x00"), "reset", ""},
		{"a name with a line break", with("x-a\r\nx-real-ip: b"), "reset", ""},
		{"a name with a colon", with("x:a: b"), "reset", ""},
		{"a name with a space", with("x a: b"), "reset", ""},
		{"a name in capitals", with("X-A: b"), "reset", ""},
		{"a connection field", with("connection: x-a"), "400", ""},
		{"a framing of HTTP/1.1", with("transfer-encoding: chunked"), "400", ""},
		{"an upgrade", with("upgrade: h2c"), "400", ""},
		{"keep-alive", with("keep-alive: 5"), "400", ""},
		{"a proxy's connection field", with("proxy-connection: close"), "400", ""},
		{"more in te than trailers", with("te: gzip"), "400", ""},
		{"too many fields", with(strings.Split(strings.Repeat("x-a: b\n", 101), "\n")[:101]...), "431", ""},
		{"a head that is too large", with("x-a: " + strings.Repeat("a", 40<<10)), "closed", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), func(o *gate.Options) {
				other := *o.Services[0]
				other.Name, other.Hosts = "other", []string{"other.test"}
				o.Services = append(o.Services, &other)
			})
			p := dialHTTP2(t, s)
			if b := block(tt.lines...); len(b) < 16<<10 {
				p.open(1, true, tt.lines...)
			} else {
				if err := p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:16<<10], EndStream: true}); err != nil {
					t.Fatal(err)
				}
				if err := p.WriteContinuation(1, true, b[16<<10:]); err != nil {
					t.Fatal(err)
				}
			}
			if got := p.outcome(1); got != tt.want {
				t.Errorf("the stream's end is %s, want %s", got, tt.want)
			}
			if app.all() != tt.seen {
				t.Errorf("the application saw %q, want %q", app.all(), tt.seen)
			}
			if r := app.request(); r != nil && (r.Header.Get("X-Real-Ip") != "" || r.Header.Get("X-Forwarded-Proto") != "https" || r.Host != "notes.test") {
				t.Errorf("the application saw %v for %s", r.Header, r.Host)
			}
		})
	}
}

func TestHTTP2LengthsThatLieReachNobodyWhole(t *testing.T) {
	for _, tt := range []struct{ name, length, body string }{
		{"more announced than sent", "10", "abc"},
		{"less announced than sent", "1", "abc" + hidden},
		{"nothing announced", "0", hidden},
		{"no number", "x", "abc"},
		{"a sign", "+3", "abc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
			p := dialHTTP2(t, s)
			p.open(1, false, ":method: POST", ":scheme: https", ":authority: notes.test", ":path: /a", "content-length: "+tt.length)
			if err := p.WriteData(1, true, []byte(tt.body)); err != nil {
				t.Fatal(err)
			}
			end := p.outcome(1)
			if strings.Contains(app.all(), "hidden") || end == "200" && app.all() != "" {
				t.Errorf("the stream's end is %s, the application saw %q", end, app.all())
			}
		})
	}
}

func TestHTTP2FloodsEndTheirConnectionAlone(t *testing.T) {
	request := func(path string) []byte {
		return block(":method: GET", ":scheme: https", ":authority: notes.test", ":path: "+path)
	}
	for _, tt := range []struct {
		name  string
		frame func(p *peer, i uint32) error // the i-th of the flood
	}{
		{"streams that are opened and reset", func(p *peer, i uint32) error {
			return errors.Join(
				p.WriteHeaders(http2.HeadersFrameParam{StreamID: 2*i + 1, BlockFragment: request("/wait"), EndHeaders: true, EndStream: true}),
				p.WriteRSTStream(2*i+1, http2.ErrCodeCancel))
		}},
		{"a head without an end", func(p *peer, i uint32) error {
			if i == 0 {
				return p.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: request("/"), EndStream: true})
			}
			return p.WriteContinuation(1, false, block("x-a: "+strings.Repeat("b", 1000)))
		}},
		{"pings", func(p *peer, _ uint32) error { return p.WritePing(false, [8]byte{}) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var running, most atomic.Int32
			release := make(chan struct{})
			s := gatetest.Start(t, upstream(t, func(http.ResponseWriter, *http.Request) {}), func(o *gate.Options) {
				o.Limits.Streams = 4
				o.Stages = []gate.Stage{stage(gate.Headed, func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
					if x.Path == "/wait" {
						if n := running.Add(1); n > most.Load() {
							most.Store(n)
						}
						<-release
						running.Add(-1)
					}
					return gate.Verdict{}, nil
				})}
			})
			defer close(release)
			p := dialHTTP2(t, s)
			out := bufio.NewWriterSize(p.Conn, 16<<10)
			p.Framer = http2.NewFramer(out, p.Conn)
			const enough = 4 << 20
			ended := uint32(0)
			for i := range uint32(enough) {
				if err := errors.Join(tt.frame(p, i)); err != nil {
					ended = i
					break
				}
			}
			if ended == 0 {
				t.Fatalf("the gate took %d of them", enough)
			}
			if most.Load() > 4 {
				t.Errorf("%d exchanges of one connection at once, want no more than 4", most.Load())
			}
			if res, _ := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusOK {
				t.Errorf("another client is answered %s", res.Status)
			}
		})
	}
}
