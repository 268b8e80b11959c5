package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
)

// Bounds of live pages.
const (
	everyUpdate    = time.Second      // at most one update in this time
	heartbeat      = 15 * time.Second // something is sent at least this often, so that a lost connection is noticed
	writeWithin    = 10 * time.Second // a reader that takes nothing for this long is gone
	maxLivePages   = 8                // of one session
	retryAfterLost = 3000             // milliseconds until a browser connects again
)

// streams counts the live pages of each session.
type streams struct {
	mu     sync.Mutex
	open   map[string]int // by the session's id
	closed bool
	all    sync.WaitGroup
}

func newStreams() *streams { return &streams{open: map[string]int{}} }

// enter counts one more, if there may be one more.
func (s *streams) enter(session *identity.Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open[session.ID] >= maxLivePages {
		return false
	}
	s.open[session.ID]++
	s.all.Add(1)
	return true
}

func (s *streams) leave(session *identity.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[session.ID]--; s.open[session.ID] == 0 {
		delete(s.open, session.ID)
	}
	s.all.Done()
}

// close lets nobody in any more and waits for who is there; the console has told them to go.
func (s *streams) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.all.Wait()
}

// live sends the live parts of a page as they change (server-sent events, WHATWG HTML section 9.2), until the session
// ends, the reader goes or the console closes.
func (c *Console) live(p *page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session := sessionOf(r.Context())
		if !c.streams.enter(session) {
			c.refuse(w, r, http.StatusTooManyRequests, errTooMany)
			return
		}
		defer c.streams.leave(session)
		v, err := p.Load(renewing(r.Context()), p.query(r))
		if wrong := faultOf(v); err == nil && wrong != nil {
			err = wrong
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		if r.Method == http.MethodHead { // a page asks whether its session holds
			return
		}
		w.Header().Set("X-Accel-Buffering", "no") // a proxy in between must not collect
		s := &stream{to: w, control: http.NewResponseController(w), sent: map[string]string{}}
		if err := c.follow(r, p, s, session); err != nil {
			c.o.Log.DebugContext(r.Context(), "a live page ended", "page", p.Title, "error", err)
		}
	}
}

// follow is the stream's loop.
func (c *Console) follow(r *http.Request, p *page, s *stream, session *identity.Session) error {
	if err := s.write(fmt.Sprintf("retry: %d\n\n", retryAfterLost)); err != nil {
		return err
	}
	ended := make(chan struct{})
	release, ok := c.o.Hold(session, func() { close(ended) })
	if !ok {
		return s.write("event: over\ndata: session\n\n")
	}
	defer release()
	tick := time.NewTicker(everyUpdate)
	defer tick.Stop()
	last := c.o.Now()
	for {
		changed, err := c.update(r.Context(), r, p, s)
		if err != nil {
			return err
		}
		if now := c.o.Now(); changed {
			last = now
		} else if now.Sub(last) >= heartbeat {
			last = now
			if err := s.write(": still here\n\n"); err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ended:
			return s.write("event: over\ndata: session\n\n")
		case <-r.Context().Done():
			return nil
		case <-c.stopped:
			return nil
		}
	}
}

type renewKey struct{}

// renewing says that a page is loaded once more for somebody who looks at it.
func renewing(ctx context.Context) context.Context { return context.WithValue(ctx, renewKey{}, true) }

func renewed(ctx context.Context) bool { return ctx.Value(renewKey{}) != nil }

// update sends the parts that are not as they were. What cannot be read now is told, and tried again.
func (c *Console) update(ctx context.Context, r *http.Request, p *page, s *stream) (changed bool, err error) {
	v, err := p.Load(renewing(ctx), p.query(r))
	if err != nil {
		c.o.Log.WarnContext(ctx, "a live page could not be renewed", "page", p.Title, "error", err)
		return true, s.write("event: fault\ndata: " + problem.Of(err).Code + "\n\n")
	}
	parts, err := p.parts(v)
	if err != nil {
		return false, err
	}
	for name, text := range parts {
		if s.sent[name] == text {
			delete(parts, name)
		}
	}
	if len(parts) == 0 {
		return false, nil
	}
	data, err := json.Marshal(parts) // one line: JSON has its line breaks escaped
	if err != nil {
		return false, fmt.Errorf("encode parts of page %s: %w", p.Title, err)
	}
	for name, text := range parts {
		s.sent[name] = text
	}
	return true, s.write("event: parts\ndata: " + string(data) + "\n\n")
}

// stream is one reader's connection, and what it has been sent.
type stream struct {
	to      http.ResponseWriter
	control *http.ResponseController
	sent    map[string]string
}

// write sends a message at once. The deadline is for this one write: HTTP/2 resets a stream whose deadline passes
// even while nothing is written.
func (s *stream) write(text string) error {
	err := s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if err == nil {
		_, err = s.to.Write([]byte(text))
	}
	if err == nil {
		err = s.control.Flush()
	}
	if err == nil {
		err = s.control.SetWriteDeadline(time.Time{})
	}
	if err != nil {
		return fmt.Errorf("write live page: %w", err)
	}
	return nil
}
