package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Health is how upstreams are asked whether they are well. Without a path nobody asks.
type Health struct {
	Path     string
	Interval time.Duration
	Timeout  time.Duration
	Status   []int // the answers that say so
	Rise     int   // good answers in a row that bring one back
	Fall     int   // bad ones in a row that take it out
}

// answerRead is how much of a health check's answer is read, so that its connection can be used again.
const answerRead = 64 << 10

var errCheckSlow = errors.New("no answer in time")

// Watch asks each upstream how it is, until ctx ends. It returns once nobody asks any more.
func (p *Pool) Watch(ctx context.Context) {
	if p.health.Path == "" {
		return
	}
	var all sync.WaitGroup
	for _, m := range p.members {
		all.Go(func() { p.attend(ctx, m) })
	}
	all.Wait()
}

// attend asks one upstream again and again. The first question comes at once; the others are spread by a tenth of the interval,
// so that many nodes do not ask at the same moment for ever.
func (p *Pool) attend(ctx context.Context, m *member) {
	spread := max(p.health.Interval/10, 1)
	for wait := p.random(spread); ; wait = p.health.Interval - spread/2 + p.random(spread) {
		select {
		case <-ctx.Done():
			return
		case <-p.after(wait):
		}
		reason := p.ask(ctx, m)
		if ctx.Err() != nil {
			return // it says nothing about the upstream
		}
		p.checked(m, reason, p.now())
	}
}

// ask gives why an upstream is not well; empty when it is.
func (p *Pool) ask(ctx context.Context, m *member) string {
	ctx, cancel := context.WithTimeoutCause(ctx, p.health.Timeout, errCheckSlow)
	defer cancel()
	at := &url.URL{Path: p.health.Path}
	m.aim(at)
	r := (&http.Request{
		Method: http.MethodGet, URL: at, Host: p.host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"User-Agent": {"Tenward health check"}},
	}).WithContext(ctx)
	res, err := m.transport.RoundTrip(r)
	if err != nil {
		return because(ctx, err)
	}
	defer res.Body.Close() //nolint:errcheck // what is left of it is of no interest
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, answerRead)); err != nil {
		return because(ctx, err)
	}
	if !slices.Contains(p.health.Status, res.StatusCode) {
		return "status " + strconv.Itoa(res.StatusCode)
	}
	return ""
}

// because says why a check failed, in the few words that a table has room for.
func because(ctx context.Context, err error) string {
	var at *net.OpError
	switch {
	case errors.Is(context.Cause(ctx), errCheckSlow):
		return errCheckSlow.Error()
	case errors.As(err, &at):
		return fmt.Sprintf("%s: %v", at.Op, at.Err)
	default:
		return err.Error()
	}
}
