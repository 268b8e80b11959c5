package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestDatabaseFilesBelongToTheirOwnerAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "made", "by tenward?a#b%20c")
	db := storetest.Open(t, store.Options{Data: folder})
	if err := db.SetCursor(t.Context(), "a", 1); err != nil {
		t.Fatal(err)
	}
	wantMode(t, folder, 0o700)
	for _, name := range []string{"tenward.db", "tenward.db-wal", "tenward.db-shm"} {
		wantMode(t, filepath.Join(folder, name), 0o600)
	}
}

func TestDatabaseFilesOpenToOthersAreClosed(t *testing.T) {
	o := store.Options{Data: t.TempDir()}
	storetest.Open(t, o) // stays open, so that the logs stay too
	names := []string{"tenward.db", "tenward.db-wal", "tenward.db-shm"}
	for _, name := range names {
		if err := os.Chmod(filepath.Join(o.Data, name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Open(t, o)
	for _, name := range names {
		wantMode(t, filepath.Join(o.Data, name), 0o600)
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %04o, want %04o", path, got, want)
	}
}

func TestAFileThatIsNoDatabaseIsRefusedAndLeftAlone(t *testing.T) {
	text := strings.Repeat("dear diary, ", 1000)
	o := store.Options{Data: t.TempDir()}
	path := filepath.Join(o.Data, "tenward.db")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), o)
	wantProblem(t, err, "store.database.foreign", path)
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file was changed (%v)", err)
	}
}

func TestAFolderInPlaceOfTheDatabaseIsRefused(t *testing.T) {
	o := store.Options{Data: t.TempDir()}
	if err := os.Mkdir(filepath.Join(o.Data, "tenward.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(t.Context(), o)
	wantProblem(t, err, "store.database.foreign")
}

func TestADamagedDatabaseIsRefused(t *testing.T) {
	o := store.Options{Data: t.TempDir()}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Data, "tenward.db")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 100; i < len(content); i++ { // everything behind the header
		content[i] = 0xff
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = store.Open(t.Context(), o)
	wantProblem(t, err, "store.database.corrupt")
}

func TestAFolderThatCannotBeWrittenIsRefused(t *testing.T) {
	folder := openFolder(t)
	if err := os.Chmod(folder, 0o555); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		_, err := store.Open(t.Context(), store.Options{Data: folder})
		wantProblem(t, err, "store.folder.unwritable")
		_, err = store.Open(t.Context(), store.Options{Data: filepath.Join(folder, "below")})
		wantProblem(t, err, "store.folder.unwritable")
	})
}

func TestADatabaseThatCannotBeWrittenIsRefused(t *testing.T) {
	folder := openFolder(t)
	db, err := store.Open(t.Context(), store.Options{Data: folder})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{folder: 0o555, filepath.Join(folder, "tenward.db"): 0o444} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, func() {
		_, err := store.Open(t.Context(), store.Options{Data: folder})
		wantProblem(t, err, "store.folder.unwritable")
	})
}

// openFolder is a temporary folder whose parents everybody may pass, so that only its own mode decides.
func openFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for parent := folder; parent != filepath.Clean(os.TempDir()); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := os.Chmod(folder, 0o700); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// asNobody runs do without root's right to pass over file modes. The right belongs to the thread, so do gets one of its
// own, which ends with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
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
	if t.Failed() {
		t.FailNow()
	}
}

func TestALockedDatabaseIsSaidToBeLocked(t *testing.T) {
	o := store.Options{Data: t.TempDir(), Wait: time.Millisecond}
	db := storetest.Open(t, o)
	holder, err := sql.Open("sqlite", "file:"+filepath.Join(o.Data, "tenward.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, holder)
	tx, err := holder.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.SetCursor(t.Context(), "a", 1)
	wantProblem(t, err, "store.database.busy")
	if problem.Of(err).RetryAfter == 0 {
		t.Error("it does not say when to try again")
	}
	wantProblem(t, db.Tx(t.Context(), func(*store.Tx) error { return nil }), "store.database.busy")
	_, err = store.Open(t.Context(), o)
	wantProblem(t, err, "store.database.busy")
	if _, _, err := db.Cursor(t.Context(), "a"); err != nil {
		t.Errorf("reading fails beside a writer: %v", err)
	}

	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := db.SetCursor(t.Context(), "a", 1); err != nil {
		t.Errorf("still locked after the other has ended: %v", err)
	}
}

func closing(t *testing.T, c interface{ Close() error }) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestOptionsWithoutAPlaceAreRefused(t *testing.T) {
	if _, err := store.Open(t.Context(), store.Options{}); err == nil {
		t.Error("opened nothing")
	}
}
