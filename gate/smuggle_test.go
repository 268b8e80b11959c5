package gate_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// raw sends bytes over TLS as they are and gives the answers until the gate closes the connection, or until want came.
func raw(t *testing.T, s *gatetest.Started, request string, want int) []*http.Response {
	t.Helper()
	c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "notes.test", MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	var answers []*http.Response
	for in := bufio.NewReader(c); len(answers) < want; {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return answers
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, res)
	}
	return answers
}

func TestWhatFollowsAChunkedBodyIsNeverTheNextRequest(t *testing.T) {
	var seen []string
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.URL.Path) })
	s := gatetest.Start(t, up, nil)
	answers := raw(t, s, "POST /first HTTP/1.1\r\nHost: notes.test\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"+
		"GET /second HTTP/1.1\r\nHost: notes.test\r\n\r\n", 2)
	if len(answers) != 1 || !answers[0].Close || strings.Join(seen, " ") != "/first" {
		t.Errorf("%d answers, the upstream saw %q", len(answers), seen)
	}
}

func TestTrailersOfARequestEndAtTheGate(t *testing.T) {
	trailers := make(chan http.Header, 1)
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h := r.Trailer.Clone()
		if announced := r.Header["Trailer"]; announced != nil {
			h = http.Header{"Trailer": announced}
		}
		trailers <- h
	})
	s := gatetest.Start(t, up, nil)
	raw(t, s, "POST / HTTP/1.1\r\nHost: notes.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Real-IP, X-A\r\n\r\n1\r\nx\r\n0\r\n"+
		"X-Real-IP: 203.0.113.9\r\nX-A: <script>alert(1)</script>\r\n\r\n", 1)
	if got := <-trailers; len(got) != 0 {
		t.Errorf("the upstream got the trailers %v", got)
	}
}

func TestARefusalDoesNotWaitForTheBody(t *testing.T) {
	up := upstream(t, func(http.ResponseWriter, *http.Request) {})
	s := gatetest.Start(t, up, func(o *gate.Options) {
		o.Stages = []gate.Stage{stage(gate.Headed, refusing)}
		o.Limits.Read, o.Limits.Write, o.Limits.Body = time.Hour, time.Hour, 3<<20
	})
	for _, c := range []struct {
		name, fields, sent string
		status             int
	}{
		{"none of it sent", "Content-Length: 200000", "", http.StatusForbidden},
		{"a part of it sent", "Content-Length: 200000", "abc", http.StatusForbidden},
		{"the client waits to be asked for it", "Content-Length: 200000\r\nExpect: 100-continue", "", http.StatusForbidden},
		{"chunks that never end", "Transfer-Encoding: chunked", "3\r\nabc\r\n", http.StatusForbidden},
		{"more than is taken", "Content-Length: 4000000", "abc", http.StatusRequestEntityTooLarge},
	} {
		answers := raw(t, s, "POST / HTTP/1.1\r\nHost: notes.test\r\n"+c.fields+"\r\n\r\n"+c.sent, 1)
		if len(answers) != 1 || answers[0].StatusCode != c.status || !answers[0].Close {
			t.Errorf("%s: answers %+v", c.name, answers)
		}
	}
}

func TestAnEarlyAnswerOfTheApplicationDoesNotWaitForTheBody(t *testing.T) {
	up := hasty(t)
	s := gatetest.Start(t, up, func(o *gate.Options) { o.Limits.Read, o.Limits.Write = time.Hour, time.Hour })
	for _, fields := range []string{"Content-Length: 200000", "Content-Length: 2000000", "Transfer-Encoding: chunked"} {
		answers := raw(t, s, "POST / HTTP/1.1\r\nHost: notes.test\r\n"+fields+"\r\n\r\n3\r\nabc\r\n", 1)
		if len(answers) != 1 || answers[0].StatusCode != http.StatusInsufficientStorage || !answers[0].Close {
			t.Errorf("%s: answers %+v", fields, answers)
		}
	}
}

// hasty is an application that answers as soon as it has seen a head.
func hasty(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			for in := bufio.NewReader(c); ; {
				if line, err := in.ReadString('\n'); err != nil || line == "\r\n" {
					break
				}
			}
			_, _ = io.WriteString(c, "HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\n\r\n")
		}
	}()
	return "http://" + l.Addr().String()
}
