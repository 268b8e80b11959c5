package encryption

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/tenward/tenward/practice"
)

// errMute says that nothing of what was seen is an answer of TLS.
var errMute = errors.New("the connection ended without a word of TLS")

// shake does one handshake from outside. refused is what the other end said in an alert: everything else that goes wrong
// is an error, and proves nothing.
func shake(ctx context.Context, address string, conf *tls.Config) (state tls.ConnectionState, refused, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lookTime, errors.New("the listener took too long"))
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return tls.ConnectionState{}, nil, fmt.Errorf("reach %s: %w", address, err)
	}
	defer raw.Close() //nolint:errcheck // nothing was said
	conn := tls.Client(raw, conf)
	err = conn.HandshakeContext(ctx)
	if err == nil {
		return conn.ConnectionState(), nil, nil
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return tls.ConnectionState{}, op.Err, nil
	}
	if context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return tls.ConnectionState{}, nil, fmt.Errorf("shake hands with %s: %w", address, errors.Join(errMute, err))
}

// over asks each listener, under the first of its names.
func (s *Service) over(ctx context.Context, ask func(ctx context.Context, l Listener, host string) practice.Finding) ([]practice.Finding, error) {
	findings := make([]practice.Finding, 0, len(s.outside.Listeners))
	for _, l := range s.outside.Listeners {
		if len(l.Hosts) == 0 {
			continue
		}
		findings = append(findings, ask(ctx, l, l.Hosts[0]))
	}
	return findings, nil
}

// overHosts asks under each name, trusting what clients trust.
func (s *Service) overHosts(ctx context.Context, ask func(ctx context.Context, l Listener, host string, roots *x509.CertPool) practice.Finding) ([]practice.Finding, error) {
	trusted, err := os.ReadFile(s.outside.Authority)
	if err != nil {
		return nil, fmt.Errorf("read what clients trust: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(trusted) {
		return []practice.Finding{practice.Found(practice.Fail, "authority", "The file that clients are to trust holds no certificate.")}, nil
	}
	var findings []practice.Finding
	for _, l := range s.outside.Listeners {
		for _, host := range l.Hosts {
			findings = append(findings, ask(ctx, l, host, roots))
		}
	}
	return findings, nil
}

// unreached is the answer about what could not be asked.
func unreached(subject string, err error) practice.Finding {
	return practice.Found(practice.Unknown, subject, "It could not be asked: %v.", err)
}
