package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	driver "modernc.org/sqlite"
)

// Inspection is what a database says to somebody who changes nothing in it.
type Inspection struct {
	Made    bool   // it is there, and Tenward has begun to use it
	Place   string // where it is; never a password
	Engine  string // SQLite 3.50.1
	Applied int    // migrations that it has
	Pending int    // migrations of this program that it lacks
	KeyID   string // the master key that its secrets are sealed under; empty while it has none

	Latest time.Time // the latest time that stands in it: it was now once
	Clock  time.Time // what its server's clock says; zero where it shares ours
}

// Inspect looks at a database, also beside a Tenward that works on it. It makes no file, takes no lock that others wait
// for, and applies nothing. What it returns as an error is what would keep Open from opening it.
func Inspect(ctx context.Context, o Options) (Inspection, error) {
	db := &DB{wait: o.Wait, now: time.Now}
	if o.Postgres != "" {
		if err := db.openPostgres(o.Postgres); err != nil {
			return Inspection{}, err
		}
	} else if made, err := db.openToRead(o.Data); err != nil || !made {
		return Inspection{Place: db.place}, err
	}
	found, err := db.inspect(ctx)
	return found, errors.Join(db.fault(err), db.Close())
}

// openToRead opens the file if there is one. A log beside it is of a process that works on it, or was killed: the log then
// belongs to what must be read. Without one nothing changes the file, and SQLite is told to make none.
func (db *DB) openToRead(data string) (made bool, err error) {
	folder, err := filepath.Abs(data)
	if err != nil {
		return false, fmt.Errorf("resolve data folder %s: %w", data, err)
	}
	path := filepath.Join(folder, fileName)
	db.dialect, db.place = sqlite, path
	file, err := os.Open(path) //nolint:gosec // the operator's own data folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, unwritable(path).Because(err)
	}
	if err := file.Close(); err != nil {
		return false, fmt.Errorf("close database %s: %w", path, err)
	}
	with := url.Values{"mode": {"ro"}, "_query_only": {"1"}, "_error_rc": {"1"}, "_busy_timeout": {strconv.FormatInt(db.wait.Milliseconds(), 10)}}
	if !isThere(path + "-wal") {
		with.Set("immutable", "1")
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: with.Encode()}
	connector, err := driver.NewConnector(name.String())
	if err != nil {
		return false, fmt.Errorf("prepare database %s: %w", path, err)
	}
	db.write = sql.OpenDB(connector)
	db.read = db.write
	return true, nil
}

func (db *DB) inspect(ctx context.Context) (Inspection, error) {
	found := Inspection{Place: db.place}
	version, table := "SELECT 'SQLite ' || sqlite_version()", "SELECT COUNT(*) FROM sqlite_master WHERE name = 'store_migration'"
	if db.dialect == postgres {
		version = "SELECT 'PostgreSQL ' || current_setting('server_version')"
		table = "SELECT COUNT(*) FROM (SELECT to_regclass('store_migration') AS name) AS one WHERE name IS NOT NULL"
	}
	var tables int
	if err := db.QueryRow(ctx, version).Scan(&found.Engine); err != nil {
		return found, fmt.Errorf("ask the database for its version: %w", err)
	}
	if err := db.QueryRow(ctx, table).Scan(&tables); err != nil {
		return found, fmt.Errorf("look for store_migration: %w", err)
	}
	if db.dialect == postgres {
		var micros int64
		if err := db.QueryRow(ctx, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT").Scan(&micros); err != nil {
			return found, fmt.Errorf("ask the database for the time: %w", err)
		}
		found.Clock = time.UnixMicro(micros)
	}
	timeline, err := readTimeline(embedded)
	if err != nil || tables == 0 {
		found.Pending = len(timeline)
		return found, err
	}
	found.Made = true
	var applied []migration
	err = db.tx(ctx, sql.LevelReadCommitted, func(tx *Tx) (err error) {
		applied, err = readApplied(ctx, tx)
		return err
	})
	if err != nil {
		return found, err
	}
	found.Applied = len(applied)
	rest, err := db.plan(timeline, applied)
	if err != nil {
		return found, err
	}
	found.Pending = len(rest)
	return found, db.lastWritten(ctx, &found)
}

// lastWritten reads what the store's own tables say of times and keys: secrets are made every day.
func (db *DB) lastWritten(ctx context.Context, found *Inspection) error {
	var migrated int64
	if err := db.QueryRow(ctx, "SELECT COALESCE(MAX(applied_at), 0) FROM store_migration").Scan(&migrated); err != nil {
		return fmt.Errorf("read when migrations were applied: %w", err)
	}
	var sealed int64
	err := db.QueryRow(ctx, "SELECT key_id, updated_at FROM store_secret ORDER BY updated_at DESC LIMIT 1").Scan(&found.KeyID, &sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read when secrets were sealed: %w", err)
	}
	if latest := max(migrated, sealed); latest > 0 {
		found.Latest = time.UnixMicro(latest)
	}
	return nil
}

// Fits says whether the master key opens the secrets of the database; the error is for people.
func (i *Inspection) Fits(master MasterKey) error {
	if i.KeyID == "" || i.KeyID == master.ID() {
		return nil
	}
	return wrongKey(i.Place, i.KeyID, master.ID())
}
