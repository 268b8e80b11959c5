package store

import (
	"database/sql"
	"errors"
	"fmt"
)

// All reads every row with scan, and closes them:
//
//	names, err := store.All(rows, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
func All[T any](rows *sql.Rows, scan func(*sql.Rows, *T) error) (all []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return all, nil
}
