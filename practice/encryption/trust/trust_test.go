package trust_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tenward/tenward/practice/encryption/trust"
)

// each runs a claim about every kind of store.
func each(t *testing.T, claim func(t *testing.T, s trust.Store)) {
	t.Helper()
	t.Run("the system", func(t *testing.T) {
		s, _ := system(t)
		claim(t, s)
	})
	t.Run("a browser", func(t *testing.T) { claim(t, chromium(t, t.TempDir())) })
}

func TestWhatIsInstalledIsTrustedUntilItIsRemoved(t *testing.T) {
	each(t, func(t *testing.T, s trust.Store) {
		ca, other := newSigner(t).cert, newSigner(t).cert
		if installed(t, s, ca) {
			t.Fatal("trusted before")
		}
		for range 2 { // a second time changes nothing
			if err := s.Install(t.Context(), ca); err != nil {
				t.Fatal(err)
			}
			if !installed(t, s, ca) || installed(t, s, other) {
				t.Fatal("it is not trusted, or another one is")
			}
		}
		for range 2 {
			if err := s.Remove(t.Context(), ca); err != nil {
				t.Fatal(err)
			}
			if installed(t, s, ca) || len(ours(t, s)) != 0 {
				t.Fatal("still trusted")
			}
		}
	})
}

func TestRemovingTakesThatOneAlone(t *testing.T) {
	each(t, func(t *testing.T, s trust.Store) {
		ca, older := newSigner(t).cert, newSigner(t).cert
		for _, c := range []*x509.Certificate{ca, older} {
			if err := s.Install(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if found := ours(t, s); len(found) != 2 {
			t.Fatalf("%d listed", len(found))
		}
		if err := s.Remove(t.Context(), ca); err != nil {
			t.Fatal(err)
		}
		if found := ours(t, s); len(found) != 1 || !found[0].Equal(older) || !installed(t, s, older) {
			t.Fatal("the older one went, too")
		}
	})
}

func TestRemovingAllTakesWhatEarlierInstallationsLeft(t *testing.T) {
	each(t, func(t *testing.T, s trust.Store) {
		all := []*x509.Certificate{newSigner(t).cert, newSigner(t).cert, newSigner(t).cert}
		for _, c := range all {
			if err := s.Install(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		taken, err := trust.RemoveAll(t.Context(), s)
		if err != nil || len(taken) != len(all) {
			t.Fatalf("%d taken: %v", len(taken), err)
		}
		for _, c := range all {
			if installed(t, s, c) || !slices.ContainsFunc(taken, c.Equal) {
				t.Error("one is left, or not told")
			}
		}
	})
}

func TestOnlyAnAuthorityIsTrusted(t *testing.T) {
	ca := newSigner(t)
	leaf, _ := ca.leaf(t, "notes.example.test")
	under := newSigner(t)
	under.cert = issue(t, under.cert, ca.cert, under.key, ca.key)
	for _, tt := range []struct {
		name string
		cert *x509.Certificate
	}{
		{"none", nil},
		{"an empty one", &x509.Certificate{IsCA: true, BasicConstraintsValid: true}},
		{"a server's", leaf},
		{"one that signs for itself without being an authority", newSigner(t, func(c *x509.Certificate) { c.IsCA = false }).cert},
		{"one whose key may not sign", newSigner(t, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }).cert},
		{"one that does not say what its key may do", newSigner(t, func(c *x509.Certificate) { c.KeyUsage = 0 }).cert},
		{"one of version 1, which cannot say whether it is an authority", versionOne(t)},
		{"an authority under another one", under.cert},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, s trust.Store) {
				refused(t, s.Install(t.Context(), tt.cert), "not-authority", "nothing was trusted")
				if len(ours(t, s)) != 0 {
					t.Fatal("it is there all the same")
				}
			})
		})
	}
}

func versionOne(t *testing.T) *x509.Certificate {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "version1.pem"))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := trust.Parse(b)
	if err != nil || cert.Version != 1 {
		t.Fatalf("%+v %v", cert, err)
	}
	return cert
}

func TestParseTakesOneCertificateAndNothingElse(t *testing.T) {
	ca, other := newSigner(t).cert, newSigner(t).cert
	for _, tt := range []struct {
		name string
		file []byte
		ok   bool
	}{
		{"one certificate", encoded(ca), true},
		{"nothing", nil, false},
		{"no PEM", []byte("hello"), false},
		{"two certificates", append(encoded(ca), encoded(other)...), false},
		{"a broken one", []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), false},
		{"a key", []byte("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cert, err := trust.Parse(tt.file)
			if tt.ok != (err == nil) || tt.ok && !cert.Equal(ca) {
				t.Fatalf("%v", err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"one.pem", "two.pem", "broken.pem"} {
		b, err := os.ReadFile(filepath.Join("testdata", seed))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		cert, err := trust.Parse(file)
		if (cert == nil) == (err == nil) {
			t.Fatalf("%v %v", cert, err)
		}
		if cert != nil && len(trust.Fingerprint(cert)) != 64 {
			t.Fatal("the fingerprint is no SHA-256")
		}
	})
}
