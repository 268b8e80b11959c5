package backup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// secondProcess is what the test binary does when a test started it: it returns the exit code.
func secondProcess(part string) int {
	ctx := context.Background()
	o := store.Options{Data: os.Getenv("TENWARD_BACKUP_DATA"), Postgres: os.Getenv("TENWARD_BACKUP_POSTGRES")}
	key, err := store.ReadMasterKeyFile(os.Getenv("TENWARD_BACKUP_KEY"))
	if err == nil {
		switch part {
		case "backup":
			err = dieInBackup(ctx, o, key)
		case "restore":
			err = dieInRestore(ctx, o, key)
		}
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

func die() error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) }

// deadly is a record in whose middle the process is killed.
type deadly struct{ fakeRecord }

func (d deadly) Each(give func(string, io.Reader) error) error {
	n := 0
	return d.fakeRecord.Each(func(name string, r io.Reader) error {
		if n++; n == 3 {
			return die()
		}
		return give(name, r)
	})
}

func dieInBackup(ctx context.Context, o store.Options, key store.MasterKey) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	record := smallRecord()
	noise := make([]byte, 4<<20) // what cannot be packed, and leaves the buffers
	for i := range noise {
		noise[i] = byte(i * i >> 7 * (i >> 3))
	}
	record["00000000000000000001.seg"] = noise
	s := source(db, key, deadly{record})
	s.Reason = Scheduled
	_, _, _, err = Shelf{Folder: os.Getenv("TENWARD_BACKUP_SHELF")}.Make(ctx, s)
	return err
}

func dieInRestore(ctx context.Context, o store.Options, key store.MasterKey) error {
	f, err := os.Open(os.Getenv("TENWARD_BACKUP_FILE"))
	if err != nil {
		return err
	}
	to := Target{Key: key, Data: os.Getenv("TENWARD_BACKUP_TARGET"), Database: o, Verify: func(context.Context, string) error { return die() }}
	_, _, err = Restore(ctx, f, to)
	return err
}

// killed runs a second process and wants it killed.
func killed(t *testing.T, part string, o store.Options, more ...string) {
	t.Helper()
	c := osexec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "TENWARD_BACKUP_TEST="+part, "TENWARD_BACKUP_DATA="+o.Data, "TENWARD_BACKUP_POSTGRES="+o.Postgres)
	c.Env = append(c.Env, more...)
	out, err := c.CombinedOutput()
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it was not killed: %v\n%s", err, out)
	}
}

func keyFile(t *testing.T) (store.MasterKey, string) {
	t.Helper()
	key, path := store.NewMasterKey(), filepath.Join(t.TempDir(), "key")
	if err := store.WriteMasterKeyFile(path, key); err != nil {
		t.Fatal(err)
	}
	return key, path
}

func TestKilledInABackupLeavesNoneAndTheNextSweeps(t *testing.T) {
	key, path := keyFile(t)
	eachOptions(t, func(t *testing.T, o store.Options) {
		shelf := Shelf{Folder: t.TempDir(), Keep: 2}
		killed(t, "backup", o, "TENWARD_BACKUP_KEY="+path, "TENWARD_BACKUP_SHELF="+shelf.Folder)
		left, err := filepath.Glob(filepath.Join(shelf.Folder, ".*.part"))
		if err != nil || len(left) != 1 {
			t.Fatalf("half a backup is %v, %v: being killed shows nothing", left, err)
		}
		half, err := os.ReadFile(left[0])
		if err != nil {
			t.Fatal(err)
		}
		if all, err := shelf.List("a", Scheduled); err != nil || len(all) != 0 {
			t.Errorf("half a backup is taken for one: %v, %v", all, err)
		}
		if _, _, err := Check(t.Context(), bytes.NewReader(half), key, "x"); err == nil {
			t.Error("half a backup passes")
		}
		s := source(storetest.Open(t, o), key, smallRecord())
		s.Reason = Scheduled
		if _, _, _, err := shelf.Make(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if left, _ = filepath.Glob(filepath.Join(shelf.Folder, ".*")); len(left) != 0 {
			t.Errorf("%v is left", left)
		}
	})
}

func TestKilledInARestoreIsKnownAndRefused(t *testing.T) {
	key, path := keyFile(t)
	b := written(t, source(storetest.Memory(t), key, smallRecord()))
	file := filepath.Join(t.TempDir(), "x.backup")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	eachOptions(t, func(t *testing.T, o store.Options) {
		to := target(t, key, o)
		killed(t, "restore", o, "TENWARD_BACKUP_KEY="+path, "TENWARD_BACKUP_FILE="+file, "TENWARD_BACKUP_TARGET="+to.Data)
		wantProblem(t, Unfinished(to.Data), "backup.restore.unfinished", to.Data)
		wantProblem(t, restore(t, b, to), "backup.restore.unfinished")
		// Emptied, it is a place to restore into again. PostgreSQL has rolled back by itself.
		for _, name := range []string{"record", "restore.unfinished", "tenward.db", "tenward.db-wal", "tenward.db-shm"} {
			if err := os.RemoveAll(filepath.Join(to.Data, name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := restore(t, b, to); err != nil {
			t.Fatal(err)
		}
	})
}

// cutter ends every other connection to the database once so much was written.
type cutter struct {
	t    *testing.T
	db   *store.DB
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left >= 0 && c.left-len(p) < 0 {
		exec(c.t, c.db, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	}
	c.left -= len(p)
	return len(p), nil
}

func TestPostgreSQLGoneInTheMiddle(t *testing.T) {
	key := store.NewMasterKey()
	o := store.Options{Postgres: storetest.Postgres(t)}
	db := storetest.Open(t, o)
	exec(t, db, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
		INSERT INTO identity_group (id, name, created_at) SELECT 'g' || i, md5(i::text) || md5((i + 1)::text), i FROM n`)
	_, _, err := Write(t.Context(), &cutter{t, db, 200_000}, source(db, key, nil))
	wantProblem(t, err, "store.postgres.unreachable")

	b := written(t, source(db, key, smallRecord()))
	to := target(t, key, store.Options{Postgres: storetest.Postgres(t)})
	to.Also = func(ctx context.Context, _ *Manifest, tx *store.Tx, _ []store.Table) error {
		_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	}
	wantProblem(t, restore(t, b, to), "store.postgres.unreachable")
	wantEmpty(t, to)
}

// The disk is a small file system in a mount namespace that nobody else sees.
func TestAFullDiskLeavesTheBackupsBefore(t *testing.T) {
	disk, here := storetest.SmallDisk(t, "4m")
	if !here {
		return
	}
	key := store.NewMasterKey()
	record := smallRecord()
	noise := bytes.NewBuffer(nil)
	for i := range 3 << 16 { // three times 1.2 MB that cannot be packed well
		fmt.Fprintf(noise, "%x", i*2654435761)
	}
	record["00000000000000000001.seg"] = noise.Bytes()
	s := source(storetest.Memory(t), key, record)
	s.Reason = Scheduled
	at := noon
	s.Now = func() time.Time { at = at.Add(time.Hour); return at }
	shelf := Shelf{Folder: filepath.Join(disk, "backups"), Keep: 100}
	var full error
	made := 0
	for ; full == nil && made < 100; made++ {
		_, _, _, full = shelf.Make(t.Context(), s)
	}
	made--
	if made < 1 {
		t.Fatalf("the disk is too small for a single one: %v", full)
	}
	wantProblem(t, full, "backup.disk.full", shelf.Folder)
	entries, err := os.ReadDir(shelf.Folder)
	if err != nil || len(entries) != made {
		t.Errorf("%d backups were made, and there are %v, %v", made, entries, err)
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(shelf.Folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Check(t.Context(), f, key, e.Name()); err != nil || !strings.HasSuffix(e.Name(), ".backup") {
			t.Errorf("%s: %v", e.Name(), err)
		}
		_ = f.Close()
	}

	// A restore that does not fit is refused before it writes.
	b := written(t, s)
	to := Target{Key: key, Data: filepath.Join(disk, "data"), Database: store.Options{Data: filepath.Join(disk, "data")}}
	if err := os.Mkdir(to.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, restore(t, b, to), "backup.restore.room")
	wantEmpty(t, to)

	// What belongs to others is left to them.
	shelf.Reserve = 1 << 40
	if err := os.Remove(filepath.Join(shelf.Folder, entries[0].Name())); err != nil {
		t.Fatal(err)
	}
	_, _, _, err = shelf.Make(t.Context(), s)
	wantProblem(t, err, "backup.disk.full")
}

// A pool's connections may be of a server that has gone since: that is said, and not that something went wrong.
func TestPostgreSQLGoneBeforehand(t *testing.T) {
	db := storetest.Open(t, store.Options{Postgres: storetest.Postgres(t)})
	other, err := store.Open(t.Context(), store.Options{Postgres: storetest.Postgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	exec(t, other, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")
	_, _, err = Write(t.Context(), io.Discard, source(db, store.NewMasterKey(), nil))
	wantProblem(t, err, "store.postgres.unreachable")
}
