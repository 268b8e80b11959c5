package demo

import (
	"context"
	"slices"
	"strconv"
	"sync"
)

// What a room holds is bounded: there is one of each, and anybody may listen.
const (
	maxKept      = 50  // what was said lately
	maxListeners = 100 // at one time
	maxBehind    = 16  // who is further behind than this is slow, and dropped
)

// said is one thing that happened: a chat message or a new note.
type said struct {
	ID   int64  `json:"id"`
	Kind string `json:"kind"`
	Who  string `json:"who"`
	Text string `json:"text"`
}

// room tells everybody in it what happens. Nobody waits for a slow listener: not who speaks, not the others.
type room struct {
	mu        sync.Mutex
	last      int64
	kept      []said // oldest first
	listeners map[*listener]bool
	closed    bool
	inside    sync.WaitGroup
}

// listener hears from told until its context ends; end is what ends it.
type listener struct {
	told chan said
	end  context.CancelFunc
}

// join lets one more listener in and gives what was said after an id, so that nothing is missed and nothing comes
// twice. The room calls end when the listener is dropped. False means that the room is full or closed.
func (o *room) join(after int64, end context.CancelFunc) (*listener, []said, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || len(o.listeners) >= maxListeners {
		return nil, nil, false
	}
	if o.listeners == nil {
		o.listeners = map[*listener]bool{}
	}
	l := &listener{told: make(chan said, maxBehind), end: end}
	o.listeners[l] = true
	o.inside.Add(1)
	if after > o.last { // the page is older than this process
		after = 0
	}
	first := slices.IndexFunc(o.kept, func(s said) bool { return s.ID > after })
	if first < 0 {
		return l, nil, true
	}
	return l, slices.Clone(o.kept[first:]), true
}

// leave is called once by whoever joined.
func (o *room) leave(l *listener) {
	o.mu.Lock()
	delete(o.listeners, l)
	o.mu.Unlock()
	o.inside.Done()
}

// tell keeps what happened and tells it to everybody.
func (o *room) tell(kind, who, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	s := said{ID: o.last, Kind: kind, Who: who, Text: text}
	if len(o.kept) == maxKept {
		o.kept = slices.Delete(o.kept, 0, 1)
	}
	o.kept = append(o.kept, s)
	for l := range o.listeners {
		select {
		case l.told <- s:
		default:
			delete(o.listeners, l)
			l.end()
		}
	}
}

// lately is what was said, the newest first, and the last id.
func (o *room) lately() ([]said, int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := slices.Clone(o.kept)
	slices.Reverse(kept)
	return kept, o.last
}

// close drops everybody, lets nobody in any more, and waits until all have left.
func (o *room) close() {
	o.mu.Lock()
	o.closed = true
	for l := range o.listeners {
		l.end()
	}
	o.mu.Unlock()
	o.inside.Wait()
}

// since reads which message a page has seen last. One that does not say hears only what is new.
func (o *room) since(id string) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n >= 0 {
		return n
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.last
}
