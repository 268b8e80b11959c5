package demo_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/tenward/tenward/demo"
)

// serve opens the application behind a real server that ends before it.
func serve(t *testing.T) (a *demo.App, at string) {
	t.Helper()
	a = open(t, t.TempDir())
	s := httptest.NewServer(a)
	t.Cleanup(func() {
		a.Left() // every test's clients are gone by now, so nothing may listen any more
		s.Close()
	})
	return a, s.URL
}

// dial comes to the chat with these header fields: name, value, name, value.
func dial(t *testing.T, at, query string, fields ...string) *websocket.Conn {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(fields); i += 2 {
		h.Set(fields[i], fields[i+1])
	}
	c, _, err := websocket.Dial(t.Context(), at+"/chat/socket"+query, &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.CloseNow() })
	return c
}

func say(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

type said struct{ Kind, Who, Text string }

func hear(t *testing.T, c *websocket.Conn) said {
	t.Helper()
	_, b, err := c.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var s said
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryoneInTheChatHearsEverybody(t *testing.T) {
	a, at := serve(t)
	ada, guest := dial(t, at, "", "Cookie", "session=1"), dial(t, at, "")
	say(t, ada, " Good morning. ")
	for _, c := range []*websocket.Conn{ada, guest} {
		if got := hear(t, c); got != (said{"chat", "ada", "Good morning."}) {
			t.Fatalf("%+v", got)
		}
	}
	ask(t, a, "POST", "/chat", form, "text=From+the+form", "session=2")
	if got := hear(t, guest); got != (said{"chat", "grace", "From the form"}) {
		t.Fatalf("%+v", got)
	}
	late := dial(t, at, "?after=1")
	if got := hear(t, late); got.Text != "From the form" {
		t.Fatalf("who comes late hears %+v first", got)
	}
	if w := ask(t, a, "GET", "/chat", "", ""); !strings.Contains(w.Body.String(), "<p>Good morning.</p><small>ada</small>") {
		t.Fatalf("without script nothing is shown: %s", w.Body)
	}
}

func TestTheChatIsWeak(t *testing.T) {
	const script = "<img src=x onerror=alert(1)>"
	t.Run("a page of any other site speaks under its visitor's name (CWE-1385)", func(t *testing.T) {
		_, at := serve(t)
		c := dial(t, at, "", "Origin", "https://evil.example", "Cookie", "session=3")
		say(t, c, "I quit.")
		if got := hear(t, c); got != (said{"chat", "admin", "I quit."}) {
			t.Fatalf("%+v", got)
		}
	})
	t.Run("a message runs script for others (CWE-79)", func(t *testing.T) {
		a, at := serve(t)
		c := dial(t, at, "")
		say(t, c, script)
		if got := hear(t, c); got.Text != script {
			t.Fatalf("the message was changed: %+v", got)
		}
		if w := ask(t, a, "GET", "/chat", "", ""); !strings.Contains(w.Body.String(), script) {
			t.Fatal("the page escapes it")
		}
		if w := ask(t, a, "GET", "/assets/chat.js", "", ""); !strings.Contains(w.Body.String(), "innerHTML = said.text") {
			t.Fatal("the script shows it as text")
		}
	})
	t.Run("a form of another site is taken (CWE-352)", func(t *testing.T) {
		a := open(t, t.TempDir())
		r := httptest.NewRequest(http.MethodPost, "/chat", strings.NewReader("text=I+quit."))
		r.Header = http.Header{"Content-Type": {form}, "Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}, "Cookie": {"session=3"}}
		a.ServeHTTP(httptest.NewRecorder(), r)
		if w := ask(t, a, "GET", "/chat", "", ""); !strings.Contains(w.Body.String(), "<p>I quit.</p><small>admin</small>") {
			t.Fatal("it was refused")
		}
	})
	t.Run("a field that anybody can send is a name (CWE-290)", func(t *testing.T) {
		_, at := serve(t)
		c := dial(t, at, "", "X-Tenward-Person", "ceo")
		say(t, c, "Take the day off.")
		if got := hear(t, c); got.Who != "ceo" {
			t.Fatalf("%+v", got)
		}
	})
}

func TestTheHomePageSaysWhomTheGateLetIn(t *testing.T) {
	a := open(t, t.TempDir())
	for _, tt := range []struct{ name, person, want string }{
		{"the gate names nobody", "", ""},
		{"the gate names somebody", "ada", "The gate says that you are <b>ada</b>."},
		{"a name that would be markup", "<i>ada", "you are <b>&lt;i&gt;ada</b>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			if tt.person != "" {
				r.Header.Set("X-Tenward-Person", tt.person)
			}
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			if got := w.Body.String(); !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "The gate says") {
				t.Fatalf("%s", got)
			}
		})
	}
}

func TestTheChatBoundsWhatItTakes(t *testing.T) {
	a, at := serve(t)
	for _, tt := range []struct {
		name string
		kind websocket.MessageType
		text string
		want websocket.StatusCode
	}{
		{"more than 2 KB", websocket.MessageText, strings.Repeat("x", 2<<10+1), websocket.StatusMessageTooBig},
		{"no text", websocket.MessageBinary, "x", websocket.StatusUnsupportedData},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, at, "")
			if err := c.Write(t.Context(), tt.kind, []byte(tt.text)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != tt.want {
				t.Fatalf("%v, want %s", err, tt.want)
			}
		})
	}
	c := dial(t, at, "")
	say(t, c, "  ")
	say(t, c, strings.Repeat("x", 2<<10))
	if got := hear(t, c); len(got.Text) != 2<<10 {
		t.Fatalf("first comes %.20q", got.Text)
	}
	if w := ask(t, a, "POST", "/chat", form, "text="+strings.Repeat("x", 2<<10+1)); w.Code != http.StatusRequestEntityTooLarge {
		t.Fatalf("the form takes more: %d", w.Code)
	}
	if w := ask(t, a, "GET", "/chat/socket", "", ""); w.Code != http.StatusUpgradeRequired {
		t.Fatalf("no WebSocket: %d", w.Code)
	}
}

func TestWhoDoesNotReadIsDropped(t *testing.T) {
	a, at := serve(t)
	dial(t, at, "")
	left := make(chan struct{})
	go func() { defer close(left); a.Left() }()
	message := "text=" + url.QueryEscape(strings.Repeat("x", 2<<10))
	for {
		select {
		case <-left:
			return
		default:
			ask(t, a, "POST", "/chat", form, message)
		}
	}
}
