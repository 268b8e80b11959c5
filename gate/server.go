package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
)

// Server is one listener with the gate's limits: Serve until Shutdown.
type Server struct {
	http   *http.Server
	limits Limits
	log    *slog.Logger

	// What was taken over from HTTP the library does not end, and does not wait for.
	closing context.Context //nolint:containedctx // it is the server's own: tunnels listen to it
	close   context.CancelFunc
	tunnels sync.WaitGroup
}

type serverKey struct{}

// serverOf gives the server on whose listener an exchange came in; nil in a test without one.
func serverOf(ctx context.Context) *Server {
	s, _ := ctx.Value(serverKey{}).(*Server)
	return s
}

// NewServer makes a gate's server for TLS connections.
func NewServer(g *Gate, conf *tls.Config, l Limits, log *slog.Logger) *Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s := &Server{limits: l, log: log, http: &http.Server{
		Handler:           g,
		TLSConfig:         conf,
		ReadHeaderTimeout: l.Header,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    l.HeaderSize,
		Protocols:         protocols,

		DisableGeneralOptionsHandler: true, // the library must not answer OPTIONS * past the stages and the record
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: l.Streams,
			SendPingTimeout:      l.Idle,
			PingTimeout:          l.Header,
			WriteByteTimeout:     l.Write,
		},
		// What clients get wrong below HTTP (handshakes, plain HTTP) is of interest only to who looks for it.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	s.closing, s.close = context.WithCancel(context.Background()) // they last until Shutdown, not until their maker is done
	base := context.WithValue(context.Background(), serverKey{}, s)
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	w := &watch{gate: g}
	s.http.ConnContext, s.http.ConnState = w.context, w.state
	return s
}

// Serve answers on l until Shutdown; then its error is nil.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown takes no new connections, lets exchanges end for as long as Limits.Drain, then breaks off what is left.
func (s *Server) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.Drain, errors.New("exchanges did not end in time"))
	defer cancel()
	s.close()
	defer s.tunnels.Wait()
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.Warn("exchanges were broken off: they did not end in the time that they have at a stop", "after", s.limits.Drain.String())
		return s.http.Close()
	}
	return nil
}
