package encryption

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/practice"
)

// plainRefused speaks HTTP to the TLS port, as a client does that was sent to http:// by mistake or by somebody else.
func (s *Service) plainRefused(ctx context.Context) ([]practice.Finding, error) {
	return s.over(ctx, func(ctx context.Context, l Listener, host string) practice.Finding {
		status, err := plain(ctx, l.Address, host)
		switch {
		case err != nil:
			return unreached(l.Name, err)
		case status == 0:
			return practice.Found(practice.Pass, l.Name, "Plain HTTP gets no answer.")
		case status < http.StatusBadRequest:
			return practice.Found(practice.Fail, l.Name, "Plain HTTP is answered with %d.", status)
		}
		return practice.Found(practice.Pass, l.Name, "Plain HTTP is refused with %d.", status)
	})
}

// plain asks without TLS. Status 0 says that the other end hung up, or answered something else than HTTP.
func plain(ctx context.Context, address, host string) (status int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookTime, errors.New("the listener took too long"))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, fmt.Errorf("reach %s: %w", address, err)
	}
	defer conn.Close() //nolint:errcheck // it was only read
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return 0, fmt.Errorf("bound the answer of %s: %w", address, err)
		}
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, nil
	}
	answer, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 64<<10)), nil)
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
		return 0, fmt.Errorf("ask %s: %w", address, err) // who is silent may still be thinking
	case err != nil:
		return 0, nil
	}
	return answer.StatusCode, answer.Body.Close()
}

// upstreamsPrivate looks where each upstream's name leads now, and shakes hands with those that are to speak TLS.
func (s *Service) upstreamsPrivate(ctx context.Context) ([]practice.Finding, error) {
	findings := make([]practice.Finding, 0, len(s.outside.Upstreams))
	for _, u := range s.outside.Upstreams {
		at, err := url.Parse(u.URL)
		if err != nil {
			return nil, fmt.Errorf("read the upstream of %s: %w", u.Service, err)
		}
		if at.Scheme == "https" {
			findings = append(findings, s.upstreamTLS(ctx, s.subject(u, at), at, u.TLS))
		} else {
			findings = append(findings, s.upstreamPlain(ctx, s.subject(u, at), at))
		}
	}
	return findings, nil
}

// subject is what a finding about an upstream is about: the service, or which of its upstreams.
func (s *Service) subject(u Upstream, at *url.URL) string {
	for _, other := range s.outside.Upstreams {
		if other.Service == u.Service && other.URL != u.URL {
			return u.Service + " at " + at.Host
		}
	}
	return u.Service
}

// upstreamPlain is well where no address of the name leaves this machine.
func (s *Service) upstreamPlain(ctx context.Context, service string, at *url.URL) practice.Finding {
	addresses, err := s.outside.Resolve(ctx, at.Hostname())
	if err == nil && len(addresses) == 0 {
		err = errors.New("the name leads nowhere")
	}
	if err != nil {
		return unreached(service, err)
	}
	for _, a := range addresses {
		if ip := net.ParseIP(a); ip == nil || !ip.IsLoopback() {
			return practice.Found(practice.Fail, service, "It is spoken to in the clear at %s, which is not on this machine.", a)
		}
	}
	return practice.Found(practice.Pass, service, "It is spoken to in the clear, and only on this machine (%s).", strings.Join(addresses, ", "))
}

// upstreamTLS does what the gate does when it forwards: the service's authorities are trusted, or else the system's.
func (s *Service) upstreamTLS(ctx context.Context, service string, at *url.URL, conf *tls.Config) practice.Finding {
	port := at.Port()
	if port == "" {
		port = "443"
	}
	if conf == nil {
		conf = &tls.Config{RootCAs: s.outside.Trusted, MinVersion: tls.VersionTLS12}
	}
	if conf = conf.Clone(); conf.ServerName == "" {
		conf.ServerName = at.Hostname()
	}
	state, refused, err := shake(ctx, net.JoinHostPort(at.Hostname(), port), conf)
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return practice.Found(practice.Fail, service, "The certificate of its application is not good: %v.", wrong.Err)
	}
	switch {
	case err != nil:
		return unreached(service, err)
	case refused != nil:
		return practice.Found(practice.Fail, service, "Its application refuses the connection: %v.", refused)
	}
	return practice.Found(practice.Pass, service, "It is spoken to over %s.", tls.VersionName(state.Version))
}
