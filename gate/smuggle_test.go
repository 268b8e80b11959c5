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

	"github.com/tenward/tenward/event"
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

func TestWhatIsNoRequestIsRefusedAndRecorded(t *testing.T) {
	up := upstream(t, func(http.ResponseWriter, *http.Request) { t.Error("it reached the application") })
	s := gatetest.Start(t, up, nil)
	for _, c := range []struct{ name, sent string }{
		{"no HTTP", "EHLO mail.example.com\r\n\r\n"},
		{"two lengths", "POST / HTTP/1.1\r\nHost: notes.test\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
		{"a length that is none", "POST / HTTP/1.1\r\nHost: notes.test\r\nContent-Length: +3\r\n\r\nabc"},
		{"a framing that is none", "POST / HTTP/1.1\r\nHost: notes.test\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
		{"two framings", "POST / HTTP/1.1\r\nHost: notes.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
		{"a space before the colon", "POST / HTTP/1.1\r\nHost: notes.test\r\nContent-Length : 3\r\n\r\nabc"},
		{"a folded field", "GET / HTTP/1.1\r\nHost: notes.test\r\n X-A: b\r\n\r\n"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: notes.test\r\nHost: other.test\r\n\r\n"},
		{"no host", "GET / HTTP/1.1\r\n\r\n"},
		{"a zero byte in a field", "GET / HTTP/1.1\r\nHost: notes.test\r\nX-A: a\x00b\r\n\r\n"},
		{"a head that is too large", "GET / HTTP/1.1\r\nHost: notes.test\r\nX-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n"},
	} {
		answers := raw(t, s, c.sent, 2)
		if len(answers) != 1 || answers[0].StatusCode < 400 || !answers[0].Close {
			t.Errorf("%s: answers %+v", c.name, answers)
		}
		if e := s.Record.Next(t); e.Kind != "gate.request.unreadable" || e.Verdict != event.Refused || !e.Source.Addr().IsLoopback() {
			t.Errorf("%s: recorded %+v", c.name, e)
		}
	}
	if n := s.Gate.Measures()[""].Refused; n != 11 {
		t.Errorf("%d refusals are counted, want 11", n)
	}
}

func TestAConnectionThatIsClosedBetweenRequestsIsNoEvent(t *testing.T) {
	up := upstream(t, func(http.ResponseWriter, *http.Request) {})
	s := gatetest.Start(t, up, nil)
	raw(t, s, "", 0)
	raw(t, s, "GET / HTTP/1.1\r\nHost: notes.test\r\n\r\n", 1)
	raw(t, s, "GET / HTTP/1.1\r\nHost: notes.test\r\n\r\nGET / HTTP/1.1\r\nHost: notes.test\r\n\r\n", 2)
	for range 3 {
		if e := s.Record.Next(t); e.Kind != "gate.request.passed" {
			t.Errorf("recorded %s", e.Kind)
		}
	}
	if err := s.Server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Record.Len() != 3 {
		t.Errorf("%d events, want 3", s.Record.Len())
	}
}

func TestTheLibraryAnswersNothingByItself(t *testing.T) {
	up := upstream(t, func(http.ResponseWriter, *http.Request) { t.Error("it reached the application") })
	s := gatetest.Start(t, up, nil)
	answers := raw(t, s, "OPTIONS * HTTP/1.1\r\nHost: notes.test\r\n\r\n", 1)
	if len(answers) != 1 || answers[0].StatusCode != http.StatusBadRequest || answers[0].Header.Get(gate.EventHeader) == "" {
		t.Errorf("answers %+v", answers)
	}
	if e := s.Record.Next(t); e.Kind != "gate.request.refused" {
		t.Errorf("recorded %s", e.Kind)
	}
}
