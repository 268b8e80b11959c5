// Package edges uses the real program from outside where it changes or breaks: another configuration, another program,
// faults of what is around it.
package edges

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/test/node"
)

var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "tenward-edges")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a folder for the time of the tests
		if program, err = node.Build("../..", dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// application answers on every path; /stream never ends, and /socket sends back what it gets.
func application(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d bytes", n)
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: begun\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return
		}
		defer c.CloseNow() //nolint:errcheck // the test is over
		for {
			kind, text, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, text) != nil {
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// site is a configuration whose every path is public, with more below it.
func site(upstream, more string) string {
	return fmt.Sprintf(`
data: "{{data}}"
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.com}
console: {host: console.example.com, listen: "127.0.0.1:0"}
audits: {first: 1h}
services:
  shop: {hosts: [shop.example.com], upstream: %q, public: ["/**"]}
%s`, upstream, more)
}

// customer asks for the same again and again, over one connection as long as it lasts.
type customer struct {
	client *http.Client
	opened atomic.Int64
	asked  atomic.Int64
	body   string
}

func newCustomer(t *testing.T, n *node.Node, protocol, body string) *customer {
	t.Helper()
	c := &customer{body: body}
	whole := n.Visit(t).Client.Transport.(*http.Transport)
	tlsConfig := whole.TLSClientConfig.Clone()
	tlsConfig.NextProtos = []string{protocol}
	gate := n.Gate
	c.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: tlsConfig, ForceAttemptHTTP2: protocol == "h2", MaxConnsPerHost: 1,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c.opened.Add(1)
			return new(net.Dialer).DialContext(ctx, "tcp", gate)
		},
	}}
	t.Cleanup(c.client.CloseIdleConnections)
	return c
}

// reader is a body that cannot be sent twice: what fails is not tried again behind the test's back.
type reader struct{ io.Reader }

func (c *customer) ask(ctx context.Context) error {
	var body io.Reader
	if c.body != "" {
		body = reader{strings.NewReader(c.body)}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://shop.example.com/ask", body)
	if err != nil {
		return err
	}
	if body != nil {
		r.ContentLength = int64(len(c.body)) // where there is none, each request has a connection of its own
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // it was read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("%d bytes", len(c.body)); res.StatusCode != http.StatusOK || string(text) != want {
		return fmt.Errorf("%s: %s, want %s", res.Status, text, want)
	}
	c.asked.Add(1)
	return nil
}

// shopping has customers ask until the function it gives is called, which fails the test where one was not served.
func shopping(t *testing.T, customers ...*customer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for i, c := range customers {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := c.ask(context.WithoutCancel(ctx)); err != nil {
					t.Errorf("customer %d after %d requests: %v", i, c.asked.Load(), err)
					return
				}
			}
		})
	}
	return func() {
		t.Helper()
		cancel()
		all.Wait()
	}
}

func TestAnotherConfigurationLosesNoConnection(t *testing.T) {
	upstream := application(t)
	n := node.Start(t, program, site(upstream.URL, ""))
	customers := []*customer{
		newCustomer(t, n, "http/1.1", ""), newCustomer(t, n, "http/1.1", "a=b"), newCustomer(t, n, "h2", ""), newCustomer(t, n, "h2", "text="+strings.Repeat("x", 2_000)),
	}
	visitor := n.Visit(t)
	stream, err := visitor.Client.Get(visitor.URL("shop.example.com", "/stream"))
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close() //nolint:errcheck // the test is over
	socket, _, err := visitor.Socket(visitor.URL("shop.example.com", "/socket"), visitor.URL("shop.example.com", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow() //nolint:errcheck // the test is over

	stop := shopping(t, customers...)
	for i := range 6 {
		n.Configure(t, site(upstream.URL, fmt.Sprintf("limits: {total: %dm}\nvalidation: {paranoia: %d}\n", 10+i, 1+i%2)))
		n.Command(t, "reload")
	}
	stop()
	for i, c := range customers {
		if c.opened.Load() != 1 || c.asked.Load() < 12 {
			t.Errorf("customer %d asked %d times over %d connections, want one", i, c.asked.Load(), c.opened.Load())
		}
	}
	if err := socket.Write(t.Context(), websocket.MessageText, []byte("still here")); err != nil {
		t.Error(err)
	}
	if _, text, err := socket.Read(t.Context()); err != nil || string(text) != "still here" {
		t.Errorf("the socket says %q, %v", text, err)
	}
	begun := make([]byte, len("data: begun\n\n"))
	if _, err := io.ReadFull(stream.Body, begun); err != nil {
		t.Errorf("the stream has ended: %v", err)
	}
}

func TestAnotherProgramRefusesNoRequest(t *testing.T) {
	upstream := application(t)
	n := node.Start(t, program, site(upstream.URL, ""))
	customers := []*customer{
		newCustomer(t, n, "http/1.1", ""), newCustomer(t, n, "http/1.1", "a=b"), newCustomer(t, n, "h2", ""), newCustomer(t, n, "h2", "text="+strings.Repeat("x", 2_000)),
	}
	stop := shopping(t, customers...)
	for i := range 3 {
		if out := n.Command(t, "reload", "--replace"); !strings.Contains(out, "answers") {
			t.Errorf("time %d: %s", i, out)
		}
	}
	stop()
	for i, c := range customers {
		if c.opened.Load() < 4 || c.asked.Load() < 12 {
			t.Errorf("customer %d asked %d times over %d connections: it should have come again each time", i, c.asked.Load(), c.opened.Load())
		}
	}
	elsewhere := free(t)
	n.Configure(t, strings.Replace(site(upstream.URL, ""), `https: "127.0.0.1:0"`, `https: "`+elsewhere+`"`, 1))
	n.Command(t, "reload", "--replace")
	moved := &node.Node{Gate: elsewhere, Console: n.Console, Data: n.Data}
	if err := newCustomer(t, moved, "h2", "").ask(t.Context()); err != nil {
		t.Errorf("at the port that the file names now: %v", err)
	}
	if out := n.Command(t, "log", "verify", n.Data); !strings.Contains(out, "events") {
		t.Errorf("the record: %s", out)
	}
}
