package encryption

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// authorityLife is ten years: whoever trusts the authority does so by hand, so it must not end by surprise.
const authorityLife = 10 * 365 * 24 * time.Hour

// skew is how far a client's clock may be behind ours.
const skew = time.Hour

// authority is Tenward's own certificate authority.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte // the certificate alone
}

// newAuthority makes an authority and gives its certificate and key as PEM, to be sealed by the store.
func newAuthority(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The serial keeps two authorities apart in a browser's list.
		Subject:   pkix.Name{Organization: []string{"Tenward"}, CommonName: fmt.Sprintf("Tenward own CA %x", serial.Bytes()[:4])},
		NotBefore: now.Add(-skew), NotAfter: now.Add(authorityLife),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make authority certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode authority key: %w", err)
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

// parseAuthority reads what newAuthority made, and refuses an authority that has ended or lost its key.
func parseAuthority(sealed []byte, now time.Time) (*authority, error) {
	block, rest := pem.Decode(sealed)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no certificate in it")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse authority certificate: %w", err)
	}
	private, _ := pem.Decode(rest)
	if private == nil || private.Type != "PRIVATE KEY" {
		return nil, errors.New("no private key in it")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse authority key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	switch {
	case !ok || !key.PublicKey.Equal(cert.PublicKey):
		return nil, errors.New("key and certificate do not belong together")
	case !cert.IsCA:
		return nil, errors.New("the certificate is no authority's")
	case now.After(cert.NotAfter):
		return nil, fmt.Errorf("the certificate ended on %s", cert.NotAfter.Format(time.DateOnly))
	}
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(block)}, nil
}

// newSerial is 127 random bits with the highest set, so that it has one length and is positive.
func newSerial() (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	b[0] = b[0]&0x7f | 0x40
	return new(big.Int).SetBytes(b), nil
}
