// Package door_test drives the real program from outside: people come in through the portal, and whoever should not come
// in tries to.
package door_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/demo"
	"github.com/tenward/tenward/test/node"
)

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tenward-door-")
	if err == nil {
		program, err = node.Build(filepath.Join("..", ".."), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

const (
	notes    = "notes.example.test"
	wiki     = "wiki.example.test"
	login    = "login.example.test"
	console  = "console.example.test"
	password = "a horse, a battery, a staple"
)

const configuration = `
data: {{data}}
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.test, name: Example}
console: {host: console.example.test, listen: "127.0.0.1:0"}
services:
  notes: {hosts: [notes.example.test], upstream: "UPSTREAM", public: ["/search", "/assets/**"]}
  wiki: {hosts: [wiki.example.test], upstream: "ECHO"}
access:
  contact: the office
  roles:
    - {name: author, allow: [{service: notes, methods: ["*"]}]}
    - {name: reader-of-all, allow: [{service: "*"}], deny: [{service: "*", methods: ["*"], paths: ["/admin/**"]}]}
  services:
    wiki: {headers: true, assertion: true}
validation: {services: {notes: {mode: observe}}}
`

// house is a node in front of the weak demo application and of one that says what it was told.
type house struct {
	*node.Node
	echo *echo
}

// echo answers with the fields of Tenward's that it got, and keeps the last request's.
type echo struct {
	*httptest.Server
	got chan http.Header
}

func newHouse(t *testing.T) *house {
	t.Helper()
	app, err := demo.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	upstream := httptest.NewServer(app)
	t.Cleanup(func() {
		upstream.Close()
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	e := &echo{got: make(chan http.Header, 64)}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case e.got <- r.Header.Clone():
		default:
		}
		switch r.URL.Path {
		case "/socket":
			e.socket(w, r)
			return
		case "/stream":
			stream(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>wiki</title>%s", r.URL.Path)
	}))
	t.Cleanup(e.Close)
	return &house{node.Start(t, program, strings.NewReplacer("UPSTREAM", upstream.URL, "ECHO", e.URL).Replace(configuration)), e}
}

// socket sends back what it is sent.
func (*echo) socket(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // an application that trusts anybody
	if err != nil {
		return
	}
	defer c.CloseNow() //nolint:errcheck // it may be closed already
	for {
		kind, text, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, text) != nil {
			return
		}
	}
}

// stream begins an event stream that never ends by itself.
func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, "data: hello\n\n")
	_ = http.NewResponseController(w).Flush() // a test's server can
	<-r.Context().Done()
}

// person is somebody who has enrolled and is signed in on the portal.
func (h *house) person(t *testing.T, account string, roles ...string) *node.Visitor {
	t.Helper()
	v := h.Visit(t)
	v.Enrol(h.Invite(t, account), password)
	for _, r := range roles {
		h.Command(t, "person", "grant", account, r)
	}
	return v
}
