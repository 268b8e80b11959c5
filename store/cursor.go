package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
)

// Cursor returns the sequence number of the event that the reader wants next, and false for a reader never seen before.
func (db *DB) Cursor(ctx context.Context, reader string) (next uint64, known bool, err error) {
	var position int64
	err = db.QueryRow(ctx, "SELECT position FROM event_cursor WHERE reader = $1", reader).Scan(&position)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("read cursor of %s: %w", reader, db.fault(err))
	case position < 0:
		return 0, false, fmt.Errorf("read cursor of %s: position %d is negative", reader, position)
	}
	return uint64(position), true, nil
}

// SetCursor stores the sequence number of the event that the reader wants next. It may go back: that is a replay.
func (db *DB) SetCursor(ctx context.Context, reader string, next uint64) error {
	if reader == "" {
		return errors.New("set cursor: the reader has no name")
	}
	if next > math.MaxInt64 {
		return fmt.Errorf("set cursor of %s: position %d is out of range", reader, next)
	}
	if _, err := db.Exec(ctx, `INSERT INTO event_cursor (reader, position, updated_at) VALUES ($1, $2, $3)
		ON CONFLICT (reader) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at`,
		reader, int64(next), db.now().UnixMicro()); err != nil {
		return fmt.Errorf("set cursor of %s: %w", reader, err)
	}
	return nil
}
