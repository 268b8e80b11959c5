package backup

import (
	"compress/flate"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tenward/tenward/store"
)

// Source is what a backup is made of.
type Source struct {
	Key     store.MasterKey
	DB      *store.DB
	Node    string
	Version string
	Reason  string
	Now     func() time.Time
	// Record gives the record as it is once the database's moment has come, so that what the database knows of is on it;
	// nil where only the database is kept.
	Record func(context.Context) (Files, error)
	// Complete says whether the database of that moment has everything that the record needs by now; may be nil. Where it
	// has not, another moment is chosen.
	Complete func(context.Context, *store.Tx) (bool, error)
}

// moments is how many are tried. What a record needs is seldom new, so that the second nearly always does.
const moments = 5

// Files are a record's files, as far as one signed checkpoint covers them.
type Files interface {
	Extent() (events, leaves uint64)
	// Each gives each file by its name below the record's folder.
	Each(func(name string, r io.Reader) error) error
}

// Write writes a backup. With an error, what was written until then is none: it has no end.
func Write(ctx context.Context, to io.Writer, s Source) (*Manifest, Totals, error) {
	m := &Manifest{ID: strings.ToLower(rand.Text()), Made: s.Now().UTC(), Node: s.Node, Version: s.Version, Engine: s.DB.Engine(), Reason: s.Reason}
	sealed, err := newSealer(to, s.Key)
	if err != nil {
		return nil, Totals{}, fmt.Errorf("write backup: %w", err)
	}
	packed, err := flate.NewWriter(sealed, flate.BestSpeed)
	if err != nil {
		return nil, Totals{}, fmt.Errorf("write backup: %w", err)
	}
	w := &writer{ctx: ctx, to: packed}
	var record Files
	for try, again := 1, true; again; try++ {
		if err := s.DB.View(ctx, func(tx *store.Tx) (err error) {
			if s.Record != nil {
				if record, err = s.Record(ctx); err != nil {
					return err
				}
				m.Record = new(Record)
				m.Record.Events, m.Record.Leaves = record.Extent()
			}
			if again, err = s.again(ctx, tx, try); err != nil || again {
				return err
			}
			if m.Applied, err = s.DB.Applied(ctx, tx); err != nil {
				return err
			}
			if err := w.json(manifestPart, m); err != nil {
				return err
			}
			return w.tables(s.DB, tx)
		}); err != nil {
			return nil, w.totals, err
		}
	}
	if record != nil {
		if err := record.Each(w.file); err != nil {
			return nil, w.totals, fmt.Errorf("write backup: %w", err)
		}
	}
	if err = w.json(endPart, w.totals); err == nil {
		err = packed.Close()
	}
	if err == nil {
		err = sealed.Close()
	}
	if err != nil {
		return nil, w.totals, fmt.Errorf("write backup: %w", err)
	}
	return m, w.totals, nil
}

// again says that another moment must be chosen. The last one is taken as it is: a record may lack a key, and a backup that
// is never made lacks everything.
func (s *Source) again(ctx context.Context, tx *store.Tx, try int) (bool, error) {
	if s.Complete == nil || try == moments {
		return false, nil
	}
	complete, err := s.Complete(ctx, tx)
	return !complete, err
}

// writer writes parts and counts them.
type writer struct {
	ctx    context.Context //nolint:containedctx // it lasts as long as the call that made it
	to     io.Writer
	totals Totals
	row    []byte
	buffer []byte
}

func (w *writer) json(k kind, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writePart(w.to, k, b)
}

// tableHead is what stands before a table's rows.
type tableHead struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
}

func (w *writer) tables(db *store.DB, tx *store.Tx) error {
	tables, err := db.Tables(w.ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := w.table(tx, t); err != nil {
			return fmt.Errorf("write table %s: %w", t.Name, err)
		}
	}
	return nil
}

// table writes a table row by row, as the database gives them: it is never in memory.
func (w *writer) table(tx *store.Tx, t store.Table) (err error) {
	head := tableHead{Name: t.Name}
	for _, c := range t.Columns {
		head.Columns = append(head.Columns, c.Name)
	}
	if err := w.json(tablePart, head); err != nil {
		return err
	}
	w.totals.Tables++
	rows, err := tx.Query(w.ctx, "SELECT "+strings.Join(head.Columns, ", ")+" FROM "+t.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values, places := make([]any, len(head.Columns)), make([]any, len(head.Columns))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		w.row = w.row[:0]
		for _, v := range values {
			if w.row, err = appendValue(w.row, v); err != nil {
				return err
			}
		}
		if err := writePart(w.to, rowPart, w.row); err != nil {
			return err
		}
		w.totals.Rows++
		w.totals.Bytes += int64(len(w.row))
	}
	return rows.Err()
}

func (w *writer) file(name string, r io.Reader) error {
	name = "record/" + name
	if !fileName.MatchString(name) {
		return fmt.Errorf("%s is no file of a record", name)
	}
	if err := writePart(w.to, filePart, []byte(name)); err != nil {
		return err
	}
	w.totals.Files++
	if w.buffer == nil {
		w.buffer = make([]byte, maxData)
	}
	for {
		if err := context.Cause(w.ctx); err != nil {
			return err
		}
		n, err := io.ReadFull(r, w.buffer)
		if n > 0 {
			if err := writePart(w.to, dataPart, w.buffer[:n]); err != nil {
				return err
			}
			w.totals.Bytes += int64(n)
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
}
