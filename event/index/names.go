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
