package gate

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/problem"
)

// ErrBusy says that as many bodies are held for inspection as memory is set aside for.
var ErrBusy = problem.New("gate.body.busy", "Too many requests are being received at once.", "Try again in a few seconds.").After(5 * time.Second)

// held counts the bytes of all bodies that are held at once: one client may open many connections, and each may send
// as much as is inspected.
type held struct {
	bytes atomic.Int64
	limit int64
}

func (h *held) take(n int64) bool {
	if h == nil { // an exchange that a test made
		return true
	}
	if h.bytes.Add(n) > h.limit {
		h.bytes.Add(-n)
		return false
	}
	return true
}

func (h *held) release(n int64) {
	if h != nil {
		h.bytes.Add(-n)
	}
}

// holding reads what will be held. Only what has come counts, not what was announced.
type holding struct {
	held *held
	from io.Reader
}

func (h holding) Read(p []byte) (int, error) {
	n, err := h.from.Read(p)
	if n > 0 && !h.held.take(int64(n)) {
		return 0, ErrBusy
	}
	return n, err
}
