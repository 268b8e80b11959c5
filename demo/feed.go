package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// maxTitle is how much of a note's title the feed tells, in bytes.
const maxTitle = 200

func (a *App) feedPage(w http.ResponseWriter, r *http.Request) {
	kept, last := a.feed.lately()
	a.show(w, r, "feed.html", map[string]any{"Title": "Feed", "Said": kept, "Last": last})
}

// announce tells the feed of a new note: by its title, for the body is the notes page's.
func (a *App) announce(n note) {
	a.feed.tell("note", n.Owner, strings.ToValidUTF8(n.Title[:min(len(n.Title), maxTitle)], ""))
}

// feedEvents is the stream of server-sent events (WHATWG HTML, section 9.2). A browser that comes back names the last
// event that it got.
func (a *App) feedEvents(w http.ResponseWriter, r *http.Request) {
	after := r.Header.Get("Last-Event-ID")
	if after == "" {
		after = r.URL.Query().Get("after")
	}
	ctx, end := context.WithCancel(r.Context())
	defer end()
	l, missed, ok := a.feed.join(a.feed.since(after), end)
	if !ok {
		full(w)
		return
	}
	defer a.feed.leave(l)
	s := stream{w, http.NewResponseController(w)}
	// A write that is under way when this listener is dropped would else hold it up for as long as patience goes.
	defer context.AfterFunc(ctx, func() { _ = s.control.SetWriteDeadline(time.Now()) })()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	if s.comment("listening") != nil {
		return
	}
	for _, one := range missed {
		if s.event(one) != nil {
			return
		}
	}
	beat := time.NewTicker(a.beat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case one := <-l.told:
			err = s.event(one)
		case <-beat.C:
			err = s.comment("still here")
		}
		if err != nil {
			return
		}
	}
}

// stream writes one event after the other, each at once.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s stream) comment(text string) error { return s.write(": " + text + "\n\n") }

func (s stream) event(one said) error {
	data, err := json.Marshal(one) // holds no line break of its own
	if err != nil {
		return err
	}
	return s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", one.ID, one.Kind, data))
}

func (s stream) write(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
