// Package cluster_test runs two nodes of one cluster, each a process with its own data folder and ports, on one PostgreSQL
// and one Redis server.
package cluster_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/cluster/clustertest"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
	"github.com/tenward/tenward/test/node"
)

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tenward-cluster-")
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
	app      = "app.example.test"
	login    = "login.example.test"
	password = "a horse, a battery, a staple"
)

const configuration = `
node: NODE
data: {{data}}
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.test}
console: {host: console.example.test, listen: "127.0.0.1:0"}
store: {postgres: "${env:TENWARD_TEST_POSTGRES}"}
cluster: {redis: "${env:TENWARD_TEST_REDIS}"}
services:
  app: {hosts: [app.example.test], upstream: "UPSTREAM"}
access: {roles: [{name: user, allow: [{service: app, methods: ["*"]}]}]}
`

// pair is a cluster of two.
type pair struct {
	a, b  *node.Node
	redis *clustertest.Server
}

func newPair(t *testing.T) pair {
	t.Helper()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/socket" {
			echo(w, r)
			return
		}
		fmt.Fprint(w, "the application")
	}))
	t.Cleanup(upstream.Close)
	p := pair{redis: clustertest.Redis(t)}
	key := filepath.Join(t.TempDir(), "master.key")
	if err := store.WriteMasterKeyFile(key, store.NewMasterKey()); err != nil {
		t.Fatal(err)
	}
	env := []string{"TENWARD_TEST_POSTGRES=" + storetest.Postgres(t), "TENWARD_TEST_REDIS=" + p.redis.URL(), "TENWARD_MASTER_KEY_FILE=" + key}
	text := strings.Replace(configuration, "UPSTREAM", upstream.URL, 1)
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value) // for the commands
	}
	p.a = node.Start(t, program, strings.Replace(text, "NODE", "a", 1), env...)
	p.b = node.Start(t, program, strings.Replace(text, "NODE", "b", 1), env...)
	return p
}

func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
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

// signedIn is somebody who has enrolled on node a, and is signed in at the application there.
func (p pair) signedIn(t *testing.T, account string) *node.Visitor {
	t.Helper()
	v := p.a.Visit(t)
	v.Enrol(p.a.Invite(t, account, "--role", "user"), password)
	if got := v.Get(v.URL(app, "/")); got.Body != "the application" {
		t.Fatalf("on node a: %s at %s", got.Status, got.URL)
	}
	return v
}

func TestASessionIsGoodOnEveryNode(t *testing.T) {
	p := newPair(t)
	ada := p.signedIn(t, "ada")
	ada.Lead(p.b)
	if got := ada.Get(ada.URL(app, "/")); got.Body != "the application" {
		t.Errorf("on node b: %s at %s", got.Status, got.URL)
	}
}

func TestWhatEndsOnOneNodeIsRefusedOnTheOther(t *testing.T) {
	p := newPair(t)
	for name, end := range map[string]func(v *node.Visitor){
		"disabled":   func(*node.Visitor) { p.a.Command(t, "person", "disable", "disabled") },
		"signed-out": func(v *node.Visitor) { v.Lead(p.a); v.Post(v.URL(login, "/logout"), nil) },
		"revoked":    func(*node.Visitor) { p.a.Command(t, "person", "revoke", "revoked", "user") },
	} {
		v := p.signedIn(t, name)
		v.Lead(p.b)
		if got := v.Get(v.URL(app, "/")); got.Body != "the application" { // node b knows it by heart now
			t.Fatalf("%s on node b: %s", name, got.Status)
		}
		socket, _, err := v.Socket(v.URL(app, "/socket"), v.URL(app, ""))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _, _ = socket.Read(t.Context()) // whatever it says, it is over
		}()
		end(v)
		v.Lead(p.b)
		within(t, promised(), name+" on node b", func() bool { return v.Get(v.URL(app, "/")).Body != "the application" })
		select {
		case <-ended:
		case <-time.After(promised()):
			t.Errorf("%s: the WebSocket on node b goes on", name)
		}
	}
}

// promised is how long what ended on one node may go on elsewhere. An ordinary run is generous, for busy machines.
func promised() time.Duration {
	if os.Getenv("TENWARD_PROVE") != "" {
		return time.Second
	}
	return 5 * time.Second // and well below the 15 s after which each node finds out by itself
}

// within holds something to becoming true in time.
func within(t *testing.T, limit time.Duration, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for !is() {
		select {
		case <-tick.C:
		case <-late:
			t.Errorf("%s: not within %s", what, limit)
			return
		}
	}
}

func TestWithoutRedisWhatEndsIsRefusedAllTheSame(t *testing.T) {
	p := newPair(t)
	visit := func(account string) *node.Visitor {
		v := p.signedIn(t, account)
		v.Lead(p.b)
		v.Get(v.URL(app, "/"))
		return v
	}
	ada, bea := visit("ada"), visit("bea")
	refused := func(v *node.Visitor) func() bool {
		return func() bool { return v.Get(v.URL(app, "/")).Body != "the application" }
	}
	p.redis.Stop()
	p.a.Command(t, "person", "revoke", "bea", "user")
	within(t, 40*time.Second, "revoked, and the link stays down", refused(bea)) // 15 s, and as much again for a busy machine
	p.a.Command(t, "person", "disable", "ada")
	p.redis.Start() // the wake-up is lost for good; node b must notice that it has missed something
	within(t, promised(), "disabled while the link was down", refused(ada))
}

func TestGuessesAreCountedOverAllNodes(t *testing.T) {
	p := newPair(t)
	p.signedIn(t, "ada")
	tries := 0
	for ; tries < 40; tries++ {
		stranger := p.a.Visit(t)
		if tries%2 == 1 {
			stranger.Lead(p.b)
		}
		a := stranger.Post(stranger.URL(login, "/login"), url.Values{"account": {"ada"}, "password": {"wrong"}})
		if a.StatusCode == http.StatusTooManyRequests {
			break
		}
	}
	if tries != 10 {
		t.Errorf("%d passwords could be tried over two nodes, want 10", tries)
	}
}

func TestANodeThatDiesLeavesTheOtherWhole(t *testing.T) {
	p := newPair(t)
	ada := p.signedIn(t, "ada")
	p.a.Kill(t)
	ada.Lead(p.b)
	if got := ada.Get(ada.URL(app, "/")); got.Body != "the application" {
		t.Errorf("on node b: %s at %s", got.Status, got.URL)
	}
	if out := p.b.Command(t, "person", "list"); !strings.Contains(out, "ada") {
		t.Errorf("people:\n%s", out)
	}
	if out := p.b.Command(t, "log", "verify"); !strings.HasPrefix(out, "ok") {
		t.Errorf("node b's record: %s", out)
	}
}
