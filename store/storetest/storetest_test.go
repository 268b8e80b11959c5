package storetest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestEachRunsOnBothEnginesWithAFreshDatabase(t *testing.T) {
	onPostgres := map[bool]int{}
	for range 2 {
		storetest.Each(t, func(t *testing.T, db *store.DB) {
			if _, err := db.Exec(t.Context(), "CREATE TABLE test_once (a TEXT)"); err != nil {
				t.Errorf("the database is not fresh: %v", err)
			}
			var version string
			err := db.QueryRow(t.Context(), "SELECT version()").Scan(&version) // PostgreSQL has it, SQLite has not
			onPostgres[err == nil && strings.HasPrefix(version, "PostgreSQL")]++
		})
	}
	if fmt.Sprint(onPostgres) != "map[false:2 true:2]" {
		t.Errorf("runs on PostgreSQL: %v, want two with and two without", onPostgres)
	}
}

// hang is set for the second process that the next test starts and kills.
const hang = "TENWARD_STORETEST_HANG"

func TestTheServerEndsWithATestProcessThatIsKilled(t *testing.T) {
	if os.Getenv(hang) != "" {
		if _, err := fmt.Fprintln(os.Stdout, "\ndsn:"+storetest.Postgres(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until killed
			t.Fatal(err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	second := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	second.Env = append(os.Environ(), hang+"=1")
	stdin, err := second.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := second.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	dsn, found := "", false
	for lines := bufio.NewScanner(stdout); !found && lines.Scan(); {
		dsn, found = strings.CutPrefix(lines.Text(), "dsn:")
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil || !found {
		t.Fatalf("connect to the second process's server %q: %v", dsn, err)
	}
	if err := second.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The server's end is the end of the connection; the deadline is for one that goes on.
	if _, err := conn.WaitForNotification(ctx); ctx.Err() != nil {
		t.Errorf("the server goes on: %v", err)
	}
	_ = stdin.Close()
	if err := second.Wait(); err == nil {
		t.Error("the second process was not killed")
	}
}
