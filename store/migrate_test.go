package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var update = flag.Bool("update", false, "rewrite golden files")

// timeline is the embedded one with more migrations behind it.
func timeline(t *testing.T, more map[string]string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for name, text := range embedded(t) {
		files["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	for name, text := range more {
		files["migrations/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func embedded(t *testing.T) map[string]string {
	t.Helper()
	entries, err := fs.ReadDir(store.Migrations(), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := fs.ReadFile(store.Migrations(), "migrations/"+e.Name())
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

func TestAFreshDatabaseGetsEveryMigration(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		if got, want := count(t, db, "SELECT count(*) FROM store_migration"), len(embedded(t)); got != want {
			t.Errorf("%d migrations recorded, want %d", got, want)
		}
		for _, table := range []string{"store_secret", "event_cursor"} {
			if n := count(t, db, "SELECT count(*) FROM "+table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
	})
}

func TestOpeningTwiceMigratesOnceAndKeepsTheRows(t *testing.T) {
	eachOptions(t, func(t *testing.T, o store.Options) {
		if err := storetest.Open(t, o).SetCursor(t.Context(), "firewall", 7); err != nil {
			t.Fatal(err)
		}
		again := storetest.Open(t, o)
		if n := count(t, again, "SELECT count(*) FROM store_migration"); n != len(embedded(t)) {
			t.Errorf("%d migrations recorded, want %d", n, len(embedded(t)))
		}
		if next, known, err := again.Cursor(t.Context(), "firewall"); next != 7 || !known || err != nil {
			t.Errorf("cursor = %d, %v, %v", next, known, err)
		}
	})
}

func TestALaterMigrationIsAppliedToAnOlderDatabase(t *testing.T) {
	more := map[string]string{
		fmt.Sprintf("%04d_test_note.sql", len(embedded(t))+1): "CREATE TABLE test_note (id TEXT PRIMARY KEY);\nINSERT INTO test_note VALUES ('one; two');\n",
		fmt.Sprintf("%04d_test_size.sql", len(embedded(t))+2): "ALTER TABLE test_note ADD COLUMN size BIGINT NOT NULL DEFAULT 0;",
	}
	eachOptions(t, func(t *testing.T, o store.Options) {
		db, err := store.OpenWith(t.Context(), o, timeline(t, more))
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM test_note WHERE id = 'one; two' AND size = 0"); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}

		_, err = store.Open(t.Context(), o)
		wantProblem(t, err, "store.database.newer", fmt.Sprintf("%04d_test_note.sql", len(embedded(t))+1))
	})
}

// Three migrations of which the third fails: none of them happened, and what stood in the tables stands there.
func TestAMigrationThatFailsLeavesTheDatabaseAsItWas(t *testing.T) {
	n := len(embedded(t))
	last := fmt.Sprintf("%04d_test_broken.sql", n+3)
	broken := map[string]string{
		fmt.Sprintf("%04d_test_note.sql", n+1):  "CREATE TABLE test_note (id TEXT PRIMARY KEY);\nINSERT INTO test_note VALUES ('one');",
		fmt.Sprintf("%04d_test_event.sql", n+2): "ALTER TABLE event_cursor ADD COLUMN size BIGINT NOT NULL DEFAULT 0;\nDELETE FROM event_cursor;",
		last:                                    "CREATE TABLE test_more (id TEXT PRIMARY KEY);\nINSERT INTO test_missing VALUES (1);",
	}
	eachOptions(t, func(t *testing.T, o store.Options) {
		if err := storetest.Open(t, o).SetCursor(t.Context(), "firewall", 7); err != nil {
			t.Fatal(err)
		}
		_, err := store.OpenWith(t.Context(), o, timeline(t, broken))
		wantProblem(t, err, "store.migration.failed", last, "as it was before")
		db := storetest.Open(t, o)
		for _, query := range []string{"SELECT * FROM test_note", "SELECT * FROM test_more", "SELECT size FROM event_cursor"} {
			if _, err := db.Exec(t.Context(), query); err == nil {
				t.Errorf("%s: it is there", query)
			}
		}
		if got := count(t, db, "SELECT count(*) FROM store_migration"); got != n {
			t.Errorf("%d migrations are remembered, want %d", got, n)
		}
		if next, known, err := db.Cursor(t.Context(), "firewall"); next != 7 || !known || err != nil {
			t.Errorf("cursor = %d, %v, %v", next, known, err)
		}
	})
}

func TestBeforeADatabaseInUseIsChangedSomebodyIsAsked(t *testing.T) {
	n := len(embedded(t))
	more := map[string]string{
		fmt.Sprintf("%04d_test_note.sql", n+1): "CREATE TABLE test_note (id TEXT PRIMARY KEY);",
		fmt.Sprintf("%04d_test_size.sql", n+2): "ALTER TABLE test_note ADD COLUMN size BIGINT NOT NULL DEFAULT 0;",
	}
	eachOptions(t, func(t *testing.T, o store.Options) {
		var asked []store.Update
		var answer error
		o.Before = func(ctx context.Context, db *store.DB, u store.Update) error {
			asked = append(asked, u)
			var got int
			if err := db.QueryRow(ctx, "SELECT count(*) FROM store_migration").Scan(&got); err != nil || got != n {
				t.Errorf("it was asked when %d migrations had been applied, %v", got, err)
			}
			return answer
		}
		storetest.Open(t, o)
		storetest.Open(t, o)
		if len(asked) != 0 {
			t.Fatalf("asked for a new database, or where nothing is to be done: %v", asked)
		}
		answer = errors.New("no room")
		if _, err := store.OpenWith(t.Context(), o, timeline(t, more)); !errors.Is(err, answer) {
			t.Fatalf("it says %v", err)
		}
		answer = nil
		db, err := store.OpenWith(t.Context(), o, timeline(t, more))
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, db, "SELECT count(*) FROM store_migration"); got != n+2 {
			t.Errorf("%d migrations, want %d", got, n+2)
		}
		if want := (store.Update{From: n, To: n + 2}); len(asked) != 2 || asked[0] != want || asked[1] != want {
			t.Errorf("asked %v, want twice %v", asked, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnAlteredMigrationIsRefused(t *testing.T) {
	last := ""
	for name := range embedded(t) {
		last = max(last, name)
	}
	cases := []struct{ name, statement string }{
		{"content changed", "UPDATE store_migration SET checksum = 'x' WHERE name = $1"},
		{"name changed", "UPDATE store_migration SET name = 'x' WHERE name = $1"},
		{"number changed", "UPDATE store_migration SET version = version + 90 WHERE name = $1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			eachOptions(t, func(t *testing.T, o store.Options) {
				exec(t, storetest.Open(t, o), c.statement, last)
				_, err := store.Open(t.Context(), o)
				wantProblem(t, err, "store.migration.altered")
			})
		})
	}
}

func TestATimelineWithAGapOrAStrangeNameIsRefused(t *testing.T) {
	for _, name := range []string{"9999_test_gap.sql", "0003_test.sql", "3_test_short.sql", "0003_Test_upper.sql", "0003_test_note.txt"} {
		if _, err := store.OpenWith(t.Context(), store.Options{Memory: true}, timeline(t, map[string]string{name: ""})); err == nil ||
			!strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want an error that names it", name, err)
		}
	}
}

// Grep one word, see one practice: a migration makes tables of the owner in its own name only.
func TestEveryTableBelongsToTheOwnerOfItsMigration(t *testing.T) {
	create := regexp.MustCompile(`(?i)CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	for name, text := range embedded(t) {
		owner := strings.Split(name, "_")[1] + "_"
		for _, match := range create.FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(match[1], owner) {
				t.Errorf("%s makes %s: want a name that begins with %s", name, match[1], owner)
			}
		}
	}
}

// A migration that was released never changes, because databases remember its checksum. New lines are added with
// -update; a changed line is a mistake to undo.
func TestReleasedMigrationsStayAsTheyAre(t *testing.T) {
	const golden = "testdata/timeline.golden"
	files := embedded(t)
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&got, "%x  %s\n", sha256.Sum256([]byte(files[name])), name)
	}
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("migrations are\n%swant\n%s", got.String(), want)
	}
}
