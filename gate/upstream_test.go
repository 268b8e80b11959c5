package gate_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// scripted is an application that does with each connection, once a request's head has come, what answer says.
func scripted(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
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
			go func() {
				defer func() { _ = c.Close() }()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					answer(c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func saying(parts ...string) func(net.Conn) {
	return func(c net.Conn) {
		for _, p := range parts {
			if _, err := io.WriteString(c, p); err != nil {
				return
			}
		}
	}
}

// resetting breaks the connection as a crashed machine does: with RST, not with an end.
func resetting(said string) func(net.Conn) {
	return func(c net.Conn) {
		saying(said)(c)
		_ = c.(*net.TCPConn).SetLinger(0)
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
	}{
		{"a reset", resetting("")},
		{"a reset amid the head", resetting(ok + "X-A: b")},
		{"a head without an end", saying(ok + "X-A: b\r\n")},
		{"a field without a name", saying(ok + ": b\r\n\r\n")},
		{"a field without a colon", saying(ok + "nothing\r\n\r\n")},
		{"two lengths", saying(ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd")},
		{"a length that is none", saying(ok + "Content-Length: x\r\n\r\n")},
		{"an unknown framing", saying(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")},
		{"a status that is none", saying("HTTP/1.1 2x0 OK\r\n\r\n")},
		{"a version that is none", saying("HTTP/x 200 OK\r\n\r\n")},
		{"a head that is too large", saying(ok+"X-A: ", strings.Repeat("a", 300<<10), "\r\n\r\n")},
		{"a head without bound", saying(slices.Repeat([]string{"HTTP/1.1 200 OK\r\nX-A: b\r\n", strings.Repeat("X-B: c\r\n", 1000)}, 1000)...)},
		{"interim answers without an end", saying(slices.Repeat([]string{strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 1000)}, 1000)...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gatetest.Start(t, scripted(t, tt.answer), nil)
			res, text := do(t, s, "GET", "https://notes.test/", nil)
			e := s.Record.Next(t)
			if res.StatusCode != http.StatusBadGateway || e.Verdict != event.Errored || !strings.Contains(text, e.UID.String()) {
				t.Errorf("answered %s, recorded %s: %s", res.Status, e.Verdict, text)
			}
		})
	}
}

func TestABrokenAnswerIsBrokenForTheClientToo(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name   string
		answer func(net.Conn)
	}{
		{"fewer bytes than announced", saying(ok + "Content-Length: 100\r\n\r\nhalf")},
		{"chunks without the last", saying(ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")},
		{"a chunk that is none", saying(ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nx\r\n\r\n")},
		{"a reset", resetting(ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")},
	} {
		for _, protocol := range []string{"HTTP/2", "HTTP/1.1"} {
			t.Run(tt.name+" over "+protocol, func(t *testing.T) {
				s := gatetest.Start(t, scripted(t, tt.answer), nil)
				if protocol == "HTTP/1.1" {
					s.Client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
				}
				res, err := s.Client.Get("https://notes.test/")
				if err == nil {
					_, err = io.ReadAll(res.Body)
					_ = res.Body.Close()
				}
				if err == nil {
					t.Error("the client could not tell")
				}
				if e := s.Record.Next(t); e.Verdict != event.Errored || !slices.Contains(e.Details, event.Detail{Name: "broken", Value: "upstream"}) &&
					!slices.ContainsFunc(e.Details, func(d event.Detail) bool { return d.Name == "problem" }) {
					t.Errorf("recorded %s %v", e.Verdict, e.Details)
				}
			})
		}
	}
}

func TestOneInterimAnswerIsNotTheAnswer(t *testing.T) {
	s := gatetest.Start(t, scripted(t, saying("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n")), nil)
	if res, _ := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusNoContent {
		t.Errorf("answered %s", res.Status)
	}
}

// pieces is a body of n bytes that is never in memory as a whole.
type pieces struct{ n int64 }

func (p *pieces) Read(b []byte) (int, error) {
	if p.n == 0 {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), p.n)]
	p.n -= int64(len(b))
	return len(b), nil
}

// Both ways 256 MiB, or a GiB when it is to be proved, stream through a process that holds a small part of it: what is in use is looked at while the
// bytes are under way.
func TestBodiesStreamBothWaysInLittleMemory(t *testing.T) {
	size, bound := int64(256<<20), uint64(96<<20)
	if os.Getenv("TENWARD_PROVE") != "" {
		size = 1 << 30
	}
	var came int64
	up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
		came, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.Copy(w, &pieces{size})
	})
	s := gatetest.Start(t, up, func(o *gate.Options) { o.Limits.Body = size })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://notes.test/", &watched{pieces: pieces{size}, t: t, bound: bound})
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back := &heap{t: t, bound: bound}
	n, err := io.Copy(back, res.Body)
	if err != nil || n != size || came != size {
		t.Errorf("%d bytes came there and %d back of %d: %v", came, n, size, err)
	}
}

// watched looks at the heap while a body is sent.
type watched struct {
	pieces
	t     *testing.T
	bound uint64
	heap  heap
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.pieces.Read(b)
	w.heap.t, w.heap.bound = w.t, w.bound
	_, _ = w.heap.Write(b[:n])
	return n, err
}

// heap looks every 64 MiB at what is in use.
type heap struct {
	t     *testing.T
	bound uint64
	n     int64
}

func (h *heap) Write(p []byte) (int, error) {
	before := h.n
	if h.n += int64(len(p)); h.n>>26 != before>>26 {
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.HeapInuse > h.bound {
			h.t.Errorf("%d MiB of heap after %d MiB", m.HeapInuse>>20, h.n>>20)
		}
	}
	return len(p), nil
}

func TestARequestStreamsAsItComes(t *testing.T) {
	got := make(chan string)
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) {
		for in := bufio.NewReader(r.Body); ; {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			got <- line
		}
	})
	s := gatetest.Start(t, up, nil)
	body, send := io.Pipe()
	answered := make(chan error, 1)
	go func() {
		res, err := s.Client.Post("https://notes.test/", "text/plain", body)
		if err == nil {
			err = res.Body.Close()
		}
		answered <- err
	}()
	for _, line := range []string{"one\n", "two\n"} {
		if _, err := io.WriteString(send, line); err != nil {
			t.Fatal(err)
		}
		if came := <-got; came != line {
			t.Fatalf("the application read %q, want %q while the request is still open", came, line)
		}
	}
	_ = send.Close()
	if err := <-answered; err != nil {
		t.Error(err)
	}
}
