package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tenward/tenward/event"
)

// sealedBy is whose key the record seals an event's personal fields with: a person's, or the day's for the anonymous.
type sealedBy struct {
	person string
	day    Day
}

func sealOf(e *event.Event) sealedBy {
	if e.Subject != "" {
		return sealedBy{person: e.Subject}
	}
	return sealedBy{day: DayOf(e.Time)}
}

// isForgotten says of an event that it was read from the record before its key was erased.
func (x *Index) isForgotten(e *event.Event) bool {
	until, ok := x.forgotten[sealOf(e)]
	return ok && !e.Time.After(until)
}

// Forget takes out of all days what is personal of a person's events: the address, and the words of user agent and
// account. When it returns without an error, the bytes are gone from the files. Its place is behind erasing the
// person's key: what is still on its way from the record then comes without them too.
func (x *Index) Forget(ctx context.Context, person string) error {
	if person == "" {
		return errors.New("forget in index: nobody is named")
	}
	return x.forget(ctx, sealedBy{person: person}, nil)
}

// ForgetDay is Forget for all events of one day that are nobody's.
func (x *Index) ForgetDay(ctx context.Context, d Day) error {
	return x.forget(ctx, sealedBy{day: d}, func(other Day) bool { return other == d })
}

// forget goes through the days one by one, so that between them events are fed.
func (x *Index) forget(ctx context.Context, who sealedBy, in func(Day) bool) error {
	if err := x.forgetAside(who); err != nil {
		return err
	}
	days, err := daysIn(x.dir)
	if err != nil {
		return err
	}
	for _, d := range days {
		if in != nil && !in(d) {
			continue
		}
		if err := x.forgetIn(ctx, d, who.person); err != nil {
			return fmt.Errorf("forget in index: day %s: %w", d, err)
		}
	}
	return nil
}

func (x *Index) forgetIn(ctx context.Context, d Day, person string) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	_, err := x.inDay(ctx, d, func(f *file) (bool, error) { return true, f.forget(ctx, person) })
	return err
}

// forgetAside keeps what is under way from coming in, and empties what was set aside.
func (x *Index) forgetAside(who sealedBy) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	x.forgotten[who] = x.o.Now()
	return x.emptyAside()
}

// emptyAside takes everything out of files that were set aside: nobody can tell what stands in them. That they are
// there still says that their days lack events.
func (x *Index) emptyAside() error {
	days, err := daysWith(x.dir, asideExtension)
	if err != nil {
		return err
	}
	for _, d := range days {
		if err := os.Truncate(asidePath(x.dir, d), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forget in index: %w", err)
		}
	}
	return nil
}

func asidePath(dir string, d Day) string { return filepath.Join(dir, d.String()+asideExtension) }

// forget writes the rows of a person anew, or of nobody, and then the whole file, so that no page of it is left that
// held them. It is done again in full after an error.
func (f *file) forget(ctx context.Context, person string) error {
	id, err := f.nameID(ctx, person)
	if err != nil || id == 0 && person != "" {
		return err
	}
	if err := f.tx(ctx, func(tx *sql.Tx) error { return f.forgetRows(ctx, tx, id) }); err != nil {
		return err
	}
	// The order matters: VACUUM writes what the text index has merged, and the checkpoint empties the log of both.
	for _, text := range []string{"INSERT INTO words (words) VALUES ('optimize')", "VACUUM"} {
		if _, err := f.write.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	var busy, log, moved int
	if err := f.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return errors.New("somebody reads what is to be forgotten; try again")
	}
	return nil
}

// forgetRows writes the rows whose fields one key seals without what is personal.
func (f *file) forgetRows(ctx context.Context, tx *sql.Tx, id int64) error {
	of := "SELECT row FROM events WHERE subject = 0"
	args := []any{}
	if id != 0 {
		of = "SELECT row FROM events INDEXED BY events_person WHERE person <> 0 AND person = ? AND subject = person" +
			" UNION ALL SELECT row FROM events INDEXED BY events_subject WHERE subject <> person AND subject = ?"
		args = []any{id, id}
	}
	list, err := rowNumbers(ctx, tx, of, args)
	if err != nil {
		return err
	}
	var read, away, word, client *sql.Stmt
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&read, "SELECT ifnull((SELECT name FROM names WHERE id = kind), ''), ifnull(path, ''), ifnull(query, ''), ifnull(message, ''), ifnull(extra, '') FROM events WHERE row = ?"},
		{&away, "DELETE FROM words WHERE rowid = ?"},
		{&word, insertWord},
		{&client, "UPDATE events SET client = NULL WHERE row = ?"},
	} {
		if *p.stmt, err = tx.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // the end of the transaction closes it
			return err
		}
	}
	for _, row := range list {
		var kind, path, query, message, extra string
		if err := read.QueryRowContext(ctx, row).Scan(&kind, &path, &query, &message, &extra); err != nil {
			return err
		}
		if _, err := away.ExecContext(ctx, row); err != nil {
			return err
		}
		if _, err := word.ExecContext(ctx, row, path, query, said(kind, message, extra), ""); err != nil {
			return err
		}
		if _, err := client.ExecContext(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

func rowNumbers(ctx context.Context, tx *sql.Tx, query string, args []any) (numbers []int64, err error) {
	list, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer list.Close() //nolint:errcheck // Err says what went wrong
	for list.Next() {
		var row int64
		if err := list.Scan(&row); err != nil {
			return nil, err
		}
		numbers = append(numbers, row)
	}
	return numbers, list.Err()
}
