package gate

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// upgrades says whether the client asks for a WebSocket (RFC 6455 section 4.2.1): the one protocol that is let through
// in place of HTTP. Any other upgrade is dropped as a hop-by-hop field.
func upgrades(r *http.Request) bool {
	return r.ProtoMajor == 1 && r.Method == http.MethodGet && strings.EqualFold(first(r.Header["Upgrade"]), "websocket") &&
		len(r.Header["Upgrade"]) == 1 && named(r.Header["Connection"], "upgrade") && r.ContentLength == 0
}

// named says whether a Connection field names this option.
func named(lines []string, option string) bool {
	for _, l := range lines {
		for one := range strings.SplitSeq(l, ",") {
			if strings.EqualFold(strings.TrimSpace(one), option) {
				return true
			}
		}
	}
	return false
}

// upgrade passes a WebSocket on: the handshake as any other request, then bytes both ways, until one side ends it, is
// idle for longer than Limits.Idle, or the session that it belongs to ends.
func (g *Gate) upgrade(ctx context.Context, x *Exchange) {
	out := x.outgoing(ctx)
	out.Header["Connection"], out.Header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	res, err := g.ask(x, out)
	if err != nil {
		g.upstreamFailed(ctx, x, err)
		return
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		g.answerWith(ctx, x, res)
		return
	}
	upstream, ok := res.Body.(io.ReadWriteCloser)
	if !ok || !strings.EqualFold(first(res.Header["Upgrade"]), "websocket") {
		_ = res.Body.Close() // it is of no use to anybody
		g.fail(x, "gate", kindUpstream, errUpstreamLies)
		return
	}
	defer upstream.Close() //nolint:errcheck // both sides are done with it
	x.Response = res
	if !g.walk(ctx, x, Answered) {
		return
	}
	g.tunnel(ctx, x, res, upstream)
}

// tunnel takes the connection over from HTTP.
func (g *Gate) tunnel(ctx context.Context, x *Exchange, res *http.Response, upstream io.ReadWriteCloser) {
	client, buffered, err := x.answer.control.Hijack()
	if err != nil {
		g.fail(x, "gate", kindFailed, errUpstreamLies)
		return
	}
	defer client.Close() //nolint:errcheck // both sides are done with it
	stop := func() { _, _ = client.Close(), upstream.Close() }
	defer context.AfterFunc(ctx, stop)()
	if s := serverOf(ctx); s != nil {
		s.tunnels.Add(1)
		defer s.tunnels.Done()
		defer context.AfterFunc(s.closing, stop)() //nolint:contextcheck // the server's end is not the exchange's
	}
	if x.Session != nil && g.hold != nil {
		release, ok := g.hold(x.Session, stop)
		if !ok {
			x.Note("broken", "session")
			return
		}
		defer release()
	}
	x.answer.status = res.StatusCode
	h := x.answer.Header()
	copyAnswerHeader(h, res.Header)
	x.stay()
	h["Connection"], h["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	head := http.Response{StatusCode: res.StatusCode, ProtoMajor: 1, ProtoMinor: 1, Header: h}
	_ = client.SetDeadline(time.Now().Add(g.limits.Write)) // a connection that is gone says so at the next write
	if err := head.Write(client); err != nil {
		return
	}
	alive := &tunnelled{client: client, idle: g.limits.Idle}
	done := make(chan error, 1)
	go func() {
		defer stop()
		_, err := io.Copy(alive.from(upstream), io.MultiReader(io.LimitReader(buffered, int64(buffered.Reader.Buffered())), client))
		done <- err
	}()
	sent, err := io.Copy(alive.from(client), upstream)
	stop()
	x.answer.sent = sent
	if err := errors.Join(err, <-done); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
		x.Note("broken", "stream")
	}
}

// tunnelled gives both sides another while to say something whenever one of them does.
type tunnelled struct {
	client net.Conn
	idle   time.Duration
}

// from is a writer to one side that counts as a sign of life.
func (t *tunnelled) from(to io.Writer) io.Writer { return sign{t, to} }

type sign struct {
	of *tunnelled
	to io.Writer
}

func (s sign) Write(p []byte) (int, error) {
	if err := s.of.client.SetDeadline(time.Now().Add(s.of.idle)); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}
