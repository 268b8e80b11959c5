package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// tries are how many upstreams a request is sent to at most.
const tries = 3

// repeatable says whether a request may be sent twice: its method means the same twice (RFC 9110 section 9.2.2), and there is
// no body that the first one could have taken.
func repeatable(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return (r.Body == nil || r.Body == http.NoBody) && r.Header["Upgrade"] == nil
	default:
		return false
	}
}

// persist sends a request to one upstream after the other until somebody says something.
func (p *Pool) persist(c *Call, out *http.Request, now time.Time) (*http.Response, error) {
	ctx, path := out.Context(), *out.URL
	m := p.choose(c, now)
	for n := 1; ; n++ {
		c.goTo(m)
		heard := new(hearing)
		attempt, at := heard.listenTo(ctx, out), path
		m.aim(&at)
		attempt.URL = &at
		res, err := m.transport.RoundTrip(attempt)
		if err == nil {
			c.answered = true
			return res, nil
		}
		if n == tries || ctx.Err() != nil || !heard.nothing(err) {
			return nil, err
		}
		c.Fail(p.now())
		if m = p.choose(c, p.now()); m == nil || !p.budget.spend() {
			return nil, err
		}
		p.log.Debug("request is sent to another upstream", "service", p.service, "failed", c.at.url.Host, "next", m.url.Host, "error", err)
	}
}

// hearing is what is known of one attempt when it fails.
type hearing struct{ connected, answered atomic.Bool }

func (h *hearing) listenTo(ctx context.Context, out *http.Request) *http.Request {
	return out.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { h.connected.Store(true) },
		GotFirstResponseByte: func() { h.answered.Store(true) },
	}))
}

// nothing says that an attempt failed at the connection, before any byte of an answer. An upstream that took the request and
// thinks for too long may be about to do it: nobody else is asked.
func (h *hearing) nothing(err error) bool {
	var slow net.Error
	switch {
	case h.answered.Load():
		return false
	case !h.connected.Load():
		return true
	default:
		return !errors.As(err, &slow) || !slow.Timeout()
	}
}

const (
	// share and floor are the budget: of the requests of the last span of time one in five may be sent again, and ten
	// more, so that a quiet service may too. When all upstreams are ill, retries would else treble what makes them so.
	share = 5
	floor = 10
	span  = 10 * time.Second
)

// budget bounds how many requests of a service are sent again.
type budget struct {
	begun          atomic.Int64 // the span, counted from 1970
	first, further atomic.Int64 // sends in it
	total          atomic.Uint64
}

// asked notes a request. Two that begin a span at once may lose each other's count, which moves the budget by one.
func (b *budget) asked(now time.Time) {
	at := now.UnixNano() / int64(span)
	if begun := b.begun.Load(); begun != at && b.begun.CompareAndSwap(begun, at) {
		b.first.Store(0)
		b.further.Store(0)
	}
	b.first.Add(1)
}

// spend says whether one more may be sent again.
func (b *budget) spend() bool {
	if b.further.Add(1) > b.first.Load()/share+floor {
		b.further.Add(-1)
		return false
	}
	b.total.Add(1)
	return true
}
