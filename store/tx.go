package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tx is one transaction: all of it happens, or nothing.
type Tx struct {
	tx *sql.Tx
}

// Tx runs do in a serializable transaction and commits it when do returns nil. Where the database asks for another try
// (two transactions met), do runs again, until Options.Wait is over: do may only touch the database and what it sets
// anew each time. Inside do only the Tx is used: a statement on the DB would wait for the transaction to end.
func (db *DB) Tx(ctx context.Context, do func(*Tx) error) error {
	return db.tx(ctx, sql.LevelSerializable, do)
}

func (db *DB) tx(ctx context.Context, level sql.IsolationLevel, do func(*Tx) error) error {
	return db.fault(retry(ctx, db.wait, passing, func() error { return db.once(ctx, level, do) }))
}

// once runs do in one transaction and leaves none open, also when do panics.
func (db *DB) once(ctx context.Context, level sql.IsolationLevel, do func(*Tx) error) (err error) {
	tx, err := db.write.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer func() {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", undo))
		}
	}()
	if err := do(&Tx{tx: tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Exec runs one statement in the transaction.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, query, args...)
}

// Query reads rows in the transaction. They must be closed before its next statement: PostgreSQL speaks of one thing at
// a time on a connection.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(ctx, query, args...)
}

// QueryRow reads one row in the transaction.
func (tx *Tx) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, query, args...)
}
