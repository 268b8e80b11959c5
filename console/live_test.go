package console_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
)

// These tests run in a bubble whose time stands still until everybody waits: hours pass at once.

// bubble is a console without a network, and an auditor who has signed in.
type bubble struct {
	*site
}

func newBubble(t *testing.T, events ...*event.Event) *bubble {
	t.Helper()
	b := &bubble{&site{record: newRecord(t), origin: "https://console.test", clock: &clock{at: noon}}}
	b.openViews(t)
	b.record.add(events...)
	b.enter()
	o := b.options()
	woke := time.Now()
	o.Events, o.Index, o.Now = b.record, b.record.index, func() time.Time { return noon.Add(time.Since(woke)) }
	o.Meter = console.NewMeter(measures, o.Now)
	var err error
	b.console, err = console.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.console.Close)
	return b
}

// watch opens a live page; it ends with leave, or by itself.
func (b *bubble) watch(t *testing.T, path string) *watcher {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	w := &watcher{leave: leave, ended: make(chan struct{}), header: http.Header{}, status: http.StatusOK}
	r := httptest.NewRequest(http.MethodGet, "https://console.test"+path, http.NoBody).WithContext(ctx)
	go func() {
		defer close(w.ended)
		b.console.Handler().ServeHTTP(w, r)
	}()
	t.Cleanup(leave)
	synctest.Wait()
	return w
}

// watcher is a reader of a live page, and when it got what.
type watcher struct {
	leave  func()
	ended  chan struct{}
	header http.Header

	mu       sync.Mutex
	status   int
	messages []message
	stuck    bool      // takes nothing any more
	deadline time.Time // of the write under way
}

type message struct {
	at   time.Time
	text string
}

func (w *watcher) Header() http.Header { return w.header }

func (w *watcher) WriteHeader(status int) { w.status = status }

func (w *watcher) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait := time.Until(w.deadline); w.stuck || wait <= 0 || wait > 30*time.Second {
		return 0, context.DeadlineExceeded
	}
	w.messages = append(w.messages, message{time.Now(), string(b)})
	return len(b), nil
}

func (*watcher) FlushError() error { return nil }

func (w *watcher) SetWriteDeadline(at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = at
	return nil
}

// got is how many messages of a kind came, and the last of them.
func (w *watcher) got(prefix string) (n int, last string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.messages {
		if strings.HasPrefix(m.text, prefix) {
			n, last = n+1, m.text
		}
	}
	return n, last
}

func (w *watcher) hasEnded() bool {
	synctest.Wait()
	select {
	case <-w.ended:
		return true
	default:
		return false
	}
}

// pass lets time pass.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestALivePageShowsAnEventWithinASecond(t *testing.T) {
	for _, path := range []string{"/traffic/live", "/events/live", "/events/live?q=verdict:refused"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, exchange(1))
				w := b.watch(t, path)
				if got := w.header.Get("Content-Type"); got != "text/event-stream" {
					t.Fatalf("the type is %q", got)
				}
				if n, last := w.got("event: parts"); n != 1 || strings.Contains(last, idOf(2).String()) {
					t.Fatalf("%d messages at the start", n)
				}
				b.record.add(refusal(2))
				pass(time.Second)
				n, last := w.got("event: parts")
				if n != 2 {
					t.Fatalf("%d messages after a second, want 2", n)
				}
				line, ok := strings.CutPrefix(strings.TrimSuffix(last, "\n\n"), "event: parts\ndata: ")
				if !ok || strings.Contains(line, "\n") {
					t.Fatalf("not one event with one line of data: %q", last)
				}
				var parts map[string]string
				if err := json.Unmarshal([]byte(line), &parts); err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(parts["live-rows"], idOf(2).String()) {
					t.Errorf("the new event is not in %s", parts["live-rows"])
				}
				if _, same := parts["live-services"]; same {
					t.Error("a part that did not change was sent again")
				}
			})
		})
	}
}

func TestALivePageChangesAtMostOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		w := b.watch(t, "/events/live")
		for n := range 200 {
			b.record.add(exchange(n))
			pass(50 * time.Millisecond)
		}
		w.leave()
		if !w.hasEnded() {
			t.Fatal("it goes on after the reader has left")
		}
		if n, _ := w.got("event: parts"); n < 10 || n > 11 {
			t.Errorf("%d updates in 10 seconds", n)
		}
		for i := 2; i < len(w.messages); i++ {
			if apart := w.messages[i].at.Sub(w.messages[i-1].at); apart < time.Second {
				t.Errorf("update %d came %s after the one before", i, apart)
			}
		}
	})
}

func TestManyWhoWatchReadTheRecordOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(0))
		for range 8 {
			b.watch(t, "/events/live")
		}
		for n := range 10 {
			b.record.add(exchange(n + 1))
			pass(time.Second)
		}
		if b.record.reads > 12 {
			t.Errorf("the record was read %d times for 10 seconds", b.record.reads)
		}
	})
}

func TestAQuietLivePageSaysThatItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		w := b.watch(t, "/events/live")
		pass(time.Minute)
		if n, _ := w.got("event: parts"); n != 1 {
			t.Errorf("%d updates although nothing happened", n)
		}
		if n, _ := w.got(": "); n != 4 {
			t.Errorf("%d heartbeats in a minute, want 4", n)
		}
		if !w.deadline.IsZero() {
			t.Error("a deadline runs while nothing is written: HTTP/2 would end the stream at it")
		}
	})
}

func TestALivePageEndsWithItsSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		w := b.watch(t, "/traffic/live")
		pass(30 * time.Minute)
		if w.hasEnded() {
			t.Fatal("it ended early")
		}
		b.holds.end()
		synctest.Wait()
		if n, _ := w.got("event: over"); n != 1 || !w.hasEnded() {
			t.Errorf("told %d times that the session is over, ended: %v", n, w.hasEnded())
		}
		late := b.watch(t, "/traffic/live")
		if n, _ := late.got("event: over"); n != 1 || !late.hasEnded() {
			t.Errorf("a page opened after the end is told so %d times, ended: %v", n, late.hasEnded())
		}
	})
}

func TestCloseEndsLivePages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		watchers := []*watcher{b.watch(t, "/traffic/live"), b.watch(t, "/events/live")}
		b.console.Close()
		for _, w := range watchers {
			select {
			case <-w.ended:
			default:
				t.Error("Close came back before a live page had ended")
			}
		}
	})
}

func TestASessionHasEightLivePagesAtMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		open := make([]*watcher, 0, 8)
		for range 8 {
			open = append(open, b.watch(t, "/traffic/live"))
		}
		if w := b.watch(t, "/traffic/live"); w.status != http.StatusTooManyRequests || !w.hasEnded() {
			t.Errorf("the ninth: %d", w.status)
		}
		open[0].leave()
		synctest.Wait()
		if w := b.watch(t, "/traffic/live"); w.status != http.StatusOK || w.hasEnded() {
			t.Errorf("after one has left: %d", w.status)
		}
	})
}

func TestWhetherASessionHoldsCanBeAsked(t *testing.T) {
	s := newSite(t)
	for _, want := range []int{http.StatusUnauthorized, http.StatusOK} {
		r, err := http.NewRequest(http.MethodHead, s.origin+"/traffic/live", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if a := s.send(t, r); a.status != want || a.body != "" {
			t.Errorf("%d %q, want %d", a.status, a.body, want)
		}
		s.enter()
	}
}

func TestALivePageToldThatTheRecordCannotBeReadGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		w := b.watch(t, "/traffic/live")
		b.record.breaks(true)
		pass(2 * time.Second)
		if n, last := w.got("event: fault"); n == 0 || strings.Contains(last, "secret") {
			t.Errorf("told %d times: %q", n, last)
		}
		b.record.breaks(false)
		b.record.add(exchange(2))
		pass(2 * time.Second)
		if _, last := w.got("event: parts"); !strings.Contains(last, idOf(2).String()) {
			t.Error("it shows nothing more")
		}
	})
}

func TestAReaderThatTakesNothingIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, exchange(1))
		w := b.watch(t, "/events/live")
		w.mu.Lock()
		w.stuck = true
		w.mu.Unlock()
		b.record.add(exchange(2))
		pass(time.Second)
		if !w.hasEnded() {
			t.Error("it is still written to")
		}
	})
}
