package gate_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// Whatever a request says, a page of the gate's own must not say it again: it stands on the application's origin.
func TestErrorPagesRepeatNothingOfTheRequest(t *testing.T) {
	const mark = "zzmarkzz"
	failing := stage(gate.Bodied, func(context.Context, *gate.Exchange) (gate.Verdict, error) {
		return gate.Verdict{}, errors.New("cause with " + mark)
	})
	s := gatetest.Start(t, "http://127.0.0.1:1", func(o *gate.Options) { o.Stages = []gate.Stage{failing} })
	for _, sent := range []string{
		"GET /" + mark + "?q=" + mark + " HTTP/1.1\r\nHost: notes.test",
		"GET /" + mark + "%2f HTTP/1.1\r\nHost: notes.test",
		"GET /?" + mark + "#" + mark + " HTTP/1.1\r\nHost: notes.test",
		"GET / HTTP/1.1\r\nHost: " + mark + ".test",
		"TRACE /" + mark + " HTTP/1.1\r\nHost: notes.test",
		"POST /" + mark + " HTTP/1.1\r\nHost: notes.test\r\nContent-Length: 999999999999",
	} {
		for accept, kind := range map[string]string{"text/html": "text/html; charset=utf-8", "application/json": "application/problem+json", mark: "text/plain; charset=utf-8"} {
			res, text := answer(t, s, sent+"\r\nAccept: "+accept+"\r\nUser-Agent: "+mark+"\r\nCookie: a="+mark+"\r\nX-A: "+mark+"\r\nConnection: close\r\n\r\n")
			id := s.Record.Next(t).UID.String()
			var all strings.Builder
			if err := res.Header.Write(&all); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text+all.String(), mark) {
				t.Errorf("%q is repeated:\n%s\n%s", sent, all.String(), text)
			}
			if res.StatusCode < 400 || res.Header.Get("Content-Type") != kind || res.Header.Get(gate.EventHeader) != id || !strings.Contains(text, id) {
				t.Errorf("%q: %s %v\n%s\nevent %s", sent, res.Status, res.Header, text, id)
			}
			if policy := res.Header.Get("Content-Security-Policy"); kind == "text/html; charset=utf-8" && !strings.HasPrefix(policy, "default-src 'none'") {
				t.Errorf("%q: the page's policy is %q", sent, policy)
			}
			var p struct {
				Status             int
				Detail, Next, Code string
			}
			if kind == "application/problem+json" && (json.Unmarshal([]byte(text), &p) != nil || p.Status != res.StatusCode || p.Detail == "" || p.Next == "" || p.Code == "") {
				t.Errorf("%q: %s", sent, text)
			}
		}
	}
}

// answer is the first head that comes for a request, and every byte behind it.
func answer(t *testing.T, s *gatetest.Started, request string) (*http.Response, string) {
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
	in := bufio.NewReader(c)
	res, err := http.ReadResponse(in, &http.Request{Method: http.MethodHead})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	rest, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(rest)
}

func TestAnAnswerToHEADHasNoBody(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) { o.Stages = []gate.Stage{stage(gate.Headed, refusing)} })
	for _, accept := range []string{"text/html", "application/json", "*/*"} {
		// The second answer is found where the first one's head ends.
		head := "HEAD / HTTP/1.1\r\nHost: notes.test\r\nAccept: " + accept + "\r\n"
		_, rest := answer(t, s, head+"\r\n"+head+"Connection: close\r\n\r\n")
		if !strings.HasPrefix(rest, "HTTP/1.1 403") || !strings.HasSuffix(rest, "\r\n\r\n") {
			t.Errorf("Accept %s: behind the first head stands %q", accept, rest)
		}
		if e := s.Record.Next(t); e.HTTP.Sent != 0 {
			t.Errorf("Accept %s: %d bytes are recorded as sent", accept, e.HTTP.Sent)
		}
	}
}

func TestPagesSayNothingIsToBeKept(t *testing.T) {
	s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) { o.Stages = []gate.Stage{stage(gate.Headed, refusing)} })
	res, _ := do(t, s, http.MethodGet, "https://notes.test/", nil)
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
