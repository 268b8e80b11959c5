package app

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Root restores for the user that serves: everything is that user's then, and nothing outside of the folder is touched.
// Whoever is not root gives things to himself, which shows that all are reached.
func TestWhatRootRestoresIsGivenToTheFoldersOwner(t *testing.T) {
	data, outside := t.TempDir(), filepath.Join(t.TempDir(), "mine")
	for _, path := range []string{outside, filepath.Join(data, "tenward.db"), filepath.Join(data, "master.key")} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(data, "record", "log", "tile"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(data, "record", "link")); err != nil {
		t.Fatal(err)
	}
	uid := os.Geteuid()
	if uid == 0 {
		uid = 65534
		if err := os.Chown(data, uid, uid); err != nil {
			t.Fatal(err)
		}
		if who, err := ownerOf(data); err != nil || who != (owner{true, uid, uid}) {
			t.Errorf("the folder is %+v's, %v", who, err)
		}
	} else if who, err := ownerOf(data); err != nil || who.other {
		t.Errorf("one's own folder is %+v's, %v", who, err)
	}
	if err := (owner{true, uid, os.Getegid()}).takes(data); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		filepath.Join(data, "record", "log", "tile"): uid, filepath.Join(data, "tenward.db"): uid, filepath.Join(data, "record", "link"): uid,
		outside: os.Geteuid(), filepath.Join(data, "master.key"): os.Geteuid(),
	} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := int(info.Sys().(*syscall.Stat_t).Uid); got != want {
			t.Errorf("%s is %d's, want %d", path, got, want)
		}
	}
	if who, err := ownerOf(filepath.Join(data, "nowhere")); err != nil || who.other {
		t.Errorf("a folder that is not there: %+v, %v", who, err)
	}
}
