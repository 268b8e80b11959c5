package gate_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// long is a limit that no test reaches: what ends is ended by the one limit that a test is about.
const long = time.Hour

func only(change func(*gate.Limits)) func(*gate.Options) {
	return func(o *gate.Options) {
		l := &o.Limits
		l.Header, l.Read, l.Write, l.Idle, l.Total, l.Dial, l.Answer = long, long, long, long, long, long, long
		change(l)
	}
}

// endless answers without an end until the gate lets go.
func endless(t *testing.T) string {
	return upstream(t, func(w http.ResponseWriter, r *http.Request) {
		for piece := bytes.Repeat([]byte("x"), 64<<10); r.Context().Err() == nil; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
}

func TestAClientThatReadsNothingIsLetGo(t *testing.T) {
	for _, protocol := range []string{"http/1.1", "h2"} {
		t.Run(protocol, func(t *testing.T) {
			s := gatetest.Start(t, endless(t), only(func(l *gate.Limits) { l.Write = 150 * time.Millisecond }))
			if protocol == "h2" {
				dialHTTP2(t, s).open(1, true, ":method: GET", ":scheme: https", ":authority: notes.test", ":path: /")
			} else {
				c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "notes.test", MinVersion: tls.VersionTLS13})
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = c.Close() }()
				if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: notes.test\r\n\r\n"); err != nil {
					t.Fatal(err)
				}
			}
			if e := s.Record.Next(t); !slices.Contains(e.Details, event.Detail{Name: "broken", Value: "client"}) {
				t.Errorf("recorded %v", e.Details)
			}
		})
	}
}

func TestAnExchangeEndsInItsTime(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	begun := func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for _, tt := range []struct {
		name    string
		answers http.HandlerFunc
		status  int
		detail  event.Detail
	}{
		{"an application that does not answer", silent, http.StatusGatewayTimeout, event.Detail{Name: "problem", Value: "gate.upstream.slow"}},
		{"an answer that does not end", begun, http.StatusOK, event.Detail{Name: "broken", Value: "time"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gatetest.Start(t, upstream(t, tt.answers), only(func(l *gate.Limits) { l.Total = 150 * time.Millisecond }))
			res, err := s.Client.Get("https://notes.test/")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			if _, err := io.ReadAll(res.Body); res.StatusCode != tt.status || (err != nil) != (tt.status == http.StatusOK) {
				t.Errorf("answered %s, its end was %v", res.Status, err)
			}
			if e := s.Record.Next(t); !slices.Contains(e.Details, tt.detail) {
				t.Errorf("recorded %v, want %v", e.Details, tt.detail)
			}
		})
	}
}

func TestAClientThatStopsSendingIsToldAndRecorded(t *testing.T) {
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	s := gatetest.Start(t, up, only(func(l *gate.Limits) { l.Read = 150 * time.Millisecond }))
	answers := raw(t, s, "POST / HTTP/1.1\r\nHost: notes.test\r\nContent-Length: 10\r\n\r\nabc", 2)
	if len(answers) != 1 || answers[0].StatusCode != http.StatusBadRequest || !answers[0].Close {
		t.Errorf("answers %+v", answers)
	}
	if e := s.Record.Next(t); e.Verdict != event.Refused || e.HTTP.Received != 3 {
		t.Errorf("recorded %s after %d bytes", e.Verdict, e.HTTP.Received)
	}
}

func TestAnApplicationThatDoesNotTakeConnectionsIsGivenUp(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0") // its kernel accepts, nobody shakes hands
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	for name, up := range map[string]string{"no connection": "http://" + full(t), "no handshake": "https://" + mute.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			s := gatetest.Start(t, up, only(func(l *gate.Limits) { l.Dial = 150 * time.Millisecond }))
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://notes.test/", nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := s.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusGatewayTimeout {
				t.Errorf("answered %s", res.Status)
			}
		})
	}
}

// full is the address of a listener whose queue has no more room, so that connections to it never stand.
func full(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	err = errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0))
	if err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}).String()
	for {
		c, err := net.DialTimeout("tcp", addr, 300*time.Millisecond)
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() {
			return addr
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
	}
}

func TestStreamsAreAnnouncedAndKept(t *testing.T) {
	release := make(chan struct{})
	up := upstream(t, func(http.ResponseWriter, *http.Request) { <-release })
	s := gatetest.Start(t, up, only(func(l *gate.Limits) { l.Streams = 3 }))
	p := dialHTTP2(t, s)
	for announced := false; !announced; {
		f, err := p.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := f.(*http2.SettingsFrame); ok && !f.IsAck() {
			if n, _ := f.Value(http2.SettingMaxConcurrentStreams); n != 3 {
				t.Errorf("%d streams are announced, want 3", n)
			}
			announced = true
		}
	}
	for i := range uint32(4) {
		p.open(2*i+1, true, ":method: GET", ":scheme: https", ":authority: notes.test", ":path: /")
	}
	if end := p.outcome(7); end != "reset" && end != "closed" {
		t.Errorf("the fourth stream's end is %s", end)
	}
	close(release)
}

func TestShutdownBreaksOffWhatDoesNotEnd(t *testing.T) {
	began := make(chan struct{})
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	})
	s := gatetest.Start(t, up, only(func(l *gate.Limits) { l.Drain = 100 * time.Millisecond }))
	broken := make(chan error, 1)
	go func() {
		res, err := s.Client.Get("https://notes.test/")
		if err == nil {
			_ = res.Body.Close()
		}
		broken <- err
	}()
	<-began
	if err := s.Server.Shutdown(t.Context()); err != nil { // a stop that goes as documented is no failure
		t.Errorf("shutdown: %v", err)
	}
	if err := <-broken; err == nil {
		t.Error("the client could not tell that it was broken off")
	}
}

func TestShutdownTakesNoNewConnections(t *testing.T) {
	began, end := make(chan struct{}), make(chan struct{})
	up := upstream(t, func(http.ResponseWriter, *http.Request) {
		close(began)
		<-end
	})
	var once sync.Once
	finish := func() { once.Do(func() { close(end) }) }
	s := gatetest.Start(t, up, nil)
	defer finish()
	under := make(chan error, 1)
	go func() {
		res, err := s.Client.Get("https://notes.test/")
		if err == nil {
			err = res.Body.Close()
		}
		under <- err
	}()
	<-began
	down := make(chan error, 1)
	go func() { down <- s.Server.Shutdown(context.Background()) }()
	for deadline := time.Now().Add(30 * time.Second); ; {
		c, err := net.DialTimeout("tcp", s.Addr, 30*time.Second)
		if err != nil {
			break
		}
		_ = c.Close()
		if time.Now().After(deadline) {
			t.Fatal("it still takes connections")
		}
	}
	finish()
	if err := <-under; err != nil {
		t.Errorf("the exchange under way ended with %v", err)
	}
	if err := <-down; err != nil {
		t.Error(err)
	}
}
