package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// Target is where a backup is to stand again.
type Target struct {
	Key      store.MasterKey
	Name     string // the backup's, for people
	Data     string // the data folder
	Database store.Options
	// Also changes what was restored before it counts, in the database's own transaction.
	Also func(context.Context, *Manifest, *store.Tx, []store.Table) error
	// Verify looks at the record that was restored; with an error nothing of the restore stays.
	Verify   func(context.Context, string) error
	Progress func(done, total int64) // bytes of the file, which is read twice; may be nil
}

// marker lies in a data folder while a restore into it is under way. Killed in the middle, it stays.
const marker = "restore.unfinished"

// Unfinished refuses a data folder into which a restore was begun and not ended.
func Unfinished(data string) error {
	path := filepath.Join(data, marker)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return problem.New("backup.restore.unfinished", fmt.Sprintf("A restore into %s was begun and did not end: what stands there is half of something.", data),
		"Empty the folder (and the PostgreSQL database, where there is one) but for the master key, and restore again.")
}

// may stand in a folder that a record is restored into: the key that must be there, the lock of who restores, and what
// a new file system has.
var mayStand = []string{"master.key", "lock", "lost+found"}

// Vacant refuses a place where a restore would meet what is there already.
func (t *Target) Vacant(ctx context.Context, m *Manifest) error {
	if err := Unfinished(t.Data); err != nil {
		return err
	}
	if m.Record != nil {
		entries, err := os.ReadDir(t.Data)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return problem.New("backup.restore.folder", fmt.Sprintf("The data folder %s cannot be read.", t.Data), "Run it as root, or as the user that runs tenward.").Because(err)
		}
		for _, e := range entries {
			if !slices.Contains(mayStand, e.Name()) {
				return problem.New("backup.restore.occupied", fmt.Sprintf("The data folder %s is not empty: it has %s.", t.Data, e.Name()),
					"Move what is there to another place, all but master.key: it is not overwritten.")
			}
		}
	}
	return store.Vacant(ctx, t.Database)
}

// Restore makes a backup stand again where nothing stands. All of it is read and proven before the first byte is written;
// what fails later is taken away again, and what is killed in the middle is refused at the next start.
func Restore(ctx context.Context, from io.ReadSeeker, t Target) (*Manifest, Totals, error) {
	size, err := from.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, Totals{}, fmt.Errorf("read backup: %w", err)
	}
	again := func(pass int64) (io.Reader, error) {
		_, err := from.Seek(0, io.SeekStart)
		return &progress{from: from, done: pass * size, total: 2 * size, tell: t.Progress}, err
	}
	r, err := again(0)
	if err != nil {
		return nil, Totals{}, fmt.Errorf("read backup: %w", err)
	}
	m, totals, err := Check(ctx, r, t.Key, t.Name)
	if err != nil {
		return nil, totals, err
	}
	if err := t.Vacant(ctx, m); err != nil {
		return m, totals, err
	}
	if err := room(t.Data, totals.Bytes); err != nil {
		return m, totals, err
	}
	if r, err = again(1); err != nil {
		return m, totals, fmt.Errorf("read backup: %w", err)
	}
	return m, totals, t.write(ctx, r, m)
}

// write writes it, under the marker.
func (t *Target) write(ctx context.Context, r io.Reader, m *Manifest) (err error) {
	folder, err := os.OpenRoot(t.Data) // nothing that a backup names leads out of it
	if err != nil {
		return fmt.Errorf("open data folder: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	mark, err := folder.OpenFile(marker, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return t.full(fmt.Errorf("begin restore: %w", err))
	}
	if err := errors.Join(mark.Close(), settle(t.Data)); err != nil {
		return t.full(fmt.Errorf("begin restore: %w", err))
	}
	err = store.Fill(ctx, t.Database, m.Applied, func(tx *store.Tx, tables []store.Table) error {
		w := &placer{ctx: ctx, target: t, id: m.ID, folder: folder, tx: tx, tables: tables}
		if _, _, err := read(ctx, r, t.Key, w); err != nil {
			return errors.Join(err, w.close())
		}
		if err := errors.Join(w.flush(), w.close()); err != nil {
			return err
		}
		if t.Also != nil {
			if err := t.Also(ctx, m, tx, tables); err != nil {
				return err
			}
		}
		if err := settle(t.Data); err != nil {
			return err
		}
		if m.Record == nil || t.Verify == nil {
			return nil
		}
		return t.Verify(ctx, filepath.Join(t.Data, "record"))
	})
	if err != nil {
		return errors.Join(t.full(err), t.takeAway(folder, m))
	}
	if err := errors.Join(folder.Remove(marker), settle(t.Data)); err != nil {
		return fmt.Errorf("end restore: %w", err)
	}
	return nil
}

// takeAway leaves the place as it was found: empty.
func (t *Target) takeAway(folder *os.Root, m *Manifest) error {
	var errs []error
	if m.Record != nil {
		errs = append(errs, folder.RemoveAll("record"))
	}
	if t.Database.Postgres == "" {
		errs = append(errs, store.Remove(t.Data))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("take half a restore away: %w", err) // the marker stays
	}
	return folder.Remove(marker)
}

func (t *Target) full(err error) error {
	if errors.Is(err, unix.ENOSPC) {
		return problem.New("backup.restore.full", fmt.Sprintf("The disk of %s is full; nothing was restored.", t.Data), "Free some space there, and restore again.").Because(err)
	}
	return err
}

// placer puts what it takes in its place.
type placer struct {
	ctx    context.Context //nolint:containedctx // it lasts as long as the call that made it
	target *Target
	id     string
	folder *os.Root
	open   *os.File

	tx      *store.Tx
	tables  []store.Table
	columns []store.Column // of the present table, in the backup's order
	into    string         // INSERT INTO table (columns) VALUES
	args    []any
	weight  int
}

// Rows are inserted many at a time: that is five times as fast, and both engines bound how many values one statement has.
const (
	maxArgs   = 1000
	maxWeight = 4 << 20
)

func (w *placer) manifest(m *Manifest) error {
	if m.ID != w.id {
		return malformed("it was exchanged while it was read")
	}
	return nil
}

func (w *placer) table(name string, columns []string) error {
	if err := w.flush(); err != nil {
		return err
	}
	i := slices.IndexFunc(w.tables, func(t store.Table) bool { return t.Name == name })
	if i < 0 || len(columns) != len(w.tables[i].Columns) {
		return malformed(fmt.Sprintf("a table %s of %d columns, which no database of its age has", name, len(columns)))
	}
	w.columns = w.columns[:0]
	for _, c := range columns {
		j := slices.IndexFunc(w.tables[i].Columns, func(have store.Column) bool { return have.Name == c })
		if j < 0 {
			return malformed(fmt.Sprintf("a column %s of table %s, which no database of its age has", c, name))
		}
		w.columns = append(w.columns, w.tables[i].Columns[j])
	}
	w.into = "INSERT INTO " + name + " (" + strings.Join(columns, ", ") + ") VALUES "
	return nil
}

func (w *placer) row(values []any) error {
	for i, v := range values {
		switch v := v.(type) { // SQLite keeps either in either column, PostgreSQL does not
		case string:
			w.weight += len(v)
			if w.columns[i].Bytes {
				values[i] = []byte(v)
			}
		case []byte:
			w.weight += len(v)
			if !w.columns[i].Bytes {
				values[i] = string(v)
			}
		}
	}
	w.args = append(w.args, values...)
	if len(w.args) < maxArgs && w.weight < maxWeight {
		return nil
	}
	return w.flush()
}

// flush inserts the rows that wait.
func (w *placer) flush() error {
	if len(w.args) == 0 {
		return nil
	}
	var query strings.Builder
	query.WriteString(w.into)
	for i := range w.args {
		switch {
		case i == 0:
			query.WriteByte('(')
		case i%len(w.columns) == 0:
			query.WriteString("), (")
		default:
			query.WriteString(", ")
		}
		fmt.Fprintf(&query, "$%d", i+1)
	}
	query.WriteByte(')')
	if _, err := w.tx.Exec(w.ctx, query.String(), w.args...); err != nil {
		return fmt.Errorf("fill tables: %w", err)
	}
	clear(w.args)
	w.args, w.weight = w.args[:0], 0
	return nil
}

func (w *placer) file(name string) (err error) {
	if err := errors.Join(w.flush(), w.close()); err != nil {
		return err
	}
	if err := w.folder.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	if w.open, err = w.folder.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("restore %s: %w", name, err)
	}
	return nil
}

func (w *placer) data(b []byte) error {
	if _, err := w.open.Write(b); err != nil {
		return fmt.Errorf("restore %s: %w", w.open.Name(), err)
	}
	return nil
}

func (w *placer) close() error {
	if w.open == nil {
		return nil
	}
	err := w.open.Close()
	w.open = nil
	return err
}

// progress tells how far a file was read.
type progress struct {
	from        io.Reader
	done, total int64
	tell        func(done, total int64)
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.from.Read(b)
	p.done += int64(n)
	if p.tell != nil && n > 0 {
		p.tell(p.done, p.total)
	}
	return n, err
}
