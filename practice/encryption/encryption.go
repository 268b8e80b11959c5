// Package encryption keeps data in transit readable only to its two ends.
//
// Today: TLS 1.3 alone (RFC 8446) with Go's default key exchanges, the hybrid post-quantum X25519MLKEM768 first,
// and certificates of Tenward's own authority, made on the first start. Sources: NIST SP 800-52r2, Mozilla's
// server side TLS guideline 6.0 ("modern"), OWASP ASVS 5.0 chapter V12.
package encryption

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// Service holds the authority and the certificates it has issued for our host names.
type Service struct {
	ca     *authority
	leaves *leaves

	outside Outside
}

// New opens the authority that is sealed in the store, or makes one on the first start. Only the hosts get
// certificates; now is the clock.
func New(ctx context.Context, secrets *store.Secrets, hosts []string, now func() time.Time) (*Service, error) {
	sealed, err := secrets.GetOrMake(ctx, "encryption.authority", func() ([]byte, error) { return newAuthority(now()) })
	if err != nil {
		return nil, fmt.Errorf("open own certificate authority: %w", err)
	}
	ca, err := parseAuthority(sealed, now())
	if err != nil {
		return nil, problem.New("encryption.authority.invalid", "Tenward's own certificate authority in the database cannot be used.",
			"Restore the data folder from a backup; without one, move the folder away and start anew: clients must then trust the new ca.pem.").Because(err)
	}
	s := &Service{ca: ca, leaves: newLeaves(ca, hosts, now)}
	// Issued now and not at the first handshake: a host that cannot have a certificate is an error at start.
	for _, h := range hosts {
		if _, err := s.leaves.get(h); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{Slug: "encryption", Title: "Encryption", Icon: "lock", Source: "NIST SP 800-52r2, OWASP ASVS 5.0 V12", Checks: s.checks()}
}

// AuthorityPEM is the certificate that clients must trust.
func (s *Service) AuthorityPEM() []byte { return s.ca.pem }

// TLSConfig is for our listeners. A client that names none of our hosts gets no certificate at all.
func (s *Service) TLSConfig() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if !s.leaves.issues(hello.ServerName) {
				return nil, nil //nolint:nilnil // the library then says unrecognized_name (RFC 6066 section 3)
			}
			return s.leaves.get(hello.ServerName)
		},
	}
}
