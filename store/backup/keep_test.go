package backup

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestTheNewestFewAreKept(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	shelf := Shelf{Folder: filepath.Join(t.TempDir(), "backups"), Keep: 3}
	at := noon
	shelve := func(node, reason string) string {
		s := source(db, key, nil)
		s.Node, s.Reason, s.Now = node, reason, func() time.Time { at = at.Add(time.Minute); return at }
		path, m, _, err := shelf.Make(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || m.Reason != reason {
			t.Errorf("%s: %v %v", path, info, err)
		}
		return path
	}
	other, update := shelve("b", Scheduled), shelve("a", Update)
	var mine []string
	for range 5 {
		mine = append([]string{shelve("a", Scheduled)}, mine...)
	}
	foreign := filepath.Join(shelf.Folder, "tenward-a-20200101T000000Z-scheduled.backup.mine")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := shelf.List("a", Scheduled)
	if err != nil || len(all) != 3 {
		t.Fatalf("%v %v", all, err)
	}
	for i, k := range all {
		if k.Path != mine[i] || k.Node != "a" || k.Reason != Scheduled {
			t.Errorf("number %d is %+v, want %s", i, k, mine[i])
		}
	}
	if !all[0].Made.Equal(at) {
		t.Errorf("the newest is of %s, want %s", all[0].Made, at)
	}
	for _, path := range []string{other, update, foreign} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("what is another's, or nobody's, was taken away: %v", err)
		}
	}
	if info, err := os.Stat(shelf.Folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v, %v", info, err)
	}
}

func TestABackupIsNeverWrittenOverAnother(t *testing.T) {
	s := source(storetest.Memory(t), store.NewMasterKey(), nil)
	s.Reason = Scheduled
	shelf := Shelf{Folder: t.TempDir(), Keep: 3}
	path, _, _, err := shelf.Make(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	before := digest(t, shelf.Folder)
	if _, _, _, err := shelf.Make(t.Context(), s); err == nil {
		t.Fatal("two of the same second")
	}
	if after := digest(t, shelf.Folder); len(after) != 1 || after[filepath.Base(path)] != before[filepath.Base(path)] {
		t.Errorf("before %v, after %v", before, after)
	}
}
