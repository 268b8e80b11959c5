package trust_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenward/tenward/practice/encryption/trust"
)

func file(s trust.System, cert *x509.Certificate) string {
	return filepath.Join(s.Folder, "tenward-"+trust.Fingerprint(cert)[:16]+".crt")
}

func TestTheSystemsFileHoldsTheCertificateAlone(t *testing.T) {
	s, _ := system(t)
	ca := newSigner(t).cert
	if err := s.Install(t.Context(), ca); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file(s, ca))
	if err != nil || string(got) != string(encoded(ca)) {
		t.Fatalf("%s %v", got, err)
	}
	at, err := os.Stat(file(s, ca))
	if err != nil || at.Mode().Perm() != 0o644 {
		t.Fatalf("%v %v", at, err)
	}
	if left, err := filepath.Glob(filepath.Join(s.Folder, "*")); err != nil || len(left) != 1 {
		t.Fatalf("more is left: %v %v", left, err)
	}
}

func TestOpenSSLAcceptsAServerUntilTheAuthorityIsRemoved(t *testing.T) {
	s, etc := system(t)
	ca := newSigner(t)
	leaf, _ := ca.leaf(t, "notes.example.test")
	server := filepath.Join(t.TempDir(), "server.pem")
	if err := os.WriteFile(server, encoded(leaf), 0o600); err != nil {
		t.Fatal(err)
	}
	verify := func() (string, error) {
		out, err := exec.CommandContext(t.Context(), needs(t, "openssl", "openssl"), "verify", "-no-CAfile", "-no-CAstore", "-CApath", etc,
			"-purpose", "sslserver", "-verify_hostname", "notes.example.test", server).CombinedOutput()
		return string(out), err
	}
	if said, err := verify(); err == nil {
		t.Fatalf("accepted before: %s", said)
	}
	if err := s.Install(t.Context(), ca.cert); err != nil {
		t.Fatal(err)
	}
	if said, err := verify(); err != nil {
		t.Fatalf("refused: %v: %s", err, said)
	}
	if err := s.Remove(t.Context(), ca.cert); err != nil {
		t.Fatal(err)
	}
	if said, err := verify(); err == nil || !strings.Contains(said, "unable to get local issuer certificate") {
		t.Fatalf("accepted after: %v: %s", err, said)
	}
	left, err := os.ReadDir(etc)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left { // the bundle, and the two links to the distribution's certificate
		if _, err := os.Stat(filepath.Join(etc, e.Name())); err != nil || len(left) != 3 {
			t.Errorf("%d left: %v", len(left), err)
		}
	}
}

func TestCurlReachesAServerUntilTheAuthorityIsRemoved(t *testing.T) {
	s, _ := system(t)
	ca := newSigner(t)
	at := serveTLS(t, ca, "notes.example.test")
	get := func() (string, error) {
		_, port, err := net.SplitHostPort(at)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), needs(t, "curl", "curl"), "--silent", "--show-error", "--noproxy", "*", "--cacert", s.Bundle,
			"--resolve", "notes.example.test:"+port+":127.0.0.1", "https://notes.example.test:"+port+"/").CombinedOutput()
		return string(out), err
	}
	if err := s.Install(t.Context(), ca.cert); err != nil {
		t.Fatal(err)
	}
	if said, err := get(); err != nil || said != "hello" {
		t.Fatalf("refused: %v: %s", err, said)
	}
	if err := s.Remove(t.Context(), ca.cert); err != nil {
		t.Fatal(err)
	}
	if said, err := get(); err == nil {
		t.Fatalf("accepted after: %s", said)
	}
}

// serveTLS answers with a certificate of the authority.
func serveTLS(t *testing.T, ca signer, host string) string {
	t.Helper()
	leaf, key := ca.leaf(t, host)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := c.Read(make([]byte, 4096)); err == nil {
				_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"))
			}
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String()
}

func TestOnlyRootMayChangeTheSystemsStore(t *testing.T) {
	s, _ := system(t)
	ca, there := newSigner(t).cert, newSigner(t).cert
	if err := s.Install(t.Context(), there); err != nil {
		t.Fatal(err)
	}
	var installs, removes error
	asNobody(t, s.Folder, func() {
		installs, removes = s.Install(t.Context(), ca), s.Remove(t.Context(), there)
	})
	refused(t, installs, "system-root", "Run: sudo tenward trust --data here")
	refused(t, removes, "system-root", "Run: sudo tenward trust --data here")
	if !installed(t, s, there) || installed(t, s, ca) {
		t.Fatal("something was changed")
	}
}

// asNobody runs do where the folder cannot be written. Root could all the same; that right belongs to the thread, so do
// then gets one of its own, which ends with it.
func asNobody(t *testing.T, folder string, do func()) {
	t.Helper()
	open(t, folder, 0o555)
	defer open(t, folder, 0o755)
	if os.Geteuid() != 0 {
		do()
		return
	}
	reachable(t, folder)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
			return
		}
		do()
	}()
	<-done
}

// reachable lets everybody come to a folder of the test's.
func reachable(t *testing.T, folder string) {
	t.Helper()
	for dir := filepath.Dir(folder); dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		open(t, dir, 0o755)
	}
}

func open(t *testing.T, folder string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(folder, mode); err != nil {
		t.Error(err)
	}
}

func TestAMissingSystemStoreNamesItsPackage(t *testing.T) {
	ca := newSigner(t).cert
	t.Run("no folder", func(t *testing.T) {
		s, _ := system(t)
		s.Folder = filepath.Join(s.Folder, "none")
		refused(t, s.Install(t.Context(), ca), "program-missing", "apt-get install --no-install-recommends ca-certificates")
	})
	t.Run("no program", func(t *testing.T) {
		s, _ := system(t)
		s.Update[0] = "no-such-update-ca-certificates"
		refused(t, s.Install(t.Context(), ca), "program-missing", "apt-get install --no-install-recommends ca-certificates")
	})
}

func TestTheSystemsStoreIsBelievedOnlyByWhatIsRead(t *testing.T) {
	ca := newSigner(t).cert
	t.Run("a program that does nothing", func(t *testing.T) {
		s, _ := system(t)
		s.Update = []string{"true"}
		refused(t, s.Install(t.Context(), ca), "system-unchanged", "as they were before")
		if installed(t, s, ca) {
			t.Fatal("the file alone counts")
		}
	})
	t.Run("a program that fails", func(t *testing.T) {
		s, _ := system(t)
		s.Update = []string{"false"}
		if err := s.Install(t.Context(), ca); err == nil || installed(t, s, ca) {
			t.Fatalf("%v", err)
		}
	})
	t.Run("a program has no terminal to ask at", func(t *testing.T) {
		s, _ := system(t)
		s.Update = []string{"sh", "-c", `read -r _ _ _ _ _ session _ </proc/$$/stat && test "$session" = $$`}
		refused(t, s.Install(t.Context(), ca), "system-unchanged", "as they were before") // else it would have failed
	})
	t.Run("a program that does not end", func(t *testing.T) {
		s, _ := system(t)
		s.Update = []string{"sh", "-c", "sleep 600 & wait"}
		late := errors.New("too late")
		ctx, stop := context.WithTimeoutCause(t.Context(), time.Millisecond, late)
		defer stop()
		if err := s.Install(ctx, ca); !errors.Is(err, late) {
			t.Fatalf("%v", err)
		}
	})
	t.Run("a program that does not stop talking", func(t *testing.T) {
		s, _ := system(t)
		s.Update = []string{"head", "-c", "9000000", "/dev/zero"}
		if err := s.Install(t.Context(), ca); err == nil || !strings.Contains(err.Error(), "said more than") {
			t.Fatalf("%v", err)
		}
	})
	t.Run("a bundle that still has it when the file is gone", func(t *testing.T) {
		s, _ := system(t)
		if err := s.Install(t.Context(), ca); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file(s, ca)); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(t.Context(), ca); err != nil || installed(t, s, ca) {
			t.Fatalf("%v", err)
		}
	})
	t.Run("a file of our name with more in it", func(t *testing.T) {
		s, _ := system(t)
		more := append(encoded(ca), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newSigner(t).cert.Raw})...)
		if err := os.WriteFile(file(s, ca), more, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(ours(t, s)) != 0 {
			t.Error("it counts as ours")
		}
		refused(t, s.Remove(t.Context(), ca), "foreign", file(s, ca))
		if err := s.Install(t.Context(), ca); err != nil || len(ours(t, s)) != 1 {
			t.Fatalf("it is not put right: %v", err)
		}
	})
}

func TestDebiansStoreIsWhereDebianHasIt(t *testing.T) {
	s := trust.Debian("tenward trust")
	if s.Folder != "/usr/local/share/ca-certificates" || s.Bundle != "/etc/ssl/certs/ca-certificates.crt" || s.Update[0] != "update-ca-certificates" || s.Again != "tenward trust" {
		t.Fatalf("%+v", s)
	}
	if _, err := s.Installed(t.Context(), newSigner(t).cert); err != nil {
		t.Fatal(err)
	}
}
