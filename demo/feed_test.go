package demo_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/demo"
)

func TestTheFeedTellsWhatHappensAsItHappens(t *testing.T) {
	a, at := serve(t)
	events, _ := stream(t, at, "")
	ask(t, a, "POST", "/notes", form, "title=Tea&body=Green", "session=1")
	ask(t, a, "POST", "/chat", form, "text=two%0A%0Aevent:+lines", "session=2")
	ask(t, a, "POST", "/api/notes", "application/json", `{"owner":"bot","title":"`+strings.Repeat("x", 199)+`\u00e9","body":"b"}`)
	for _, want := range []string{
		"id: 1", "event: note", `data: {"id":1,"kind":"note","who":"ada","text":"Tea"}`,
		"id: 2", "event: chat", `data: {"id":2,"kind":"chat","who":"grace","text":"two\n\nevent: lines"}`,
		"id: 3", "event: note", `data: {"id":3,"kind":"note","who":"bot","text":"` + strings.Repeat("x", 199) + `"}`,
	} {
		if got := nextLine(t, events); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	for _, tt := range []struct {
		name, query string
		fields      []string
	}{
		{"a page that has seen the first", "?after=1", nil},
		{"a browser that comes back", "?after=0", []string{"Last-Event-ID", "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if events, _ := stream(t, at, tt.query, tt.fields...); nextLine(t, events) != "id: 2" {
				t.Fatal("it does not go on with the second")
			}
		})
	}
	w := ask(t, a, "GET", "/feed", "", "")
	if body := w.Body.String(); !strings.Contains(body, "<p>Tea</p><small>new note, ada</small>") || !strings.Contains(body, `data-last="3"`) {
		t.Fatalf("without script nothing is shown: %s", body)
	}
}

func TestConnectionsEndWithTheirClients(t *testing.T) {
	a, at := serve(t)
	c := dial(t, at, "")
	_, leave := stream(t, at, "")
	_ = c.CloseNow()
	leave()
	a.Left()
}

func TestTheFeedHasRoomForSoMany(t *testing.T) {
	a, at := serve(t)
	leaves := make([]func(), 0, 100)
	for range 100 {
		_, leave := stream(t, at, "")
		leaves = append(leaves, leave)
	}
	if w := ask(t, a, "GET", "/feed/events", "", ""); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Fatalf("one more: %d %v", w.Code, w.Header())
	}
	for _, leave := range leaves {
		leave()
	}
}

func TestClosingTheApplicationEndsEveryConnection(t *testing.T) {
	a, err := demo.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a)
	defer s.Close()
	c := dial(t, s.URL, "")
	events, _ := stream(t, s.URL, "")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); err == nil {
		t.Error("the chat goes on")
	}
	if _, err := io.ReadAll(events); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the feed: %v", err)
	}
	if w := ask(t, a, "GET", "/feed/events", "", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("somebody new is let in: %d", w.Code)
	}
}

func TestTheChatShowsThatItIsAlive(t *testing.T) {
	a, at := serve(t)
	a.Beat(time.Millisecond)
	pinged := make(chan struct{}, 1)
	c, _, err := websocket.Dial(t.Context(), at+"/chat/socket", &websocket.DialOptions{OnPingReceived: func(context.Context, []byte) bool {
		select {
		case pinged <- struct{}{}:
		default:
		}
		return true
	}})
	if err != nil {
		t.Fatal(err)
	}
	ended := c.CloseRead(t.Context())
	for range 3 {
		select {
		case <-pinged:
		case <-ended.Done():
			t.Fatal("the connection ended although its client answers")
		}
	}
	_ = c.CloseNow()
}

func TestTheFeedShowsThatItIsAlive(t *testing.T) {
	a, at := serve(t)
	a.Beat(time.Millisecond)
	if events, _ := stream(t, at, ""); nextLine(t, events) != ": still here" {
		t.Fatal("it is silent")
	}
}

// stream comes to the feed and reads past its greeting.
func stream(t *testing.T, at, query string, fields ...string) (*bufio.Reader, func()) {
	t.Helper()
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/feed/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(fields); i += 2 {
		ask.Header.Set(fields[i], fields[i+1])
	}
	res, err := http.DefaultClient.Do(ask)
	if err != nil {
		t.Fatal(err)
	}
	leave := func() { _ = res.Body.Close() }
	t.Cleanup(leave)
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%s %s", res.Status, got)
	}
	r := bufio.NewReader(res.Body)
	if got := nextLine(t, r); got != ": listening" {
		t.Fatalf("it begins with %q", got)
	}
	return r, leave
}

// nextLine is the next line that is not empty.
func nextLine(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
}
