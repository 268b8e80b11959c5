package encryption

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// leafLife is short, because a leaf's key lives in memory only and a new one costs 0.1 ms.
const leafLife = 7 * 24 * time.Hour

// leaves are the certificates in use, one for each host, so that no HTTP/2 connection serves two hosts
// (RFC 9113 section 9.1.1 lets clients do that with a shared certificate).
type leaves struct {
	ca    *authority
	now   func() time.Time
	hosts map[string]*atomic.Pointer[tls.Certificate]
	mu    sync.Mutex // one renewal at a time
}

func newLeaves(ca *authority, hosts []string, now func() time.Time) *leaves {
	l := &leaves{ca: ca, now: now, hosts: make(map[string]*atomic.Pointer[tls.Certificate], len(hosts))}
	for _, h := range hosts {
		l.hosts[h] = new(atomic.Pointer[tls.Certificate])
	}
	return l
}

// issues says whether the host is one of ours.
func (l *leaves) issues(host string) bool {
	_, ok := l.hosts[strings.ToLower(host)]
	return ok
}

// get gives the host's certificate, renewed when a third of its life is left.
func (l *leaves) get(host string) (*tls.Certificate, error) {
	slot, ok := l.hosts[strings.ToLower(host)]
	if !ok {
		return nil, fmt.Errorf("no certificate for host %q", host)
	}
	if c := slot.Load(); c != nil && l.fresh(c) {
		return c, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := slot.Load(); c != nil && l.fresh(c) {
		return c, nil
	}
	c, err := l.issue(strings.ToLower(host))
	if err != nil {
		return nil, err
	}
	slot.Store(c)
	return c, nil
}

func (l *leaves) fresh(c *tls.Certificate) bool {
	return l.now().Before(c.Leaf.NotAfter.Add(-leafLife / 3))
}

func (l *leaves) issue(host string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make key for host %s: %w", host, err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := l.now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: host},
		DNSNames:     []string{host},
		NotBefore:    now.Add(-skew), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if len(host) > 64 { // the upper bound of a common name; RFC 5280 appendix A.1
		template.Subject = pkix.Name{}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, l.ca.cert, key.Public(), l.ca.key)
	if err != nil {
		return nil, fmt.Errorf("issue certificate for host %s: %w", host, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse certificate for host %s: %w", host, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, l.ca.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}
