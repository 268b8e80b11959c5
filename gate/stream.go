package gate

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// errSlow is the cause of an exchange that one side let starve.
var errSlow = errors.New("the other side was idle for too long")

// clientBody is the request's body as the client sends it: counted, at most limit bytes, and never idle for
// longer than idle. It is never pooled: the transport may read on after the exchange is over.
type clientBody struct {
	from     io.ReadCloser
	control  *http.ResponseController
	limit    int64
	idle     time.Duration
	received atomic.Int64
	broke    atomic.Bool // the client's side gave an error before the end
	whole    atomic.Bool // the end has come

	mu   sync.Mutex // held while the deadline is set: an exchange must not end meanwhile
	over bool       // it has ended
}

func (b *clientBody) count() int64 { return b.received.Load() }
func (b *clientBody) failed() bool { return b.broke.Load() }

func (b *clientBody) Read(p []byte) (int, error) {
	if !b.extend() {
		return 0, http.ErrBodyReadAfterClose
	}
	if room := b.limit - b.received.Load(); int64(len(p)) > room+1 {
		p = p[:max(room+1, 0)]
	}
	n, err := b.from.Read(p)
	if b.received.Add(int64(n)) > b.limit {
		return n, &http.MaxBytesError{Limit: b.limit}
	}
	switch {
	case errors.Is(err, io.EOF):
		b.whole.Store(true)
		b.rest()
	case err != nil:
		b.broke.Store(true)
	}
	return n, err
}

// extend gives the client until idle from now, and says whether the exchange still goes on. It is called once before anything is
// read: what is left of a body that nobody wanted is still read by the server after the answer, and must not hold it for ever.
func (b *clientBody) extend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.idle > 0 {
		b.until(time.Now().Add(b.idle))
	}
	return !b.over
}

// until sets the deadline, if the exchange still goes on: once it is over, the library has taken the stream away under the
// deadline, and a transport that reads on would bring the process down. Its caller holds mu.
func (b *clientBody) until(at time.Time) {
	if !b.over {
		_ = b.control.SetReadDeadline(at) // only a recorder in a test cannot
	}
}

// rest takes the deadline away. The server watches the connection while the answer is made; an old deadline would end the exchange.
func (b *clientBody) rest() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until(time.Time{})
}

// end is the exchange letting go.
func (b *clientBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}

// lasts lets the client be silent for as long as it likes, in a conversation: a client that is gone is found by pings, and
// Limits.Total ends what nobody ends.
func (b *clientBody) lasts() {
	b.idle = 0
	b.rest()
}

func (b *clientBody) Close() error { return b.from.Close() }

// answerEarly lets an answer go out before the request's body has come whole: over HTTP/1.1 the server would else read
// on first, for as long as the client likes to take. The connection cannot be used again after it.
func (x *Exchange) answerEarly() {
	if x.upload == nil || x.Request.ProtoMajor != 1 || x.upload.whole.Load() {
		return
	}
	x.answer.Header().Set("Connection", "close")
	_ = x.answer.control.EnableFullDuplex() // only a recorder in a test cannot
}

// answer is the way back to the client: status and bytes are counted, and a client that stops reading is
// let go after idle.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	sent    int64
	idle    time.Duration
	until   time.Time // the deadline now set
	stream  bool      // HTTP/2, where a deadline ends the stream even while nobody writes
}

// WriteHeader notes the final status; 1xx pass without being it.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
		if !a.stream { // there a head waits for no window, and the upstream's first piece may take its time
			a.extend()
		}
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	a.extend()
	n, err := a.ResponseWriter.Write(p)
	a.sent += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// extend moves the deadline when a good part of it is used up: setting it at every write costs more than it gives.
func (a *answer) extend() {
	if a.idle <= 0 {
		return
	}
	if now := time.Now(); a.until.Sub(now) < a.idle/2 {
		a.until = now.Add(a.idle)
		_ = a.control.SetWriteDeadline(a.until) // only a recorder in a test cannot
	}
}

// last gives the end of the answer, which the library writes, as long as any other piece.
func (a *answer) last() {
	if !a.stream {
		a.extend()
	}
}

// rest takes the deadline away while an HTTP/2 stream waits for the upstream, for as long as that may take.
func (a *answer) rest() {
	if a.stream && !a.until.IsZero() {
		a.until = time.Time{}
		_ = a.control.SetWriteDeadline(a.until)
	}
}
