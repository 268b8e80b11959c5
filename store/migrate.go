package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

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

// migrate applies what the database lacks of the timeline, all of it in one transaction: a migration that fails leaves
// the database as it was, also when others went well before it. Whoever comes second waits for the lock, looks again,
// and finds nothing left to do.
func (db *DB) migrate(ctx context.Context, timeline []migration) error {
	u, err := db.pending(ctx, timeline)
	if err != nil {
		return err
	}
	if u.From > 0 && u.From < u.To && db.before != nil {
		if err := db.before(ctx, db, u); err != nil {
			return err
		}
	}
	// Also where nothing is to be done: a database that cannot be written is found now, and not by the first who needs it.
	// Read committed: what is read after the wait for the lock must be what the one before has left.
	return db.tx(ctx, sql.LevelReadCommitted, func(tx *Tx) error {
		if err := db.lockMigrations(ctx, tx); err != nil {
			return err
		}
		applied, err := readApplied(ctx, tx)
		if err != nil {
			return err
		}
		rest, err := db.plan(timeline, applied)
		if err != nil {
			return err
		}
		return db.apply(ctx, tx, rest)
	})
}

// pending looks at what is to be done, and changes nothing.
func (db *DB) pending(ctx context.Context, timeline []migration) (u Update, err error) {
	err = db.fault(db.view(ctx, func(tx *Tx) error {
		tables, err := db.tableNames(ctx, tx)
		if err != nil {
			return err
		}
		var applied []migration
		if slices.Contains(tables, "store_migration") {
			if applied, err = readApplied(ctx, tx); err != nil {
				return err
			}
		}
		rest, err := db.plan(timeline, applied)
		u = Update{From: len(applied), To: len(applied) + len(rest)}
		return err
	}))
	return u, err
}

// lockMigrations lets one process at a time go on, and makes the table that remembers them.
func (db *DB) lockMigrations(ctx context.Context, tx *Tx) error {
	if db.dialect == postgres { // SQLite's transaction holds the one write lock already
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return fmt.Errorf("lock migrations: %w", err)
		}
	}
	if _, err := tx.Exec(ctx, migrationTable); err != nil {
		return fmt.Errorf("make store_migration: %w", err)
	}
	return nil
}

func (db *DB) apply(ctx context.Context, tx *Tx, rest []migration) error {
	for _, next := range rest {
		if _, err := tx.Exec(ctx, next.sql); err != nil {
			return problem.New("store.migration.failed",
				fmt.Sprintf("The change %s of the database %s failed; the database is as it was before.", next.name, db.place),
				"Start the Tenward that ran until now, and report this.").Because(fmt.Errorf("apply migration %s: %w", next.name, err))
		}
		if _, err := tx.Exec(ctx, "INSERT INTO store_migration (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
			next.version, next.name, next.checksum, db.now().UnixMicro()); err != nil {
			return fmt.Errorf("record migration %s: %w", next.name, err)
		}
	}
	return nil
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
