package encryption

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenward/tenward/practice"
)

// oldRefused offers each older version, with every cipher suite that this library knows, so that what is refused is the
// version.
func (s *Service) oldRefused(ctx context.Context) ([]practice.Finding, error) {
	known := append(tls.CipherSuites(), tls.InsecureCipherSuites()...)
	suites := make([]uint16, 0, len(known))
	for _, c := range known {
		suites = append(suites, c.ID)
	}
	return s.over(ctx, func(ctx context.Context, l Listener, host string) practice.Finding {
		var answered []string
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
			state, refused, err := shake(ctx, l.Address, &tls.Config{
				ServerName: host, MinVersion: version, MaxVersion: version, CipherSuites: suites,
				InsecureSkipVerify: true, //nolint:gosec // what is asked is whether it answers at all
			})
			switch {
			case err != nil:
				return unreached(l.Name, err)
			case refused == nil:
				answered = append(answered, tls.VersionName(state.Version))
			}
		}
		if answered != nil {
			return practice.Found(practice.Fail, l.Name, "A client that offers only %s is answered.", strings.Join(answered, ", "))
		}
		return practice.Found(practice.Pass, l.Name, "TLS 1.0, 1.1 and 1.2 were offered, and refused.")
	})
}

// hybrid offers the hybrid key exchange beside the one that every client has.
func (s *Service) hybrid(ctx context.Context) ([]practice.Finding, error) {
	return s.over(ctx, func(ctx context.Context, l Listener, host string) practice.Finding {
		state, refused, err := shake(ctx, l.Address, &tls.Config{
			ServerName: host, MinVersion: tls.VersionTLS12, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768, tls.X25519, tls.CurveP256},
			InsecureSkipVerify: true, //nolint:gosec // who answers is another check's question
		})
		switch {
		case err != nil:
			return unreached(l.Name, err)
		case refused != nil:
			return practice.Found(practice.Fail, l.Name, "A client of today is refused: %v.", refused)
		case state.CurveID != tls.X25519MLKEM768:
			return practice.Found(practice.Fail, l.Name, "The key exchange is %s, though the client offers the hybrid one.", state.CurveID)
		}
		return practice.Found(practice.Pass, l.Name, "The key exchange is %s.", state.CurveID)
	})
}

// verified does what a client does that trusts the authority.
func (s *Service) verified(ctx context.Context) ([]practice.Finding, error) {
	return s.overHosts(ctx, func(ctx context.Context, l Listener, host string, roots *x509.CertPool) practice.Finding {
		_, refused, err := shake(ctx, l.Address, &tls.Config{ServerName: host, RootCAs: roots, Time: s.leaves.now, MinVersion: tls.VersionTLS12})
		if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			return practice.Found(practice.Fail, host, "Clients refuse its certificate: %v.", wrong.Err)
		}
		switch {
		case err != nil:
			return unreached(host, err)
		case refused != nil:
			return practice.Found(practice.Fail, host, "It answers clients with %v.", refused)
		}
		return practice.Found(practice.Pass, host, "Its certificate is good for those who trust the authority.")
	})
}

const (
	// leafWarning is half of what a certificate of ours has left when it is renewed.
	leafWarning = leafLife / 6
	// authorityWarning is how long it takes to have everybody trust another.
	authorityWarning = 60 * 24 * time.Hour
)

// lasting looks at the ends of what is handed out.
func (s *Service) lasting(ctx context.Context) ([]practice.Finding, error) {
	return s.overHosts(ctx, func(ctx context.Context, l Listener, host string, _ *x509.CertPool) practice.Finding {
		state, refused, err := shake(ctx, l.Address, &tls.Config{
			ServerName: host, MinVersion: tls.VersionTLS12, Time: s.leaves.now,
			InsecureSkipVerify: true, //nolint:gosec // whether it is good is another check's question
		})
		switch {
		case err != nil:
			return unreached(host, err)
		case refused != nil:
			return practice.Found(practice.Unknown, host, "It shows no certificate: %v.", refused)
		}
		worst, sentence := practice.Pass, ""
		for i, c := range state.PeerCertificates {
			what, warning := "The certificate", leafWarning
			if i > 0 {
				what, warning = "The authority's certificate", authorityWarning
			}
			left := c.NotAfter.Sub(s.leaves.now())
			status := practice.Pass
			switch {
			case left <= 0:
				status = practice.Fail
			case left < warning:
				status = practice.Warn
			}
			if i == 0 || status > worst {
				worst, sentence = status, fmt.Sprintf("%s ends on %s.", what, c.NotAfter.UTC().Format(time.DateOnly))
			}
		}
		return practice.Finding{Subject: host, Status: worst, Sentence: sentence}
	})
}

// othersRefused asks for a name that nobody has configured, and for none.
func (s *Service) othersRefused(ctx context.Context) ([]practice.Finding, error) {
	return s.over(ctx, func(ctx context.Context, l Listener, _ string) practice.Finding {
		for _, name := range []string{strings.ToLower(rand.Text()) + ".example.invalid", ""} {
			state, refused, err := shake(ctx, l.Address, &tls.Config{
				ServerName: name, MinVersion: tls.VersionTLS12, InsecureSkipVerify: true, //nolint:gosec // it should not get so far
			})
			switch {
			case err != nil:
				return unreached(l.Name, err)
			case refused == nil && len(state.PeerCertificates) > 0:
				return practice.Found(practice.Fail, l.Name, "Who asks for another name, or for none, is shown the certificate of %v.", state.PeerCertificates[0].DNSNames)
			}
		}
		return practice.Found(practice.Pass, l.Name, "Who asks for another name, or for none, is refused.")
	})
}
