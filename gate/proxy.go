package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

var (
	errUnreachable = problem.New("gate.upstream.unreachable", "The application behind this gate does not answer.",
		"Try again in a minute; whoever runs it should see whether it is up and listens where services says.")
	errUpstreamSlow = problem.New("gate.upstream.slow", "The application behind this gate took too long to answer.",
		"Try again in a minute.")
	errUpstreamLies = problem.New("gate.upstream.invalid", "The application behind this gate gave an answer that is no valid HTTP.",
		"Quote the event id to whoever runs it.")
	errClientBody = problem.New("gate.body.broken", "The request's body did not arrive whole.", "Send it again.")
)

// proxy sends the request on and streams the answer back.
func (g *Gate) proxy(ctx context.Context, x *Exchange) {
	res, err := g.ask(x, x.outgoing(ctx))
	if err != nil {
		g.upstreamFailed(ctx, x, err)
		return
	}
	g.answerWith(ctx, x, res)
}

// ask sends a request to the upstream, and notes how it answers.
func (g *Gate) ask(x *Exchange, out *http.Request) (*http.Response, error) {
	begun := g.now()
	res, err := g.upstream.RoundTrip(out)
	if err == nil {
		now := g.now()
		x.Service.meter.answeredBy(res.StatusCode, now.Sub(begun), now)
	}
	return res, err
}

// answerWith gives the client the upstream's answer.
func (g *Gate) answerWith(ctx context.Context, x *Exchange, res *http.Response) {
	defer res.Body.Close() //nolint:errcheck // it was read to its end, or the answer is being broken off
	if res.StatusCode < 200 {
		g.fail(x, "gate", kindUpstream, errUpstreamLies) // a switch of protocols nobody asked for
		return
	}
	x.Response = res
	if !g.walk(ctx, x, Answered) {
		return
	}
	h := x.answer.Header()
	copyAnswerHeader(h, res.Header)
	trailers := announce(h, res)
	x.answerEarly()
	x.answer.WriteHeader(res.StatusCode)
	if err := g.relayHeld(x, res); err != nil {
		by := brokenBy(ctx, err)
		x.Note("broken", by)
		if by == byUpstream {
			x.settle(event.Errored, kindUpstream, "gate")
		}
		panic(http.ErrAbortHandler) // the head is out: only a broken connection tells the client
	}
	ends := http.Header{}
	copyAnswerHeader(ends, res.Trailer)
	for name, values := range ends {
		if _, announced := trailers[name]; !announced {
			name = http.TrailerPrefix + name
		}
		h[name] = values
	}
}

// outgoing is the request as the upstream gets it.
func (x *Exchange) outgoing(ctx context.Context) *http.Request {
	in, up := x.Request, x.Service.Upstream
	u := &url.URL{Scheme: up.Scheme, Host: up.Host, Path: in.URL.Path, RawPath: in.URL.RawPath, RawQuery: in.URL.RawQuery, ForceQuery: in.URL.ForceQuery}
	if base := strings.TrimSuffix(up.Path, "/"); base != "" {
		u.RawPath = base + in.URL.EscapedPath()
		u.Path = base + in.URL.Path
	}
	out := (&http.Request{
		Method: in.Method, URL: u, Host: in.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: outgoingHeader(in.Header, x.Client.Addr(), in.Host, x.Forward), ContentLength: in.ContentLength, // its trailers end here: nobody has looked at them, and some servers take them for fields
	}).WithContext(ctx)
	switch {
	case in.Body == nil || in.Body == http.NoBody:
	case x.ahead != nil:
		out.Body = x.ahead.lend()
	default:
		out.Body = in.Body
	}
	return out
}

// upstreamFailed answers for an upstream that gave no answer, or for a client that broke off.
func (g *Gate) upstreamFailed(ctx context.Context, x *Exchange, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		x.settle(event.Refused, kindRefused, "gate")
		x.Note("problem", errTooLarge.Code)
		g.refuse(x, http.StatusRequestEntityTooLarge, errTooLarge)
		return
	case x.upload != nil && x.upload.failed():
		x.settle(event.Refused, kindRefused, "gate")
		x.Note("problem", errClientBody.Code)
		g.refuse(x, http.StatusBadRequest, errClientBody)
		return
	case errors.Is(context.Cause(ctx), context.Canceled):
		x.Note("broken", byClient)
		panic(http.ErrAbortHandler)
	}
	g.log.Warn("upstream did not answer", "service", x.Service.Name, "event", x.ID.String(), "error", err)
	status, why := http.StatusBadGateway, errUnreachable
	var timeout net.Error
	switch {
	case errors.Is(context.Cause(ctx), errSlow), errors.As(err, &timeout) && timeout.Timeout():
		status, why = http.StatusGatewayTimeout, errUpstreamSlow
	case strings.Contains(err.Error(), "malformed HTTP"):
		why = errUpstreamLies
	}
	x.Service.meter.failed.Store(&failure{g.now(), why.Code})
	x.settle(event.Errored, kindUpstream, "gate")
	x.Note("problem", why.Code)
	g.refuse(x, status, why)
}

// readError is the upstream's side of a broken answer.
type readError struct{ error }

const (
	byTime, bySession, byUpstream, byClient = "time", "session", "upstream", "client"
)

// brokenBy says who broke an answer off. Where the exchange's context has ended, reading failed because of that.
func brokenBy(ctx context.Context, err error) string {
	switch cause := context.Cause(ctx); {
	case errors.Is(err, errEnded):
		return bySession
	case errors.Is(cause, errSlow):
		return byTime
	case cause != nil:
		return byClient
	case errors.As(err, new(readError)):
		return byUpstream
	default:
		return byClient
	}
}

var chunks = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// relay copies the body. What has no known length may be an event stream: each piece goes out as it comes.
func (x *Exchange) relay(res *http.Response) error {
	if res.ContentLength == 0 || res.Body == http.NoBody {
		return nil
	}
	chunk := chunks.Get().(*[32 << 10]byte)
	defer chunks.Put(chunk)
	live, left := res.ContentLength < 0, res.ContentLength
	if live {
		if err := x.answer.control.Flush(); err != nil {
			return err
		}
	}
	for {
		n, err := res.Body.Read(chunk[:])
		if n > 0 {
			if _, err := x.answer.Write(chunk[:n]); err != nil {
				return err
			}
			if live && err == nil {
				if err := x.answer.control.Flush(); err != nil {
					return err
				}
			}
			if left -= int64(n); left != 0 && err == nil {
				x.answer.rest()
			}
		}
		if errors.Is(err, io.EOF) {
			x.answer.last()
			return nil
		}
		if err != nil {
			return readError{err}
		}
	}
}

// announce tells the client which trailers will come.
func announce(h http.Header, res *http.Response) http.Header {
	if len(res.Trailer) == 0 {
		return nil
	}
	announced := make(http.Header, len(res.Trailer))
	for name := range res.Trailer {
		if !passes(name) {
			continue
		}
		announced[name] = nil
		h.Add("Trailer", name)
	}
	return announced
}

func dialer(l Limits) *net.Dialer { return &net.Dialer{Timeout: l.Dial} }
