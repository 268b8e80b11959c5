package door_test

import (
	"bufio"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/test/node"
)

func TestAWebSocketIsForPagesOfItsOwnOrigin(t *testing.T) {
	h := newHouse(t)
	ada := h.person(t, "ada", "reader-of-all", "author")
	ada.Get(ada.URL(wiki, "/"))
	for name, origin := range map[string]string{"a sibling host": ada.URL(notes, ""), "another site": "https://evil.example", "a sandboxed page": "null"} {
		if _, answer, err := ada.Socket(ada.URL(wiki, "/socket"), origin); err == nil || answer == nil || answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger := h.Visit(t)
	if _, answer, err := stranger.Socket(stranger.URL(wiki, "/socket"), stranger.URL(wiki, "")); err == nil || answer == nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger: %v", err)
	}
	talk(t, ada)
}

// talk opens a WebSocket and holds it to answering.
func talk(t *testing.T, v *node.Visitor) *websocket.Conn {
	t.Helper()
	c, _, err := v.Socket(v.URL(wiki, "/socket"), v.URL(wiki, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() }) // it may be closed already
	if err := c.Write(t.Context(), websocket.MessageText, []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Fatalf("%q: %v", text, err)
	}
	return c
}

// listen opens an event stream; the channel is closed when it ends.
func listen(t *testing.T, v *node.Visitor) <-chan struct{} {
	t.Helper()
	r := request(t, http.MethodGet, v.URL(wiki, "/stream"), map[string]string{"Accept": "text/event-stream"}, nil)
	answer, err := (&http.Client{Jar: v.Jar, Transport: v.Client.Transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() }) // it may be over already
	lines := bufio.NewScanner(answer.Body)
	if !lines.Scan() || lines.Text() != "data: hello" {
		t.Fatalf("%s %q", answer.Status, lines.Text())
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for lines.Scan() {
			continue
		}
	}()
	return ended
}

// closed gives when a WebSocket ends.
func closed(t *testing.T, c *websocket.Conn) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _, _ = c.Read(t.Context()) // whatever it says, it is over
	}()
	return ended
}

// promised is how long what is open may go on. An ordinary run is generous, for busy machines.
func promised() time.Duration {
	if os.Getenv("TENWARD_PROVE") != "" {
		return time.Second
	}
	return 20 * time.Second
}

func TestDisablingSomebodyEndsWhatIsOpen(t *testing.T) {
	h := newHouse(t)
	for name, end := range map[string]func(v *node.Visitor, account string){
		"disabled":   func(_ *node.Visitor, account string) { h.Command(t, "person", "disable", account) },
		"signed out": func(v *node.Visitor, _ string) { v.Post(v.URL(login, "/logout"), nil) },
	} {
		account := map[string]string{"disabled": "ada", "signed out": "bea"}[name]
		v := h.person(t, account, "reader-of-all", "reader")
		v.Get(v.URL(wiki, "/"))
		socket, stream := closed(t, talk(t, v)), listen(t, v)
		end(v, account)
		late := time.After(promised())
		for what, ended := range map[string]<-chan struct{}{"the WebSocket": socket, "the stream": stream} {
			select {
			case <-ended:
			case <-late:
				t.Errorf("%s: %s goes on", name, what)
			}
		}
		stay(v)
		if a := v.Get(v.URL(wiki, "/")); a.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: the application is still open: %s", name, a.Status)
		}
	}
}
