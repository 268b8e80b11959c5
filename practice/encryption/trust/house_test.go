package trust_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/practice/encryption/trust"
	"github.com/tenward/tenward/problem"
)

// needs fails the test where a program is missing, and says what brings it.
func needs(t *testing.T, program, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		t.Fatalf("%s is missing: apt-get install --no-install-recommends %s", program, pkg)
	}
	return path
}

// signer is an authority with its key.
type signer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// newSigner makes an authority as Tenward does; change makes another certificate of it.
func newSigner(t *testing.T, change ...func(*x509.Certificate)) signer {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Tenward"}, CommonName: "Tenward own CA " + serial.String()},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	}
	for _, c := range change {
		c(template)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{issue(t, template, template, key, key), key}
}

func issue(t *testing.T, template, parent *x509.Certificate, key, parentKey *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// leaf is a server's certificate of the authority.
func (s signer) leaf(t *testing.T, host string) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	return issue(t, template, s.cert, key, s.key), key
}

func encoded(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

// system is a store as Debian's, in a folder of the test's own, kept by the real program.
func system(t *testing.T) (s trust.System, etc string) {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"given", "local", "etc", "hooks"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	conf := filepath.Join(dir, "conf")
	if err := os.WriteFile(conf, []byte("distribution.crt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "given", "distribution.crt"), encoded(newSigner(t).cert), 0o600); err != nil {
		t.Fatal(err)
	}
	etc = filepath.Join(dir, "etc")
	return trust.System{
		Folder: filepath.Join(dir, "local"), Bundle: filepath.Join(etc, "ca-certificates.crt"), Again: "tenward trust --data here",
		Update: []string{
			needs(t, "update-ca-certificates", "ca-certificates"), "--certsconf", conf, "--certsdir", filepath.Join(dir, "given"),
			"--localcertsdir", filepath.Join(dir, "local"), "--etccertsdir", etc, "--hooksdir", filepath.Join(dir, "hooks"),
		},
	}, etc
}

// installed asks a store that must be able to answer.
func installed(t *testing.T, s trust.Store, cert *x509.Certificate) bool {
	t.Helper()
	ok, err := s.Installed(t.Context(), cert)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func ours(t *testing.T, s trust.Store) []*x509.Certificate {
	t.Helper()
	found, err := s.Ours(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// refused asks for a problem of this code that says this.
func refused(t *testing.T, err error, code, says string) {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "encryption.trust."+code || !strings.Contains(p.Error(), says) {
		t.Fatalf("%v, want the problem %q that says %q", err, code, says)
	}
}
