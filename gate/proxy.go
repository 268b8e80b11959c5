package gate

import (
	"context"
	"net/http"

	"github.com/tenward/tenward/event"
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
	x.call.Cookies = x.Request.Header["Cookie"]
	res, err := x.Service.pool.Send(&x.call, out, begun)
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
	x.stay()
	trailers := announce(h, res)
	if trailers != nil && x.Request.ProtoMajor == 1 && x.Request.Method != http.MethodHead {
		delete(h, "Content-Length") // HTTP/2 may say the length and send trailers too; HTTP/1.1 has them behind chunks alone
	}
	x.answerEarly()
	x.answer.WriteHeader(res.StatusCode)
	if err := g.relayHeld(x, res); err != nil {
		by := brokenBy(ctx, err)
		x.Note("broken", by)
		if by == byUpstream {
			x.call.Fail(g.now())
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

// stay gives the client what keeps it at the upstream that answers, where it is to stay there.
func (x *Exchange) stay() {
	if c := x.call.Cookie(); c != nil {
		x.SetCookie(c)
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
