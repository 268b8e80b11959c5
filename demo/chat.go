package demo

import (
	"context"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// maxMessage is the most that one message may hold, in bytes.
const maxMessage = 2 << 10

// patience is how long one write to a listener may take.
const patience = 5 * time.Second

// speaker is the name that stands under what somebody says: of who signed in here, or of whom the gate names.
func (a *App) speaker(r *http.Request) string {
	if who := a.person(r); who != "" {
		return who
	}
	if who := gatePerson(r); who != "" {
		return who
	}
	return "a guest"
}

// gatePerson is whom the gate lets through. CWE-290: nothing shows that the field comes from the gate; the signed
// assertion beside it would.
func gatePerson(r *http.Request) string { return r.Header.Get("X-Tenward-Person") }

func (a *App) chatPage(w http.ResponseWriter, r *http.Request) {
	type raw struct {
		said
		HTML template.HTML
	}
	kept, last := a.chat.lately()
	shown := make([]raw, 0, len(kept))
	for _, s := range kept {
		shown = append(shown, raw{s, template.HTML(s.Text)}) // CWE-79: stored and shown as markup
	}
	a.show(w, r, "chat.html", map[string]any{"Title": "Chat", "Said": shown, "Last": last, "Max": maxMessage})
}

// say takes a message from the form: the way without script. CWE-352: from anybody's form.
func (a *App) say(w http.ResponseWriter, r *http.Request) {
	text := r.PostFormValue("text")
	if len(text) > maxMessage {
		http.Error(w, "a message holds at most 2 KB", http.StatusRequestEntityTooLarge)
		return
	}
	a.hear(a.speaker(r), text)
	http.Redirect(w, r, "/chat", http.StatusSeeOther)
}

// hear passes a message on to the chat and to the feed. An empty one is none.
func (a *App) hear(who, text string) {
	if text = strings.TrimSpace(text); text != "" {
		a.chat.tell("chat", who, text)
		a.feed.tell("chat", who, text)
	}
}

// chatSocket takes messages as text and tells all of them as JSON.
func (a *App) chatSocket(w http.ResponseWriter, r *http.Request) {
	ctx, end := context.WithCancel(r.Context())
	defer end()
	l, missed, ok := a.chat.join(a.chat.since(r.URL.Query().Get("after")), end)
	if !ok {
		full(w)
		return
	}
	defer a.chat.leave(l)
	who := a.speaker(r)
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // CWE-1385: a page of any origin speaks here under its visitor's name
	})
	if err != nil {
		return // Accept has answered
	}
	defer c.CloseNow() // says nothing new after a proper end
	c.SetReadLimit(maxMessage)
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		defer end()
		a.listen(ctx, c, who)
	}()
	defer func() { <-listening }()
	defer end()
	for _, s := range missed {
		if write(ctx, c, s) != nil {
			return
		}
	}
	a.pass(ctx, c, l)
}

// listen hears what one person says until the connection ends.
func (a *App) listen(ctx context.Context, c *websocket.Conn, who string) {
	for {
		kind, text, err := c.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			_ = c.Close(websocket.StatusUnsupportedData, "text only")
			return
		}
		a.hear(who, string(text))
	}
}

// pass tells one person what all say, and looks now and then whether somebody is still there.
func (a *App) pass(ctx context.Context, c *websocket.Conn, l *listener) {
	beat := time.NewTicker(a.beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case s := <-l.told:
			err = write(ctx, c, s)
		case <-beat.C:
			err = ping(ctx, c)
		}
		if err != nil {
			return
		}
	}
}

func write(ctx context.Context, c *websocket.Conn, s said) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	return c.Write(ctx, websocket.MessageText, b)
}

func ping(ctx context.Context, c *websocket.Conn) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	return c.Ping(ctx)
}

// full sends away whom no room is left for.
func full(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "10")
	http.Error(w, "too many are listening", http.StatusServiceUnavailable)
}
