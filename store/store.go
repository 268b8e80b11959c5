// Package store keeps what Tenward must remember besides the record: one database handle, two dialects, one timeline of
// migrations, and secrets sealed at rest.
//
// One machine keeps a SQLite file in its data folder and needs nothing installed; several share a PostgreSQL. Every
// practice writes its own queries once, in the subset that both understand: $1 markers, TEXT, BIGINT and BYTEA columns,
// ON CONFLICT, ids that are UUIDv7 text made in Go, times that are microseconds since 1970 in UTC (time.Time.UnixMicro).
// Transactions are serializable on both, so that a query is thought through once.
//
// Sources: SQLite "Write-Ahead Logging" (sqlite.org/wal.html) and PRAGMA synchronous; PostgreSQL manual, chapters 13.2.3
// (Serializable) and 13.3.5 (Advisory Locks); NIST SP 800-38D (AES-GCM) and RFC 5869 (HKDF) for the secrets.
package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// defaultWait is how long a lock that somebody else holds is waited for: longer than any transaction of Tenward's lasts,
// shorter than a person or a proxy in front waits for an answer (30 s and more).
const defaultWait = 10 * time.Second

// Options say where the database is. Postgres wins over Data; Memory stands alone.
type Options struct {
	Data     string           // folder of tenward.db; made with mode 0700 when missing
	Postgres string           // connection string (URL or keywords) of a PostgreSQL database
	Memory   bool             // a SQLite database in memory that ends with Close, for tests
	Wait     time.Duration    // how long to wait for a lock that somebody else holds; zero is 10 s
	Now      func() time.Time // clock for the times in rows; nil is time.Now

	// Before is called before a database that is in use is changed by migrations; with an error it stays as it is.
	Before func(context.Context, *DB, Update) error
}

// Update is the migrations that are about to be applied, by how many there are.
type Update struct {
	From, To int
}

// DB is the one handle on the database. It is safe for use by several goroutines.
type DB struct {
	write   *sql.DB // SQLite: one connection, because SQLite has one writer; PostgreSQL: the pool
	read    *sql.DB // SQLite: several connections that cannot write; otherwise the same as write
	dialect dialect
	place   string // where it is, for messages to people; never a password
	wait    time.Duration
	now     func() time.Time
	before  func(context.Context, *DB, Update) error
}

// dialect tells the two engines apart where SQL cannot be shared.
type dialect int

const (
	sqlite dialect = iota + 1
	postgres
)

// Open connects to the database, makes it where it is missing and brings it up to this binary's migrations. It returns a
// problem.Problem when the database cannot be used, also when a newer Tenward has changed it.
func Open(ctx context.Context, o Options) (*DB, error) {
	db, err := connectTo(o)
	if err != nil {
		return nil, err
	}
	timeline, err := readTimeline(embedded)
	if err == nil {
		err = db.prepare(ctx)
	}
	if err == nil {
		err = db.migrate(ctx, timeline)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// connectTo prepares the handle; nothing was asked of the database yet.
func connectTo(o Options) (*DB, error) {
	db := &DB{wait: o.Wait, now: o.Now, before: o.Before}
	if db.wait == 0 {
		db.wait = defaultWait
	}
	if db.now == nil {
		db.now = time.Now
	}
	var err error
	switch {
	case o.Memory:
		err = db.openMemory()
	case o.Postgres != "":
		err = db.openPostgres(o.Postgres)
	case o.Data != "":
		err = db.openSQLite(o.Data)
	default:
		err = errors.New("open database: neither a folder nor a connection string given")
	}
	return db, err
}

// prepare proves that the database answers, and that it keeps what it is given.
func (db *DB) prepare(ctx context.Context) error {
	// Where several processes begin at once, SQLite's change to write-ahead logging does not wait for its turn by itself.
	if err := retry(ctx, db.wait, passing, func() error { return db.Ping(ctx) }); err != nil {
		return err
	}
	if db.dialect == sqlite {
		return db.checkSettings(ctx)
	}
	return nil
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	return db.fault(db.write.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Exec runs one statement that changes something, in a transaction of its own.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	result, err := db.write.ExecContext(ctx, query, args...)
	return result, db.fault(err)
}

// Query reads rows. On SQLite it cannot write, RETURNING included: that belongs into Tx.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	return rows, db.fault(err)
}

// QueryRow reads one row; Scan gives sql.ErrNoRows when there is none.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, query, args...)
}

// Close ends all connections. Transactions under way are rolled back.
func (db *DB) Close() error {
	if db.read == db.write {
		return db.write.Close()
	}
	// The writer goes last: the last connection out folds the write-ahead log into the file.
	return errors.Join(db.read.Close(), db.write.Close())
}
