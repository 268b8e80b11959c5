package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestMarkersMeanTheSameOnBothEngines(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, "CREATE TABLE test_pair (a TEXT, b BIGINT, c BYTEA, d TEXT)")
		exec(t, db, "INSERT INTO test_pair (b, a, d, c) VALUES ($2, $1, $1, $3)", "text", int64(math.MaxInt64), []byte{0, 255})
		var a, d string
		var b int64
		var c []byte
		if err := db.QueryRow(t.Context(), "SELECT a, b, c, d FROM test_pair WHERE b = $2 AND a = $1", "text", int64(math.MaxInt64)).
			Scan(&a, &b, &c, &d); err != nil {
			t.Fatal(err)
		}
		if a != "text" || b != math.MaxInt64 || string(c) != "\x00\xff" || d != "text" {
			t.Errorf("got %q %d %x %q", a, b, c, d)
		}
	})
}

// What one engine would let pass, the other refuses: a query that works on one works on both.
func TestMistakesInSQLAreErrorsOnBothEngines(t *testing.T) {
	cases := []struct{ name, statement string }{
		{"a column that is not there", `UPDATE event_cursor SET updated_at = 1 WHERE "nonsense" = 'nonsense'`},
		{"a row that refers to nothing", "INSERT INTO test_child (parent) VALUES ('nobody')"},
		{"a value that a check forbids", "INSERT INTO event_cursor (reader, position, updated_at) VALUES ('a', -1, 1)"},
		{"a null where there must be none", "INSERT INTO event_cursor (reader, position, updated_at) VALUES (NULL, 1, 1)"},
		{"a table of the engine's own", "UPDATE sqlite_schema SET sql = ''"},
	}
	each(t, func(t *testing.T, db *store.DB) {
		exec(t, db, "CREATE TABLE test_parent (id TEXT NOT NULL PRIMARY KEY)")
		exec(t, db, "CREATE TABLE test_child (parent TEXT NOT NULL REFERENCES test_parent (id))")
		for _, c := range cases {
			if _, err := db.Exec(t.Context(), c.statement); err == nil {
				t.Errorf("%s: no error", c.name)
			}
		}
	})
}

func TestSQLiteDoesNotWriteOutsideOfExecAndTx(t *testing.T) {
	db := storetest.Open(t, store.Options{Data: t.TempDir()})
	var reader string
	err := db.QueryRow(t.Context(), "INSERT INTO event_cursor (reader, position, updated_at) VALUES ('a', 1, 1) RETURNING reader").Scan(&reader)
	if err == nil {
		t.Error("a query has written")
	}
}

func TestAnEmptyRowIsTold(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		var s string
		err := db.QueryRow(t.Context(), "SELECT reader FROM event_cursor WHERE reader = $1", "nobody").Scan(&s)
		if !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("got %v, want sql.ErrNoRows", err)
		}
	})
}

func TestATransactionHappensWholeOrNotAtAll(t *testing.T) {
	boom := errors.New("boom")
	insert := func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO event_cursor (reader, position, updated_at) VALUES ($1, 1, 1)", "a")
		return err
	}
	cases := []struct {
		name string
		do   func(ctx context.Context, db *store.DB) error
		want error
		rows int
	}{
		{"that returns nil is kept", func(ctx context.Context, db *store.DB) error {
			return db.Tx(ctx, func(tx *store.Tx) error { return insert(ctx, tx) })
		}, nil, 1},
		{"that returns an error is undone", func(ctx context.Context, db *store.DB) error {
			return db.Tx(ctx, func(tx *store.Tx) error { return errors.Join(insert(ctx, tx), boom) })
		}, boom, 0},
		{"that panics is undone", func(ctx context.Context, db *store.DB) (err error) {
			defer func() { err, _ = recover().(error) }()
			return db.Tx(ctx, func(tx *store.Tx) error { panic(errors.Join(insert(ctx, tx), boom)) })
		}, boom, 0},
		{"whose context ends is undone", func(ctx context.Context, db *store.DB) error {
			ctx, cancel := context.WithCancel(ctx)
			return db.Tx(ctx, func(tx *store.Tx) error { defer cancel(); return insert(ctx, tx) })
		}, context.Canceled, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, db *store.DB) {
				if err := c.do(t.Context(), db); !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
				if n := count(t, db, "SELECT count(*) FROM event_cursor"); n != c.rows {
					t.Errorf("%d rows, want %d", n, c.rows)
				}
			})
		})
	}
}

// Each transaction reads a number and writes the next: on an engine that let them overlap, some would be lost.
func TestTransactionsThatMeetAllCount(t *testing.T) {
	const goroutines, rounds = 4, 10
	eachOptions(t, func(t *testing.T, o store.Options) {
		o.Wait = time.Minute
		one, two := storetest.Open(t, o), storetest.Open(t, o)
		ctx := t.Context()
		if err := one.SetCursor(ctx, "sum", 0); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for i := range goroutines {
			db := []*store.DB{one, two}[i%2]
			group.Go(func() {
				for range rounds {
					if err := db.Tx(ctx, func(tx *store.Tx) error { return increment(ctx, tx) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if n, _, err := one.Cursor(ctx, "sum"); n != goroutines*rounds || err != nil {
			t.Errorf("sum = %d, %v, want %d", n, err, goroutines*rounds)
		}
	})
}

func increment(ctx context.Context, tx *store.Tx) error {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT position FROM event_cursor WHERE reader = $1", "sum").Scan(&n); err != nil {
		return fmt.Errorf("read sum: %w", err)
	}
	if _, err := tx.Exec(ctx, "UPDATE event_cursor SET position = $1 WHERE reader = $2", n+1, "sum"); err != nil {
		return fmt.Errorf("write sum: %w", err)
	}
	return nil
}

func TestReadersSeeTheStateBeforeAnOpenTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO event_cursor (reader, position, updated_at) VALUES ($1, 1, 1)", "a"); err != nil {
				return err
			}
			if n := count(t, db, "SELECT count(*) FROM event_cursor"); n != 0 {
				t.Errorf("%d rows seen from outside, want 0", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM event_cursor"); n != 1 {
			t.Errorf("%d rows after the commit, want 1", n)
		}
	})
}

func TestAllReadsRowsInOrderAndStopsAtTheFirstError(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for i, reader := range []string{"c", "a", "b"} {
			if err := db.SetCursor(ctx, reader, uint64(i)); err != nil {
				t.Fatal(err)
			}
		}
		read := func(scan func(*sql.Rows, *string) error) ([]string, error) {
			rows, err := db.Query(ctx, "SELECT reader FROM event_cursor ORDER BY position")
			if err != nil {
				t.Fatal(err)
			}
			return store.All(rows, scan)
		}
		got, err := read(func(rows *sql.Rows, s *string) error { return rows.Scan(s) })
		if err != nil || fmt.Sprint(got) != "[c a b]" {
			t.Errorf("got %v, %v", got, err)
		}
		boom := errors.New("boom")
		if got, err := read(func(*sql.Rows, *string) error { return boom }); !errors.Is(err, boom) || got != nil {
			t.Errorf("got %v, %v, want boom", got, err)
		}
	})
}

func TestCursors(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		if next, known, err := db.Cursor(ctx, "firewall"); next != 0 || known || err != nil {
			t.Errorf("a reader never seen has cursor %d, %v, %v", next, known, err)
		}
		for _, next := range []uint64{0, 41, math.MaxInt64, 3} { // back to 3: a replay
			if err := db.SetCursor(ctx, "firewall", next); err != nil {
				t.Fatal(err)
			}
			if got, known, err := db.Cursor(ctx, "firewall"); got != next || !known || err != nil {
				t.Errorf("cursor = %d, %v, %v, want %d", got, known, err, next)
			}
		}
		if err := db.SetCursor(ctx, "firewall", math.MaxInt64+1); err == nil {
			t.Error("a position beyond BIGINT was taken")
		}
		if err := db.SetCursor(ctx, "", 1); err == nil {
			t.Error("a reader without a name was taken")
		}
		if next, known, err := db.Cursor(ctx, "monitoring"); next != 0 || known || err != nil {
			t.Errorf("another reader has cursor %d, %v, %v", next, known, err)
		}
	})
}
