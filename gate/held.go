package gate

import (
	"net/netip"
	"sync"
	"time"

	"github.com/tenward/tenward/problem"
)

// ErrBusy says that as many bodies are held for inspection as memory is set aside for, of all clients or of this one.
var ErrBusy = problem.New("gate.body.busy", "Too many requests are being received at once.", "Try again in a few seconds.").After(5 * time.Second)

// Shares is into how many parts that memory is divided, of which one client may have one: who sends slowly over many
// connections keeps out nobody else.
const Shares = 4

// held counts the bytes of all bodies that are held at once.
type held struct {
	limit int64

	mu      sync.Mutex
	total   int64
	clients map[netip.Prefix]int64
}

// client is what one subscriber has: an IPv4 address, or the /64 of an IPv6 one.
func client(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // of no address it is no prefix, which is one client like any other
	return p
}

func (h *held) take(from netip.Prefix, n int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.total+n > h.limit || h.clients[from]+n > h.limit/Shares {
		return false
	}
	if h.clients == nil {
		h.clients = map[netip.Prefix]int64{}
	}
	h.total += n
	h.clients[from] += n
	return true
}

func (h *held) release(from netip.Prefix, n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.total -= n
	if h.clients[from] -= n; h.clients[from] <= 0 {
		delete(h.clients, from)
	}
}

// holding reads what will be held. Only what has come counts, not what was announced.
type holding struct {
	body *readAhead
}

func (h holding) Read(p []byte) (int, error) {
	n, err := h.body.rest.Read(p)
	if n > 0 && h.body.held != nil { // an exchange that a test made has none
		if !h.body.held.take(h.body.from, int64(n)) {
			return 0, ErrBusy
		}
		h.body.taken += int64(n)
	}
	return n, err
}
