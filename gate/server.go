package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
)

// Server is one listener with the gate's limits: Serve until Shutdown.
type Server struct {
	http   *http.Server
	limits Limits
	log    *slog.Logger
}

// NewServer makes a server for TLS connections. What is no gate has a gate's limits of heads, bodies and idleness.
func NewServer(h http.Handler, conf *tls.Config, l Limits, log *slog.Logger) *Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s := &Server{limits: l, log: log, http: &http.Server{
		Handler:           h,
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
	if g, ok := h.(*Gate); ok {
		w := &watch{gate: g}
		s.http.ConnContext, s.http.ConnState = w.context, w.state
	} else {
		s.http.Handler = bounded(h, l)
	}
	return s
}

// bounded holds the bodies of what is no gate to a gate's limits. ReadTimeout would not do: it ends live pages too.
func bounded(h http.Handler, l Limits) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			body := &clientBody{from: r.Body, control: http.NewResponseController(w), limit: l.Body, idle: l.Read}
			body.extend()
			r.Body = body
		}
		h.ServeHTTP(w, r)
	})
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
	if err := s.http.Shutdown(ctx); err != nil {
		s.log.Warn("exchanges were broken off: they did not end in the time that they have at a stop", "after", s.limits.Drain.String())
		return s.http.Close()
	}
	return nil
}
