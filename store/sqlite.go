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

	"github.com/tenward/tenward/problem"
	driver "modernc.org/sqlite"
)

// fileName is the database's name in the data folder; SQLite adds -wal and -shm for its log and its index.
const fileName = "tenward.db"

// readers is how many queries read at the same time. They wait for the disk more than for a processor.
const readers = 8

func (db *DB) openSQLite(data string) error {
	folder, err := filepath.Abs(data)
	if err != nil {
		return fmt.Errorf("resolve data folder %s: %w", data, err)
	}
	path := filepath.Join(folder, fileName)
	if err := claim(path); err != nil {
		return err
	}
	db.dialect, db.place = sqlite, path
	if db.write, err = connect(path, db.wait, url.Values{
		"_txlock":       {"immediate"}, // take the one write lock at the beginning: no deadlock when reading turns into writing
		"_journal_mode": {"WAL"},       // readers do not wait for the writer
	}); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = connect(path, db.wait, url.Values{"_query_only": {"1"}}); err != nil {
		return errors.Join(err, db.write.Close())
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

// openMemory uses one connection for everything: a second one would see a database of its own.
func (db *DB) openMemory() error {
	pool, err := connect(":memory:", db.wait, url.Values{"_txlock": {"immediate"}})
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	db.dialect, db.place, db.write, db.read = sqlite, "memory", pool, pool
	return nil
}

// connect prepares a pool of connections to a SQLite file; it opens none yet.
func connect(path string, wait time.Duration, with url.Values) (*sql.DB, error) {
	with.Set("_busy_timeout", strconv.FormatInt(wait.Milliseconds(), 10))
	with.Set("_foreign_keys", "1")
	with.Set("_synchronous", "FULL") // a commit that was answered survives a power cut; NORMAL in WAL mode does not promise it
	with.Set("_defensive", "1")      // no statement may corrupt the file, even one that was smuggled in
	with.Set("_dqs", "0")            // "x" is a column and never silently a string
	with.Set("_error_rc", "1")       // errors name their own cause, not the connection's last one
	with.Set("_pragma", "trusted_schema(0)")
	name := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: with.Encode()}
	if path == ":memory:" {
		name = url.URL{Scheme: "file", Opaque: path, RawQuery: with.Encode()}
	}
	connector, err := driver.NewConnector(name.String())
	if err != nil {
		return nil, fmt.Errorf("prepare database %s: %w", path, err)
	}
	return sql.OpenDB(connector), nil
}

// claim makes the folder and the file where they are missing and keeps other users of the machine out of both file and
// logs: SQLite gives -wal and -shm the mode of the file.
func claim(path string) error {
	if err := makeFolder(filepath.Dir(path)); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return problem.New("store.database.foreign", path+" is not a file.",
			"Move it away, or point data: at another folder.")
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator's own data folder
	if err != nil {
		return unwritable(path).Because(err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("close database %s: %w", path, err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			err = os.Chmod(name, 0o600)
		}
		if err != nil {
			return unwritable(name).Because(err)
		}
	}
	return nil
}

// makeFolder makes the data folder for its owner alone; one that exists is the operator's business.
func makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return problem.New("store.folder.unwritable", fmt.Sprintf("The data folder %s cannot be made.", folder),
			"Point data: at a folder that Tenward may write to.").Because(err)
	}
	return nil
}

// checkSettings makes sure that SQLite took the settings the promises rest on: it keeps silent when it cannot, as with WAL
// on a network file system.
func (db *DB) checkSettings(ctx context.Context) error {
	want := []struct{ pragma, value string }{{"foreign_keys", "1"}, {"synchronous", "2"}, {"journal_mode", "wal"}}
	if db.read == db.write {
		want[2].value = "memory"
	}
	for _, w := range want {
		var got string
		if err := db.write.QueryRowContext(ctx, "PRAGMA "+w.pragma).Scan(&got); err != nil {
			return db.fault(fmt.Errorf("read pragma %s: %w", w.pragma, err))
		}
		if got != w.value {
			return problem.New("store.database.unsafe",
				fmt.Sprintf("SQLite cannot keep %s safely: %s is %s, not %s.", db.place, w.pragma, got, w.value),
				"Point data: at a folder on a local disk, or use PostgreSQL (store: postgres:).")
		}
	}
	return nil
}
