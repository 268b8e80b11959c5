package store_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// secondProcess is what the test binary does when a test started it: it returns the exit code.
func secondProcess(part string) int {
	ctx := context.Background()
	o := store.Options{Data: os.Getenv("TENWARD_STORE_DATA"), Postgres: os.Getenv("TENWARD_STORE_POSTGRES")}
	db, err := store.Open(ctx, o)
	if err == nil {
		switch part {
		case "die":
			err = dieInTransaction(ctx, db)
		case "make":
			err = makeSecret(ctx, db)
		}
	}
	if err != nil {
		_ = say(err)
		return 1
	}
	return 0
}

// dieInTransaction writes more than SQLite's cache holds, so that pages of the open transaction reach the file's log,
// and then waits to be killed.
func dieInTransaction(ctx context.Context, db *store.DB) error {
	return db.Tx(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE test_note SET body = $1", "after"); err != nil {
			return err
		}
		page := strings.Repeat("x", 64<<10)
		for i := range 200 {
			if _, err := tx.Exec(ctx, "INSERT INTO test_note (id, body) VALUES ($1, $2)", fmt.Sprint("new", i), page); err != nil {
				return err
			}
		}
		if err := say("in the middle"); err != nil {
			return err
		}
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	})
}

// makeSecret waits for the signal, then makes a secret that names this process, and prints the one that is kept.
func makeSecret(ctx context.Context, db *store.DB) error {
	key, err := store.ReadMasterKeyFile(os.Getenv("TENWARD_STORE_KEY"))
	if err != nil {
		return err
	}
	if err := say("ready"); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	kept, err := db.Secrets(key).GetOrMake(ctx, "test/raced", func() ([]byte, error) {
		return fmt.Append(nil, "made by ", os.Getpid()), nil
	})
	if err != nil {
		return err
	}
	return say(string(kept))
}

// say tells the first process something.
func say(what any) error {
	_, err := fmt.Fprintln(os.Stdout, what)
	return err
}

// process is a second process of this test binary.
type process struct {
	*osexec.Cmd
	in  io.Closer
	out *bufio.Reader
}

func spawn(t *testing.T, part string, o store.Options, more ...string) *process {
	t.Helper()
	p := &process{Cmd: osexec.CommandContext(t.Context(), os.Args[0])}
	p.Env = append(os.Environ(), "TENWARD_STORE_TEST="+part, "TENWARD_STORE_DATA="+o.Data, "TENWARD_STORE_POSTGRES="+o.Postgres)
	p.Env = append(p.Env, more...)
	in, err := p.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.in, p.out = in, bufio.NewReader(out)
	return p
}

func (p *process) line(t *testing.T) string {
	t.Helper()
	line, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("second process said %q: %v", line, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func TestKilledInATransactionLeavesTheStateBefore(t *testing.T) {
	o := store.Options{Data: t.TempDir()}
	first, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, first, "CREATE TABLE test_note (id TEXT PRIMARY KEY, body TEXT NOT NULL)")
	exec(t, first, "INSERT INTO test_note (id, body) VALUES ($1, $2)", "old", "before")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	p := spawn(t, "die", o)
	if got := p.line(t); got != "in the middle" {
		t.Fatalf("second process said %q", got)
	}
	if info, err := os.Stat(o.Data + "/tenward.db-wal"); err != nil || info.Size() < 1<<20 {
		t.Fatalf("the open transaction has not reached the log (%v): killing it would show nothing", err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err == nil {
		t.Fatal("second process ended by itself")
	}

	db := storetest.Open(t, o)
	if n := count(t, db, "SELECT count(*) FROM test_note WHERE body = $1", "before"); n != 1 {
		t.Errorf("%d rows from before, want 1", n)
	}
	if n := count(t, db, "SELECT count(*) FROM test_note"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	var verdict string
	if err := db.QueryRow(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check says %q, %v", verdict, err)
	}
}

// Four processes open an empty database at once and make the same secret: one timeline, one secret.
func TestProcessesThatBeginAtOnceAgree(t *testing.T) {
	eachOptions(t, func(t *testing.T, o store.Options) {
		path := t.TempDir() + "/key"
		if err := store.WriteMasterKeyFile(path, store.NewMasterKey()); err != nil {
			t.Fatal(err)
		}
		all := make([]*process, 4)
		for i := range all {
			all[i] = spawn(t, "make", o, "TENWARD_STORE_KEY="+path)
		}
		for _, p := range all {
			if got := p.line(t); got != "ready" {
				t.Fatalf("second process said %q", got)
			}
		}
		for _, p := range all {
			if err := p.in.Close(); err != nil {
				t.Fatal(err)
			}
		}
		kept := all[0].line(t)
		for i, p := range all[1:] {
			if got := p.line(t); got != kept {
				t.Errorf("process %d has %q, process 0 has %q", i+1, got, kept)
			}
		}
		for _, p := range all {
			if err := p.Wait(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestHandlesThatBeginAtOnceMigrateOnce(t *testing.T) {
	eachOptions(t, openAtOnce)
}

// A new SQLite file changes to write-ahead logging when it is first opened, and who meets that is turned away without a
// wait. It takes a few rounds to meet it.
func TestFirstOpensOfASQLiteFileAtOnceAllSucceed(t *testing.T) {
	for range 60 {
		openAtOnce(t, store.Options{Data: t.TempDir()})
	}
}

func openAtOnce(t *testing.T, o store.Options) {
	t.Helper()
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			db, err := store.Open(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
