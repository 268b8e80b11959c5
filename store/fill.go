package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tenward/tenward/problem"
)

// Applied is one migration that a database has gone through.
type Applied struct {
	Version  int64  `json:"version"`
	Name     string `json:"name"`
	Checksum string `json:"sha256"`
	At       int64  `json:"at"` // microseconds since 1970 UTC
}

// Applied are the migrations that the database has gone through.
func (db *DB) Applied(ctx context.Context, tx *Tx) ([]Applied, error) {
	rows, err := tx.Query(ctx, "SELECT version, name, checksum, applied_at FROM store_migration ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("read store_migration: %w", err)
	}
	return All(rows, func(rows *sql.Rows, a *Applied) error { return rows.Scan(&a.Version, &a.Name, &a.Checksum, &a.At) })
}

// Suits says whether this program can make a database that has gone through these: they must be the beginning of its own
// timeline, byte for byte. what names the thing that they come from, for people.
func Suits(what string, applied []Applied) error {
	timeline, err := readTimeline(embedded)
	if err != nil {
		return err
	}
	for i, was := range applied {
		if i >= len(timeline) {
			return problem.New("store.backup.newer",
				fmt.Sprintf("A newer Tenward has made %s: its database knows %d changes, this one %d.", what, len(applied), len(timeline)),
				"Restore it with the Tenward that made it, or a newer one.")
		}
		if is := timeline[i]; was.Version != is.version || was.Name != is.name || was.Checksum != is.checksum {
			return problem.New("store.backup.altered",
				fmt.Sprintf("The database in %s has gone through another change %s than this Tenward knows.", what, was.Name),
				"Restore it with the Tenward that made it.")
		}
	}
	return nil
}

// Vacant refuses a database that has anything in it already.
func Vacant(ctx context.Context, o Options) (err error) {
	if o.Postgres == "" {
		for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm"} {
			path := filepath.Join(o.Data, name)
			if _, err := os.Lstat(path); err == nil {
				return problem.New("store.database.occupied", fmt.Sprintf("There is a database already: %s.", path),
					"Move it away, with "+fileName+"-wal and "+fileName+"-shm beside it, or name another data folder.")
			} else if !errors.Is(err, fs.ErrNotExist) {
				return unwritable(path).Because(err)
			}
		}
		return nil
	}
	db, err := connectTo(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(ctx, func(tx *Tx) error { return db.vacant(ctx, tx) })
}

func (db *DB) vacant(ctx context.Context, tx *Tx) error {
	tables, err := db.tableNames(ctx, tx)
	if err == nil && len(tables) > 0 {
		return problem.New("store.database.occupied", fmt.Sprintf("The database %s is not empty: it has %d tables.", db.place, len(tables)),
			"Make a new one with `createdb`, and name it in the connection string.")
	}
	return err
}

// Fill makes an empty database one that has gone through these migrations, and has fill fill its tables: all in one
// transaction, which is not tried again. What the migrations themselves put into tables is taken out before.
func Fill(ctx context.Context, o Options, applied []Applied, fill func(*Tx, []Table) error) (err error) {
	if err := Suits("the backup", applied); err != nil {
		return err
	}
	timeline, err := readTimeline(embedded)
	if err != nil {
		return err
	}
	db, err := connectTo(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.prepare(ctx); err != nil {
		return err
	}
	return db.fault(db.once(ctx, sql.LevelReadCommitted, func(tx *Tx) error {
		if err := db.vacant(ctx, tx); err != nil {
			return err
		}
		if err := db.lockMigrations(ctx, tx); err != nil {
			return err
		}
		if err := db.apply(ctx, tx, timeline[:len(applied)]); err != nil {
			return err
		}
		for _, a := range applied {
			if _, err := tx.Exec(ctx, "UPDATE store_migration SET applied_at = $2 WHERE version = $1", a.Version, a.At); err != nil {
				return fmt.Errorf("record migration %s: %w", a.Name, err)
			}
		}
		tables, err := db.Tables(ctx, tx)
		if err != nil {
			return err
		}
		for i := range tables {
			if _, err := tx.Exec(ctx, "DELETE FROM "+tables[len(tables)-1-i].Name); err != nil {
				return fmt.Errorf("empty table: %w", err)
			}
		}
		return fill(tx, tables)
	}))
}

// Remove takes a SQLite database out of the folder, for who has filled one only in part.
func Remove(data string) error {
	var errs []error
	for _, name := range []string{fileName, fileName + "-wal", fileName + "-shm"} {
		if err := os.Remove(filepath.Join(data, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
