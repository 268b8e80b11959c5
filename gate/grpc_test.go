package gate_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// message is one as gRPC frames it: not compressed, its length, itself.
func message(text string) string {
	head := make([]byte, 5, 5+len(text))
	binary.BigEndian.PutUint32(head[1:], uint32(len(text)))
	return string(append(head, text...))
}

func readMessage(r io.Reader) (string, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	text := make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err := io.ReadFull(r, text)
	return string(text), err
}

// h2c is an application that speaks HTTP/2 without TLS, and nothing else.
func h2c(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return "h2c://" + s.Listener.Addr().String()
}

// converse answers each message of a call with itself, then ends the call as gRPC does.
func converse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/grpc")
	w.Header().Set("X-Te", r.Header.Get("Te"))
	w.Header().Set("X-Proto", r.Proto)
	_ = http.NewResponseController(w).Flush()
	for {
		text, err := readMessage(r.Body)
		if err != nil {
			break
		}
		_, _ = io.WriteString(w, message(text))
		_ = http.NewResponseController(w).Flush()
	}
	w.Header().Set(http.TrailerPrefix+"Grpc-Status", "7")
	w.Header().Set(http.TrailerPrefix+"Grpc-Message", "enough")
}

func speaksGRPC(o *gate.Options) { o.Services[0].GRPC = true }

func TestACallStreamsBothWaysAndEndsWithItsTrailers(t *testing.T) {
	s := gatetest.Start(t, h2c(t, converse), speaksGRPC)
	body, say := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://notes.test/shop.Orders/Watch", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/grpc+proto"}, "Te": {"trailers"}}
	res, err := s.Client.Do(r) // the head of the answer comes before the first message
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.ProtoMajor != 2 || res.Header.Get("X-Proto") != "HTTP/2.0" || res.Header.Get("X-Te") != "trailers" {
		t.Errorf("the client is answered in %s, the application was asked in %s with TE %q", res.Proto, res.Header.Get("X-Proto"), res.Header.Get("X-Te"))
	}
	for _, text := range []string{"one", "two", strings.Repeat("three", 40_000)} {
		if _, err := io.WriteString(say, message(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := readMessage(res.Body); got != text || err != nil {
			t.Fatalf("%d bytes came back of %d: %v", len(got), len(text), err)
		}
	}
	_ = say.Close()
	if rest, err := io.ReadAll(res.Body); len(rest) > 0 || err != nil {
		t.Errorf("%d bytes more: %v", len(rest), err)
	}
	if res.Trailer.Get("Grpc-Status") != "7" || res.Trailer.Get("Grpc-Message") != "enough" {
		t.Errorf("it ends with %v", res.Trailer)
	}
	if e := s.Record.Next(t); e.Verdict.String() != "passed" {
		t.Errorf("recorded %s", e.Verdict)
	}
	if m := s.Gate.Measures()["notes"]; m.Took.Count() != 0 {
		t.Error("a conversation was timed as an answer")
	}
}

func TestOnlyACallIsACall(t *testing.T) {
	for _, tt := range []struct {
		name, method, kind string
		speaks, want       bool
	}{
		{"a call", "POST", "application/grpc", true, true},
		{"one that names its encoding", "POST", "application/grpc+json", true, true},
		{"to a service that speaks no gRPC", "POST", "application/grpc", false, false},
		{"another method", "PUT", "application/grpc", true, false},
		{"another type", "POST", "application/grpcx", true, false},
		{"the web's kind, which is framed otherwise", "POST", "application/grpc-web", true, false},
		{"no type", "POST", "", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rpc := make(chan bool, 1)
			s := gatetest.Start(t, h2c(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Te", r.Header.Get("Te")) }), func(o *gate.Options) {
				o.Services[0].GRPC = tt.speaks
				o.Stages = []gate.Stage{stage(gate.Headed, func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
					rpc <- x.RPC
					return gate.Verdict{}, nil
				})}
			})
			headers := []string{"Te", "trailers"}
			if tt.kind != "" {
				headers = append(headers, "Content-Type", tt.kind)
			}
			res, _ := do(t, s, tt.method, "https://notes.test/", strings.NewReader("x"), headers...)
			if got := <-rpc; got != tt.want || (res.Header.Get("X-Te") != "") != tt.want {
				t.Errorf("taken for one: %v, TE passed on: %q", got, res.Header.Get("X-Te"))
			}
		})
	}
}

// The upload begins after the call and is given up for its silence; the call, which was silent for longer, goes on.
func TestACallMayBeSilentForLongerThanAnUpload(t *testing.T) {
	s := gatetest.Start(t, h2c(t, converse), func(o *gate.Options) {
		upload := *o.Services[0]
		upload.Name, upload.Path = "upload", "/upload"
		o.Services = append(o.Services, &upload)
		o.Services[0].GRPC = true
		o.Limits.Read = 50 * time.Millisecond
	})
	open := func(path string) (*http.Response, *io.PipeWriter) {
		body, say := io.Pipe()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://notes.test"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/grpc")
		res, err := s.Client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = say.Close(), res.Body.Close() })
		return res, say
	}
	call, say := open("/call")
	upload, _ := open("/upload")
	if _, err := readMessage(upload.Body); err == nil {
		t.Fatal("the upload was answered")
	}
	if _, err := io.WriteString(say, message("still here")); err != nil {
		t.Fatal(err)
	}
	if got, err := readMessage(call.Body); got != "still here" {
		t.Errorf("the call is answered %q, %v", got, err)
	}
}
