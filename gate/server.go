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
	"sync/atomic"
)

// Server is one listener with the gate's limits: Serve until Shutdown.
type Server struct {
	http   *http.Server
	limits Limits
	log    *slog.Logger
	watch  *watch

	leaving atomic.Bool
	accepts chan net.Listener // the listener, while it is served
	refuses chan struct{}     // closed once no connection is accepted any more

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

// NewServer makes a front's server for TLS connections.
func NewServer(f *Front, conf *tls.Config, l Limits, log *slog.Logger) *Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s := &Server{limits: l, log: log, watch: &watch{front: f}, accepts: make(chan net.Listener, 1), refuses: make(chan struct{})}
	s.http = &http.Server{
		Handler:           s.leave(f),
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
	}
	s.closing, s.close = context.WithCancel(context.Background()) // they last until Shutdown, not until their maker is done
	base := context.WithValue(context.Background(), serverKey{}, s)
	s.http.BaseContext = func(net.Listener) context.Context { return base }
	s.http.ConnContext, s.http.ConnState = s.watch.context, s.watch.state
	return s
}

// Serve answers on l until Leave or Shutdown; then its error is nil. A server serves once.
func (s *Server) Serve(l net.Listener) error {
	s.accepts <- l
	err := s.http.ServeTLS(l, "", "")
	close(s.refuses)
	if !errors.Is(err, http.ErrServerClosed) && !s.leaving.Load() {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	return nil
}

// Shutdown takes no new connections, lets exchanges end for as long as Limits.Drain, then breaks off what is left.
func (s *Server) Shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limits.Drain, errDrained)
	defer cancel()
	s.close()
	defer s.tunnels.Wait()
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.Warn("exchanges were broken off: they did not end in the time that they have at a stop", "after", s.limits.Drain.String())
		return s.http.Close()
	}
	return nil
}
