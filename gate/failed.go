package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"

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
	errUpstreamStranger = problem.New("gate.upstream.untrusted", "The application behind this gate could not prove that it is the one.",
		"Quote the event id to whoever runs it: its certificate is not one that services.tls, or this machine, trusts.")
	errClientBody = problem.New("gate.body.broken", "The request's body did not arrive whole.", "Send it again.")
)

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
	x.call.Fail(g.now())
	g.log.Warn("upstream did not answer", "service", x.Service.Name, "event", x.ID.String(), "error", err)
	status, why := http.StatusBadGateway, errUnreachable
	var timeout net.Error
	var stranger *tls.CertificateVerificationError
	switch {
	case errors.Is(context.Cause(ctx), errSlow), errors.As(err, &timeout) && timeout.Timeout():
		status, why = http.StatusGatewayTimeout, errUpstreamSlow
	case errors.As(err, &stranger):
		why = errUpstreamStranger
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
