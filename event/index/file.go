package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// readers is how many queries may read one day at the same time.
const readers = 3

// Caches of one connection. The writer's holds what a batch touches of the indexes; a reader's the upper levels of trees.
const (
	writerCache = 64 << 20
	readerCache = 4 << 20
)

// busyWait is how long a lock is waited for. Within the process nothing holds one for long.
const busyWait = 10 * time.Second

// file is one day that is open. Writing is the caller's to serialize.
type file struct {
	day         Day
	path        string
	write, read *sql.DB
	names       map[string]int64 // what writing has learnt of the table of this name
	routes      map[string]int64 // likewise; nil before it was read

	users int  // how many use it right now
	used  uint // when it was last asked for, in turns of the shelf
}

// errUnusable says that a file is no day's index of this version.
var errUnusable = errors.New("not a day's index of this version")

// openFile opens a day; one that has no file yet only when it is to be begun.
func openFile(ctx context.Context, dir string, d Day, begin bool) (*file, error) {
	f := &file{day: d, path: dayPath(dir, d), names: map[string]int64{}}
	flags := os.O_RDWR
	if begin {
		flags |= os.O_CREATE
	}
	created, err := os.OpenFile(f.path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open day of the index: %w", err)
	}
	if err := errors.Join(created.Chmod(0o600), created.Close()); err != nil {
		return nil, fmt.Errorf("open day of the index: %w", err)
	}
	if f.write, err = f.connect(writerCache, url.Values{"_txlock": {"immediate"}, "_journal_mode": {"WAL"}}); err != nil {
		return nil, err
	}
	f.write.SetMaxOpenConns(1)
	if f.read, err = f.connect(readerCache, url.Values{"_query_only": {"1"}}); err != nil {
		return nil, errors.Join(err, f.write.Close())
	}
	f.read.SetMaxOpenConns(readers)
	f.read.SetMaxIdleConns(readers)
	if err := f.begin(ctx); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

func (f *file) connect(cache int, with url.Values) (*sql.DB, error) {
	with.Set("_busy_timeout", strconv.FormatInt(busyWait.Milliseconds(), 10))
	with.Set("_synchronous", "NORMAL") // what a power cut takes of the newest is read from the record again
	with.Set("_defensive", "1")
	with.Set("_dqs", "0")
	with.Set("_error_rc", "1")
	with["_pragma"] = []string{"trusted_schema(0)", "cache_size(-" + strconv.Itoa(cache>>10) + ")", "journal_size_limit(67108864)"}
	name := url.URL{Scheme: "file", OmitHost: true, Path: f.path, RawQuery: with.Encode()}
	connector, err := driver.NewConnector(name.String())
	if err != nil {
		return nil, fmt.Errorf("prepare day of the index: %w", err)
	}
	return sql.OpenDB(connector), nil
}

// begin checks that the file is a day of this version, and makes it one when it is empty.
func (f *file) begin(ctx context.Context) error {
	var mark, of, tables int
	err := f.read.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)").
		Scan(&mark, &of, &tables)
	switch {
	case err != nil:
		return fmt.Errorf("open day %s of the index: %w", f.day, err)
	case mark == application && of == version:
		return nil
	case mark != 0 || of != 0 || tables != 0:
		return fmt.Errorf("open day %s of the index: %w", f.day, errUnusable)
	}
	err = f.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", application, version))
		return err
	})
	if err != nil {
		return fmt.Errorf("begin day %s of the index: %w", f.day, err)
	}
	return nil
}

// tx runs one transaction of the writer. What was learnt of names is forgotten when it fails.
func (f *file) tx(ctx context.Context, run func(*sql.Tx) error) error {
	tx, err := f.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := run(tx); err != nil {
		f.unlearn()
		return errors.Join(err, undone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		f.unlearn()
		return err
	}
	return nil
}

// unlearn forgets what writing has learnt: it may not stand in the file.
func (f *file) unlearn() {
	clear(f.names)
	f.routes = nil
}

// undone leaves out that a transaction was over already, as it is when its context has ended.
func undone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (f *file) close() error { return errors.Join(f.read.Close(), f.write.Close()) }

// damaged says that an error means that the file is no good, and not that the moment is bad.
func damaged(err error) bool {
	var e *driver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT:
			return true
		}
	}
	return errors.Is(err, errUnusable)
}
