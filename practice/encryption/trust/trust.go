// Package trust puts a certificate authority into the stores that programs and browsers read, and takes it out again.
//
// Browsers keep passkeys back behind a certificate warning, so an own authority has to be trusted before anybody can
// use one. There is no single store for that: OpenSSL, curl and Go read the system's (Debian: update-ca-certificates(8)),
// Chromium and Firefox read NSS databases of their own (certutil(1) of libnss3-tools). Nothing is written into either
// but a certificate that is an authority's, and what was written is read back and compared before it counts.
package trust

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/tenward/tenward/problem"
)

// Store is one place that says whom to trust.
type Store interface {
	// Name is the store for people: what reads it, and where it is.
	Name() string
	// Installed says whether the certificate is in the store and trusted for servers.
	Installed(ctx context.Context, cert *x509.Certificate) (bool, error)
	// Install lets the store trust the certificate.
	Install(ctx context.Context, cert *x509.Certificate) error
	// Remove takes this certificate out, and no other. One that is not there is none to remove.
	Remove(ctx context.Context, cert *x509.Certificate) error
	// Ours lists every certificate of Tenward in the store, whichever installation it came from.
	Ours(ctx context.Context) ([]*x509.Certificate, error)
}

// Stores lists the system's store and those of the person's browsers.
func Stores(system System, who Person) ([]Store, error) {
	stores := []Store{system}
	databases, err := databases(who)
	if err != nil {
		return nil, err
	}
	for _, d := range databases {
		stores = append(stores, d)
	}
	return stores, nil
}

// RemoveAll takes the certificate out of a store, and what earlier installations of Tenward left there. It gives what
// it took.
func RemoveAll(ctx context.Context, s Store) ([]*x509.Certificate, error) {
	found, err := s.Ours(ctx)
	if err != nil {
		return nil, err
	}
	for i, cert := range found {
		if err := s.Remove(ctx, cert); err != nil {
			return found[:i], err
		}
	}
	return found, nil
}

// Parse reads the one certificate of a ca.pem. More in the file than that is refused: it is not to be guessed which is
// meant.
func Parse(file []byte) (*x509.Certificate, error) {
	block, rest := pem.Decode(file)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("find a certificate: none in the file")
	}
	if more, _ := pem.Decode(rest); more != nil {
		return nil, errors.New("find the certificate: more than one block in the file")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse certificate: %w", err)
	}
	return cert, nil
}

// Fingerprint is the SHA-256 of the whole certificate in hexadecimal: what browsers show, too.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return hex.EncodeToString(sum[:])
}

// short is how much of the fingerprint a name holds: 64 bits tell authorities apart, and whoever means it is compared
// whole.
const short = 16

// authority refuses whatever is no authority that signs for itself: a store must not come to trust a server's
// certificate, or one that another authority could take back.
func authority(cert *x509.Certificate) error {
	var because error
	switch {
	case cert == nil || len(cert.Raw) == 0:
		because = errors.New("it is empty")
	case !cert.BasicConstraintsValid || !cert.IsCA:
		because = errors.New("its basic constraints do not say that it is an authority")
	case cert.KeyUsage&x509.KeyUsageCertSign == 0:
		because = errors.New("its key may not sign certificates")
	default:
		because = cert.CheckSignatureFrom(cert)
	}
	if because == nil {
		return nil
	}
	return problem.New("encryption.trust.not-authority", "The certificate is not one of an authority: nothing was trusted.",
		"Name the ca.pem in Tenward's data folder.").Because(because)
}

// encode is the certificate alone, as PEM.
func encode(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// certificates reads every certificate of a PEM text; what cannot be read is not ours and is passed over.
func certificates(text []byte) []*x509.Certificate {
	var found []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil {
			found = append(found, cert)
		}
	}
	return found
}
