package index

import (
	"context"
	"database/sql"
	"fmt"
)

// minute is one combination of what has few values, within one minute of a day.
type minute struct {
	at, node, service, kind, class, severity, verdict, stage, status, run int64
}

// count adds the new rows of a transaction to the counts of their minutes.
func (w *feeding) count(ctx context.Context, tx *sql.Tx) error {
	if len(w.minutes) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO minutes (minute, node, service, kind, class, severity, verdict, stage, status, run, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT DO UPDATE SET n = n + excluded.n")
	if err != nil {
		return fmt.Errorf("count minutes: %w", err)
	}
	defer stmt.Close() //nolint:errcheck // the end of the transaction does it too
	for m, n := range w.minutes {
		if _, err := stmt.ExecContext(ctx, m.at, m.node, m.service, m.kind, m.class, m.severity, m.verdict, m.stage, m.status, m.run, n); err != nil {
			return fmt.Errorf("count minutes: %w", err)
		}
	}
	return nil
}
