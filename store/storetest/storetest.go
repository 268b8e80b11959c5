// Package storetest runs one test on both engines: on a SQLite file and on a PostgreSQL server.
//
// The server is Debian's, started once for each test binary in a temporary folder, reached over a socket that only this
// user and root can open. It needs the package postgresql; where that is missing the test fails and says so.
package storetest

import (
	"testing"

	"github.com/tenward/tenward/store"
)

// Each runs the test on a fresh, migrated database of each engine.
func Each(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachOptions(t, func(t *testing.T, o store.Options) { test(t, Open(t, o)) })
}

// EachOptions runs the test with the place of a fresh, empty database of each engine, for tests that open it themselves
// or more than once.
func EachOptions(t *testing.T, test func(t *testing.T, o store.Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, store.Options{Data: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { test(t, store.Options{Postgres: Postgres(t)}) })
}

// Memory returns a fresh, migrated SQLite database in memory: the quickest one, for tests that are not about the store.
func Memory(tb testing.TB) *store.DB {
	tb.Helper()
	return Open(tb, store.Options{Memory: true})
}

// Open opens the database and closes it when the test ends.
func Open(tb testing.TB, o store.Options) *store.DB {
	tb.Helper()
	db, err := store.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close the database: %v", err)
		}
	})
	return db
}
