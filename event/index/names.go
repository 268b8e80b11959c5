package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// maxNames is how many words of one day are kept in memory while writing.
const maxNames = 16 << 10

// insertWord writes the text of a row.
const insertWord = "INSERT INTO words (rowid, path, query, said, personal) VALUES (?, ?, ?, ?, ?)"

// feeding writes into one day within one transaction.
type feeding struct {
	f           *file
	find, learn *sql.Stmt
	event, is   *sql.Stmt
	word, rule  *sql.Stmt
	minutes     map[minute]int64
}

func (f *file) feeding(ctx context.Context, tx *sql.Tx) (*feeding, error) {
	w := &feeding{f: f, minutes: map[minute]int64{}}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&w.find, "SELECT id FROM names WHERE name = ?"},
		{&w.learn, "INSERT INTO names (name) VALUES (?)"},
		{&w.event, "INSERT INTO events (row, uid, seq, node, service, kind, class, severity, verdict, stage, status, method, host, person, subject, latency," +
			" client, path, query, message, rules, extra) VALUES (?" + strings.Repeat(", ?", 21) + ") ON CONFLICT DO NOTHING"},
		{&w.is, "SELECT uid FROM events WHERE row = ?"},
		{&w.word, insertWord},
		{&w.rule, "INSERT INTO rules (rule, row) VALUES (?, ?) ON CONFLICT DO NOTHING"},
	} {
		var err error
		if *p.stmt, err = tx.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // the end of the transaction closes it
			return nil, fmt.Errorf("prepare feeding: %w", err)
		}
	}
	return w, nil
}

// name gives the number of a word that repeats; 0 for none.
func (w *feeding) name(ctx context.Context, name string) (int64, error) {
	if name == "" {
		return 0, nil
	}
	if id, ok := w.f.names[name]; ok {
		return id, nil
	}
	var id int64
	err := w.find.QueryRowContext(ctx, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		var done sql.Result
		if done, err = w.learn.ExecContext(ctx, name); err == nil {
			id, err = done.LastInsertId()
		}
	}
	if err != nil {
		return 0, fmt.Errorf("name %q: %w", name, err)
	}
	if len(w.f.names) >= maxNames {
		clear(w.f.names)
	}
	w.f.names[strings.Clone(name)] = id
	return id, nil
}
