package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tenward/tenward/problem"
)

// migrationTable remembers what was applied. It is the only table that no migration makes.
const migrationTable = `CREATE TABLE IF NOT EXISTS store_migration (
    version    BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    checksum   TEXT   NOT NULL,
    applied_at BIGINT NOT NULL
)`

// migrationLock is the PostgreSQL advisory lock that lets one node migrate at a time: "TENWARD" in ASCII.
const migrationLock = 0x54454e57415244

// migrate applies what the database lacks of the timeline, each migration in a transaction of its own with its row in
// store_migration. Whoever comes second waits for the lock, looks again, and finds nothing left to do.
func (db *DB) migrate(ctx context.Context, timeline []migration) error {
	for {
		var rest int
		// Read committed: what is read after the wait for the lock must be what the one before has left.
		err := db.tx(ctx, sql.LevelReadCommitted, func(tx *Tx) (err error) {
			rest, err = db.step(ctx, tx, timeline)
			return err
		})
		if err != nil || rest == 0 {
			return err
		}
	}
}

// step applies the next migration and returns how many remained before it.
func (db *DB) step(ctx context.Context, tx *Tx, timeline []migration) (int, error) {
	if db.dialect == postgres { // SQLite's transaction holds the one write lock already
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return 0, fmt.Errorf("lock migrations: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, migrationTable); err != nil {
		return 0, fmt.Errorf("make store_migration: %w", err)
	}
	applied, err := readApplied(ctx, tx)
	if err != nil {
		return 0, err
	}
	rest, err := db.plan(timeline, applied)
	if err != nil || len(rest) == 0 {
		return 0, err
	}
	next := rest[0]
	if _, err := tx.Exec(ctx, next.sql); err != nil {
		return 0, fmt.Errorf("apply migration %s: %w", next.name, err)
	}
	if _, err := tx.Exec(ctx, "INSERT INTO store_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
		next.version, next.name, next.checksum, db.now().UnixMicro()); err != nil {
		return 0, fmt.Errorf("record migration %s: %w", next.name, err)
	}
	return len(rest), nil
}

// plan returns the migrations still to apply, or the problem that forbids it: what was applied must be the beginning of
// the timeline, byte for byte.
func (db *DB) plan(timeline, applied []migration) ([]migration, error) {
	for i, was := range applied {
		if i >= len(timeline) {
			return nil, problem.New("store.database.newer",
				fmt.Sprintf("A newer Tenward has changed the database %s (migration %s; this one knows %d).",
					db.place, was.name, len(timeline)),
				"Start the newer Tenward, or restore the backup that was made before the update.")
		}
		if is := timeline[i]; was.version != is.version || was.name != is.name || was.checksum != is.checksum {
			return nil, problem.New("store.migration.altered",
				fmt.Sprintf("Migration %s was applied to the database %s with other content than this Tenward has for %s.",
					was.name, db.place, is.name),
				"Start the Tenward that made the database, or restore a backup made by this one.")
		}
	}
	return timeline[len(applied):], nil
}

func readApplied(ctx context.Context, tx *Tx) ([]migration, error) {
	rows, err := tx.Query(ctx, "SELECT version, name, checksum FROM store_migration ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("read store_migration: %w", err)
	}
	return All(rows, func(rows *sql.Rows, m *migration) error {
		return rows.Scan(&m.version, &m.name, &m.checksum)
	})
}
