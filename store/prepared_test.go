package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestAPreparedQuerySeesWhatIsThereNow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		kept := db.Prepared("SELECT reader, position FROM event_cursor WHERE position >= $1 ORDER BY position")
		count := func(ctx context.Context, from int) (n int) {
			rows, err := kept.Query(ctx, from)
			if err != nil {
				t.Error(err)
				return 0
			}
			defer func() {
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}()
			for rows.Next() {
				n++
			}
			if err := rows.Err(); err != nil {
				t.Error(err)
			}
			return n
		}
		for i, reader := range []string{"a", "b", "c"} {
			if err := db.SetCursor(t.Context(), reader, uint64(i+1)); err != nil {
				t.Fatal(err)
			}
			if got := count(t.Context(), 1); got != i+1 {
				t.Errorf("with %d rows it gives %d", i+1, got)
			}
		}
		var all sync.WaitGroup // on connections of their own
		for range 20 {
			all.Go(func() {
				if got := count(t.Context(), 2); got != 2 {
					t.Errorf("at once with others it gives %d", got)
				}
			})
		}
		all.Wait()
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := db.Prepared("SELECT 1").Query(cancelled); err == nil { //nolint:rowserrcheck,sqlclosecheck // there are no rows
			t.Error("it does not ask whether anybody still waits")
		}
	})
}
