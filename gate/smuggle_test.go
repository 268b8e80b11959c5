package gate_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

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
