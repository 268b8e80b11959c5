package trust_test

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tenward/tenward/practice/encryption/trust"
)

// browsers are the stores of a home, without the system's.
func browsers(t *testing.T, who trust.Person) []trust.Store {
	t.Helper()
	needs(t, "certutil", "libnss3-tools")
	stores, err := trust.Stores(trust.System{}, who)
	if err != nil {
		t.Fatal(err)
	}
	return stores[1:]
}

// chromium is the one store of a home without a browser.
func chromium(t *testing.T, home string) trust.Store {
	t.Helper()
	stores := browsers(t, trust.Person{Home: home})
	if len(stores) != 1 {
		t.Fatalf("%d stores in an empty home", len(stores))
	}
	return stores[0]
}

// certutil runs the real program on a database, as somebody at the keyboard would.
func certutil(t *testing.T, folder string, input []byte, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), needs(t, "certutil", "libnss3-tools"), append([]string{"-d", "sql:" + folder}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("certutil %v: %v: %s", args, err, out)
	}
	return string(out)
}

// profile makes a database as a browser does.
func profile(t *testing.T, home, folder string) string {
	t.Helper()
	folder = filepath.Join(home, folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	certutil(t, folder, nil, "-N", "--empty-password")
	return folder
}

func nickname(cert *x509.Certificate) string { return "Tenward CA " + trust.Fingerprint(cert)[:16] }

func TestEveryBrowsersStoreIsFound(t *testing.T) {
	home := t.TempDir()
	places := []string{
		".pki/nssdb", ".local/share/pki/nssdb", "snap/chromium/current/.pki/nssdb",
		".var/app/org.chromium.Chromium/.pki/nssdb", ".var/app/com.google.Chrome/.pki/nssdb",
		".mozilla/firefox/a1.default", ".mozilla/firefox/b2.work [x]", ".config/mozilla/firefox/c3.default",
		"snap/firefox/common/.mozilla/firefox/d4.default",
		".var/app/org.mozilla.firefox/.mozilla/firefox/e5.default", ".var/app/org.mozilla.firefox/config/mozilla/firefox/f6.default",
	}
	want := make([]string, 0, len(places))
	for _, p := range places {
		want = append(want, profile(t, home, p))
	}
	if err := os.MkdirAll(filepath.Join(home, ".mozilla/firefox/Crash Reports"), 0o700); err != nil { // no database in it
		t.Fatal(err)
	}
	ca := newSigner(t).cert
	stores := browsers(t, trust.Person{Home: home})
	for _, s := range stores {
		if err := s.Install(t.Context(), ca); err != nil {
			t.Fatal(err)
		}
	}
	if len(stores) != len(want) {
		t.Errorf("%d stores, want %d", len(stores), len(want))
	}
	for _, folder := range want {
		if !slices.ContainsFunc(stores, func(s trust.Store) bool { return strings.HasSuffix(s.Name(), "("+folder+")") }) {
			t.Errorf("%s is not named", folder)
		}
		if got := certutil(t, folder, nil, "-L"); !strings.Contains(got, nickname(ca)) {
			t.Errorf("%s does not have it: %s", folder, got)
		}
	}
}

func TestChromiumsStoreIsMadeWhereItIsMissing(t *testing.T) {
	home, ca := t.TempDir(), newSigner(t).cert
	if err := chromium(t, home).Install(t.Context(), ca); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(home, ".pki/nssdb")
	at, err := os.Stat(folder)
	if err != nil || at.Mode().Perm() != 0o700 {
		t.Fatalf("%v %v", at, err)
	}
	if got := certutil(t, folder, nil, "-V", "-u", "L", "-n", nickname(ca)); !strings.Contains(got, "certificate is valid") {
		t.Fatalf("NSS does not take it for an authority of servers: %s", got)
	}
	t.Run("but not beside the newer place, which would else no longer be looked at", func(t *testing.T) {
		home := t.TempDir()
		profile(t, home, ".local/share/pki/nssdb")
		if got := browsers(t, trust.Person{Home: home}); len(got) != 1 || !strings.Contains(got[0].Name(), ".local/share") {
			t.Fatalf("%d: %s", len(got), got[0].Name())
		}
	})
	t.Run("and not by asking", func(t *testing.T) {
		home := t.TempDir()
		s := chromium(t, home)
		if installed(t, s, ca) || len(ours(t, s)) != 0 {
			t.Fatal("an empty home has it")
		}
		if err := s.Remove(t.Context(), ca); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
			t.Fatalf("%v %v", left, err)
		}
	})
}

func TestTrustThatWasTakenBackIsSeen(t *testing.T) {
	home, ca := t.TempDir(), newSigner(t).cert
	s := chromium(t, home)
	if err := s.Install(t.Context(), ca); err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{",,", "c,C,C", "p,,"} {
		certutil(t, filepath.Join(home, ".pki/nssdb"), nil, "-M", "-t", flags, "-n", nickname(ca))
		if installed(t, s, ca) {
			t.Errorf("%s counts as trusted", flags)
		}
	}
	if err := s.Install(t.Context(), ca); err != nil || !installed(t, s, ca) {
		t.Fatalf("it does not come back: %v", err)
	}
}

func TestWhatOthersPutThereIsLeftAlone(t *testing.T) {
	ca, foreign := newSigner(t).cert, newSigner(t).cert
	t.Run("another certificate under our name", func(t *testing.T) {
		home := t.TempDir()
		folder := profile(t, home, ".pki/nssdb")
		certutil(t, folder, encoded(foreign), "-A", "-a", "-t", "C,,", "-n", nickname(ca))
		s := chromium(t, home)
		if installed(t, s, ca) || len(ours(t, s)) != 0 {
			t.Fatal("it counts as ours")
		}
		refused(t, s.Install(t.Context(), ca), "foreign", nickname(ca))
		refused(t, s.Remove(t.Context(), ca), "foreign", nickname(ca))
		if got := certutil(t, folder, nil, "-L", "-n", nickname(ca), "-a"); !strings.Contains(strings.ReplaceAll(got, "\r", ""), string(encoded(foreign))) {
			t.Fatalf("it was touched: %s", got)
		}
	})
	t.Run("ours under another name", func(t *testing.T) {
		home := t.TempDir()
		folder := profile(t, home, ".pki/nssdb")
		certutil(t, folder, encoded(ca), "-A", "-a", "-t", ",,", "-n", "by hand")
		refused(t, chromium(t, home).Install(t.Context(), ca), "other-name", "under another name")
	})
	t.Run("certificates of others when all of ours go", func(t *testing.T) {
		home := t.TempDir()
		folder := profile(t, home, ".pki/nssdb")
		certutil(t, folder, encoded(foreign), "-A", "-a", "-t", "C,,", "-n", "Tenward CA of a friend")
		s := chromium(t, home)
		if err := s.Install(t.Context(), ca); err != nil {
			t.Fatal(err)
		}
		if taken, err := trust.RemoveAll(t.Context(), s); err != nil || len(taken) != 1 {
			t.Fatalf("%d %v", len(taken), err)
		}
		if got := certutil(t, folder, nil, "-L"); !strings.Contains(got, "of a friend") {
			t.Fatalf("it went: %s", got)
		}
	})
}

func TestAStoreWithAPrimaryPasswordSaysWhatToDo(t *testing.T) {
	home, ca := t.TempDir(), newSigner(t).cert
	folder := filepath.Join(home, ".mozilla/firefox/a1.default")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	password := filepath.Join(home, "password")
	if err := os.WriteFile(password, []byte("correct horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	certutil(t, folder, nil, "-N", "-f", password)
	firefox := browsers(t, trust.Person{Home: home})[0]
	refused(t, firefox.Install(t.Context(), ca), "locked", "by hand")
	if installed(t, firefox, ca) || len(ours(t, firefox)) != 0 {
		t.Fatal("something was left in it")
	}
}

func TestWithoutCertutilTheStepToTakeIsNamed(t *testing.T) {
	s := chromium(t, t.TempDir())
	t.Setenv("PATH", emptyPath(t, "mkdir"))
	refused(t, s.Install(t.Context(), newSigner(t).cert), "program-missing", "apt-get install --no-install-recommends libnss3-tools")
}

// emptyPath is a PATH with these programs alone.
func emptyPath(t *testing.T, programs ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range programs {
		if err := os.Symlink(needs(t, p, "coreutils"), filepath.Join(dir, p)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// owner is whose a file is.
func owner(t *testing.T, path string) uint32 {
	t.Helper()
	at, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return at.Sys().(*syscall.Stat_t).Uid
}
