package store

import (
	"context"
	"database/sql"
	"fmt"
)

// Rotate seals every secret anew under the next key, all or none, and returns the secrets under it; s opens them no
// longer. The caller has the next key safely on a disk before (WriteMasterKeyFile) and removes the old one after.
func (s *Secrets) Rotate(ctx context.Context, next MasterKey) (*Secrets, error) {
	if s.err != nil {
		return nil, fmt.Errorf("rotate master key: %w", s.err)
	}
	under := s.db.Secrets(next)
	if under.err != nil {
		return nil, fmt.Errorf("rotate master key: %w", under.err)
	}
	err := s.db.Tx(ctx, func(tx *Tx) error {
		rows, err := sealedRows(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			plaintext, err := s.unseal(row.name, row.id, row.sealed)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE store_secret SET key_id = $2, sealed = $3, updated_at = $4 WHERE name = $1",
				row.name, under.sealer.id, under.sealer.seal(row.name, plaintext), s.db.now().UnixMicro()); err != nil {
				return fmt.Errorf("seal secret %s anew: %w", row.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return under, nil
}

// sealedRow is a secret as it lies in the table.
type sealedRow struct {
	name, id string
	sealed   []byte
}

// sealedRows reads all rows before the first is written: they are few, and one connection does one thing at a time.
func sealedRows(ctx context.Context, tx *Tx) ([]sealedRow, error) {
	rows, err := tx.Query(ctx, "SELECT name, key_id, sealed FROM store_secret")
	if err != nil {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	return All(rows, func(rows *sql.Rows, row *sealedRow) error {
		return rows.Scan(&row.name, &row.id, &row.sealed)
	})
}
