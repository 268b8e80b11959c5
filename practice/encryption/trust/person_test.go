package trust_test

import (
	"os"
	"os/user"
	"path/filepath"
	"testing"

	"github.com/tenward/tenward/practice/encryption/trust"
)

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestWhoseBrowsersAreMeant(t *testing.T) {
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	const mine = "/home/ada"
	for _, tt := range []struct {
		name     string
		euid     int
		env      map[string]string
		home     string
		refusal  string
		sentence string
	}{
		{name: "somebody at the keyboard", euid: 1000, env: map[string]string{"HOME": mine}, home: mine},
		{name: "root at the keyboard", euid: 0, env: map[string]string{"HOME": "/root"}, home: "/root"},
		{name: "root who called sudo", euid: 0, env: map[string]string{"HOME": "/root", "SUDO_USER": "root", "SUDO_UID": "0"}, home: "/root"},
		{name: "somebody under sudo", euid: 0, env: map[string]string{"HOME": "/root", "SUDO_USER": "nobody", "SUDO_UID": nobody.Uid}, home: nobody.HomeDir},
		{name: "somebody who sets SUDO_USER without being root", euid: 1000, env: map[string]string{"HOME": mine, "SUDO_USER": "nobody"}, home: mine},
		{name: "sudo with another number than the name has", euid: 0, env: map[string]string{"HOME": "/root", "SUDO_USER": "nobody", "SUDO_UID": "1"}, refusal: "caller", sentence: "without sudo"},
		{name: "sudo by somebody unknown here", euid: 0, env: map[string]string{"HOME": "/root", "SUDO_USER": "no-such-person"}, refusal: "caller", sentence: "without sudo"},
		{name: "no home", euid: 1000, refusal: "home", sentence: "Set HOME"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			who, err := trust.Caller(tt.euid, env(tt.env))
			if tt.refusal != "" {
				refused(t, err, tt.refusal, tt.sentence)
				return
			}
			if err != nil || who.Home != tt.home {
				t.Fatalf("%+v %v, want %s", who, err, tt.home)
			}
		})
	}
}

// Under sudo the person's files stay theirs, and a link that they laid leads nowhere that they could not write. Only
// root can become somebody else, so that the part about it is looked at where the tests run as root: as in CI.
func TestUnderSudoFilesStayThePersons(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("not root: who runs this cannot become somebody else")
		return
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	who, err := trust.Caller(0, env(map[string]string{"SUDO_USER": "nobody", "SUDO_UID": nobody.Uid}))
	if err != nil {
		t.Fatal(err)
	}
	ca := newSigner(t).cert
	who.Home = theirs(t)
	s := browsers(t, who)[0]
	if err := s.Install(t.Context(), ca); err != nil || !installed(t, s, ca) {
		t.Fatalf("not installed: %v", err)
	}
	for _, path := range []string{".pki", ".pki/nssdb", ".pki/nssdb/cert9.db", ".pki/nssdb/key4.db"} {
		if uid := owner(t, filepath.Join(who.Home, path)); uid != 65534 {
			t.Errorf("%s belongs to %d", path, uid)
		}
	}
	t.Run("a link to root's folder", func(t *testing.T) {
		roots, who := t.TempDir(), who
		who.Home = theirs(t)
		if err := os.Symlink(roots, filepath.Join(who.Home, ".pki")); err != nil {
			t.Fatal(err)
		}
		if err := browsers(t, who)[0].Install(t.Context(), ca); err == nil {
			t.Error("it was followed")
		}
		if left, err := os.ReadDir(roots); err != nil || len(left) != 0 {
			t.Errorf("something was written there: %v %v", left, err)
		}
	})
}

// theirs is a home of nobody's, which nobody can reach.
func theirs(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	reachable(t, home)
	if err := os.Chown(home, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	return home
}
