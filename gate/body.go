package gate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
)

// Inspect reads the request's body up to limit bytes and returns them; whole says whether that was all of
// it. The bytes are valid until the exchange is over and must not be changed. Asking again with a larger
// limit reads on. A request without a body gives none, whole.
//
// An error is the client's: it stopped sending, sent what is no body, or sent more than the gate takes
// (a *http.MaxBytesError). ErrBusy alone is ours: too many bodies are held already.
func (x *Exchange) Inspect(limit int64) (body []byte, whole bool, err error) {
	if x.Request.Body == nil || x.Request.Body == http.NoBody {
		return nil, true, nil
	}
	if x.ahead == nil {
		x.ahead = &readAhead{rest: x.Request.Body, buf: bodyBuffers.Get().(*bytes.Buffer), held: x.held, from: client(x.Client.Addr())}
	}
	return x.ahead.upTo(limit)
}

// readAhead is the beginning of a body that stages have looked at. The upstream gets the same bytes and then
// the rest as it streams. The transport may still read after the exchange is over, so the buffer goes back
// to its pool only when both have let go of it.
type readAhead struct {
	rest  io.ReadCloser
	held  *held
	from  netip.Prefix
	taken int64

	mu       sync.Mutex
	buf      *bytes.Buffer
	sent     int  // of buf, to the upstream
	whole    bool // the body ended inside buf
	lent     bool // the upstream's side has it
	returned bool // and has let go of it
	over     bool // the exchange has let go of it
}

func (b *readAhead) upTo(limit int64) ([]byte, bool, error) {
	// One byte more than the limit tells "exactly the limit" from "longer".
	if want := limit + 1 - int64(b.buf.Len()); !b.whole && want > 0 {
		_, err := io.CopyN(b.buf, holding{b}, want)
		if errors.Is(err, io.EOF) {
			b.whole = true
		} else if err != nil {
			return nil, false, fmt.Errorf("read request body: %w", err)
		}
	}
	seen := b.buf.Bytes()
	if int64(len(seen)) > limit {
		return seen[:limit:limit], false, nil
	}
	return seen[:len(seen):len(seen)], b.whole, nil
}

// lend gives the body to the upstream's side.
func (b *readAhead) lend() io.ReadCloser {
	b.lent = true
	return (*replay)(b)
}

// end is the exchange letting go.
func (b *readAhead) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	b.recycle()
}

func (b *readAhead) recycle() {
	if b.buf == nil || !b.over || b.lent && !b.returned {
		return
	}
	if b.taken > 0 {
		b.held.release(b.from, b.taken)
	}
	if b.buf.Cap() <= maxPooled {
		b.buf.Reset()
		bodyBuffers.Put(b.buf)
	}
	b.buf = nil
}

// replay is the upstream's side of a readAhead.
type replay readAhead

func (r *replay) Read(p []byte) (int, error) {
	r.mu.Lock()
	if r.returned || r.buf == nil {
		r.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	}
	if r.sent < r.buf.Len() {
		n := copy(p, r.buf.Bytes()[r.sent:])
		r.sent += n
		r.mu.Unlock()
		return n, nil
	}
	whole := r.whole
	r.mu.Unlock()
	if whole {
		return 0, io.EOF
	}
	return r.rest.Read(p)
}

func (r *replay) Close() error {
	r.mu.Lock()
	r.returned = true
	(*readAhead)(r).recycle()
	r.mu.Unlock()
	return r.rest.Close()
}

// maxPooled is the largest buffer worth keeping for the next body: a rare upload must not stay in memory.
const maxPooled = 256 << 10

var bodyBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
