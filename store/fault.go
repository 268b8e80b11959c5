package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/tenward/tenward/problem"
	"golang.org/x/sys/unix"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// fault turns what an operator can mend into a problem with its next step. Everything else stays as it is: it is a fault
// of the program, and people are given an id to quote.
func (db *DB) fault(err error) error {
	if err == nil {
		return nil
	}
	if _, told := errors.AsType[*problem.Problem](err); told {
		return err
	}
	var p *problem.Problem
	if file, ok := errors.AsType[*driver.Error](err); ok {
		p = fileProblem(file.Code()&0xff, db.place)
	} else if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		p = serverProblem(server.Code, db.place)
	} else if _, ok := errors.AsType[*pgconn.ConnectError](err); (ok || db.dialect == postgres && errors.Is(err, io.ErrUnexpectedEOF)) && !errors.Is(err, context.Canceled) {
		// The end of the connection in the middle of an answer is a server that has gone.
		p = db.unreachable()
	}
	if p == nil {
		return err
	}
	return p.Because(err)
}

func (db *DB) unreachable() *problem.Problem {
	return problem.New("store.postgres.unreachable", fmt.Sprintf("PostgreSQL at %s does not answer.", db.place),
		"Check that it runs, that this machine reaches it, and that the connection string under store: postgres: is right.")
}

// fileProblem speaks for SQLite's primary result codes (sqlite.org/rescode.html).
func fileProblem(code int, path string) *problem.Problem {
	switch code {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return problem.New("store.database.busy", fmt.Sprintf("Another process keeps %s locked.", path),
			fmt.Sprintf("End it (`fuser %s` names it), then try again.", quote(path))).After(time.Second)
	case codes.SQLITE_NOTADB:
		return problem.New("store.database.foreign", path+" is not a Tenward database.",
			"Move it away to begin with an empty one, or put a backup of the data folder in its place.")
	case codes.SQLITE_CORRUPT:
		return problem.New("store.database.corrupt", path+" is damaged.",
			"Keep a copy of the file, then put a backup of the data folder in its place.")
	case codes.SQLITE_READONLY, codes.SQLITE_PERM, codes.SQLITE_CANTOPEN:
		return unwritable(path)
	case codes.SQLITE_FULL:
		return problem.New("store.disk.full", fmt.Sprintf("The disk that holds %s is full.", path), "Free some space there.")
	case codes.SQLITE_IOERR:
		if diskFull(filepath.Dir(path)) { // SQLite says so only of its own file, not of those beside it
			return fileProblem(codes.SQLITE_FULL, path)
		}
		return problem.New("store.disk.failing", fmt.Sprintf("The disk that holds %s reports an error.", path),
			"Check the kernel's log and the disk; put a backup of the data folder in its place when the file is damaged.")
	}
	return nil
}

// serverProblem speaks for PostgreSQL's SQLSTATEs (manual, appendix A).
func serverProblem(state, place string) *problem.Problem {
	switch state {
	case "28000", "28P01":
		return problem.New("store.postgres.refused", fmt.Sprintf("PostgreSQL at %s refuses the user or the password.", place),
			"Check user and password in the connection string under store: postgres:, and the server's pg_hba.conf.")
	case "3D000":
		return problem.New("store.postgres.missing", fmt.Sprintf("PostgreSQL has no database %s.", place),
			"Make it with `createdb`, owned by the user in the connection string.")
	case "42501":
		return problem.New("store.postgres.forbidden", fmt.Sprintf("The PostgreSQL user may not do this in %s.", place),
			"Make the user in the connection string the owner of the database.")
	case "25006":
		return problem.New("store.postgres.readonly", fmt.Sprintf("PostgreSQL at %s is a standby and takes no changes.", place),
			"Name the primary in the connection string, or add target_session_attrs=read-write.")
	case "53100":
		return problem.New("store.disk.full", fmt.Sprintf("The disk of PostgreSQL at %s is full.", place), "Free some space there.")
	case "53300":
		return problem.New("store.postgres.crowded", fmt.Sprintf("PostgreSQL at %s has no connection left.", place),
			"Raise max_connections there, or end clients that are no longer needed.").After(time.Second)
	case "57P01", "57P02", "57P03":
		return problem.New("store.postgres.unreachable", fmt.Sprintf("PostgreSQL at %s is starting or stopping.", place),
			"Try again in a moment.").After(time.Second)
	case "40001", "40P01", "55P03":
		return problem.New("store.database.busy", fmt.Sprintf("Too many changes meet in %s.", place),
			"Try again in a moment.").After(time.Second)
	}
	return nil
}

// unwritable is one problem for all ways in which a file of the data folder refuses.
func unwritable(path string) *problem.Problem {
	return problem.New("store.folder.unwritable", path+" cannot be opened for writing.",
		"Give the user that runs Tenward the data folder and everything in it, on a disk that is not mounted read-only.")
}

// scarce is what SQLite needs beside the database to open it, generously.
const scarce = 256 << 10

// diskFull says whether the disk that holds the folder has next to nothing left.
func diskFull(folder string) bool {
	var s unix.Statfs_t
	return unix.Statfs(folder, &s) == nil && s.Bavail*uint64(s.Bsize) < scarce //nolint:gosec // a block has a size
}
