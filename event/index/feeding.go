package index

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/tenward/tenward/event"
)

// insertWord writes the text of a row.
const insertWord = "INSERT INTO words (rowid, path, query, said, personal) VALUES (?, ?, ?, ?, ?)"

// feeding writes into one day within one transaction.
type feeding struct {
	f           *file
	tx          *sql.Tx
	find, learn *sql.Stmt
	event, is   *sql.Stmt
	word, rule  *sql.Stmt
	minutes     map[minute]int64
	paces       map[pace]int64
}

func (f *file) feeding(ctx context.Context, tx *sql.Tx) (*feeding, error) {
	w := &feeding{f: f, tx: tx, minutes: map[minute]int64{}, paces: map[pace]int64{}}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&w.find, "SELECT id FROM names WHERE name = ?"},
		{&w.learn, "INSERT INTO names (name) VALUES (?)"},
		{&w.event, "INSERT INTO events (row, uid, seq, node, service, kind, class, severity, verdict, stage, status, method, host, person, subject, latency, route, run," +
			" client, path, query, message, rules, extra) VALUES (?" + strings.Repeat(", ?", 23) + ") ON CONFLICT DO NOTHING"},
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

// add writes one event, unless it is there.
func (w *feeding) add(ctx context.Context, e *event.Event, forgotten bool) error {
	values, m, of, err := w.columns(ctx, e, forgotten)
	if err != nil {
		return err
	}
	row, isNew, err := w.place(ctx, e, values)
	if err != nil || !isNew {
		return err
	}
	w.minutes[m]++
	w.pace(m, of.method, of.route, e)
	for _, r := range e.Rules[:min(len(e.Rules), maxRules)] {
		id, err := w.name(ctx, ruleID(r))
		if err != nil {
			return err
		}
		if _, err := w.rule.ExecContext(ctx, id, row); err != nil {
			return err
		}
	}
	var path, query string
	if e.HTTP != nil {
		path, query = cut(e.HTTP.Path, maxPath), cut(e.HTTP.Query, maxQuery)
	}
	own := ""
	if !forgotten {
		own = personal(e)
	}
	_, err = w.word.ExecContext(ctx, row, path, query, said(e.Kind, e.Message, extra(e)), own)
	return err
}

// said is what an event's words are besides those of the request.
func said(kind, message, extra string) string {
	return kind + "\n" + cut(message, maxMessage) + "\n" + extra
}

// place writes the event into the first free row of its microsecond, from the one that its id says.
func (w *feeding) place(ctx context.Context, e *event.Event, values []any) (row int64, isNew bool, err error) {
	first := rowAt(w.f.day, e.Time.UnixMicro())
	tie := int64(e.UID[13])<<16 | int64(e.UID[14])<<8 | int64(e.UID[15])
	for {
		row = first | tie
		values[0] = row
		done, err := w.event.ExecContext(ctx, values...)
		if err != nil {
			return 0, false, err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return row, true, err
		}
		var there []byte
		if err := w.is.QueryRowContext(ctx, row).Scan(&there); err != nil {
			return 0, false, err
		}
		if bytes.Equal(there, e.UID[:]) {
			return row, false, nil
		}
		tie = (tie + 1) & tieMask
	}
}

// way is what was asked for, by the numbers of its words.
type way struct{ method, route int64 }

// columns are the values of a row, its number still to be set, and the minute that counts it.
func (w *feeding) columns(ctx context.Context, e *event.Event, forgotten bool) ([]any, minute, way, error) {
	var h event.HTTP
	if e.HTTP != nil {
		h = *e.HTTP
	}
	var person string
	if e.User != nil {
		person = e.User.UID
	}
	var ids [9]int64
	for i, name := range [...]string{e.Node, e.Service, e.Kind, e.Stage, h.Method, h.Host, person, e.Subject, e.Detail(event.RunDetail)} {
		var err error
		if ids[i], err = w.name(ctx, cut(name, maxName)); err != nil {
			return nil, minute{}, way{}, err
		}
	}
	route, err := w.route(ctx, e)
	if err != nil {
		return nil, minute{}, way{}, err
	}
	m := minute{
		at: (e.Time.UnixMicro() - w.f.day.micros()) / minuteMicros, node: ids[0], service: ids[1], kind: ids[2], stage: ids[3],
		class: int64(e.Class), severity: int64(e.Severity), verdict: int64(e.Verdict), status: int64(h.Status), run: ids[8],
	}
	var client any
	if a := addressBytes(e.Source.Addr()); a != nil && !forgotten {
		client = a
	}
	return []any{
		nil, e.UID[:], int64(e.Seq), m.node, m.service, m.kind, m.class, m.severity, m.verdict, m.stage, m.status, //nolint:gosec // a place in a log
		ids[4], ids[5], ids[6], ids[7], h.Duration.Microseconds(), route, m.run, client, absent(cut(h.Path, maxPath)),
		absent(cut(h.Query, maxQuery)), absent(cut(e.Message, maxMessage)), absent(ruleIDs(e.Rules)), absent(extra(e)),
	}, m, way{ids[4], route}, nil
}
