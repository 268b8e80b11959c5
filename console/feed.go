package console

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tenward/tenward/event"
)

// kept is how many of the newest events lists look at. What is older is found by its id.
const kept = 500

// feed keeps the newest events as rows, so that many who look cost as much as one, also under a flood.
type feed struct {
	events Events
	now    func() time.Time

	mu     sync.Mutex
	looked time.Time
	newest event.ID
	rows   []row
}

// recent gives the newest rows, newest first; for a page that is renewed, what was read within a second will do. Nobody may change what it gives.
func (f *feed) recent(ctx context.Context) ([]row, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now, age := f.now(), time.Duration(0)
	if renewed(ctx) {
		age = everyUpdate
	}
	if since := now.Sub(f.looked); since >= 0 && since < age {
		return f.rows, nil
	}
	newest, err := f.events.Recent(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("read newest event: %w", err)
	}
	if len(newest) > 0 && newest[0].UID != f.newest {
		all, err := f.events.Recent(ctx, kept)
		if err != nil {
			return nil, fmt.Errorf("read newest events: %w", err)
		}
		rows := make([]row, 0, len(all))
		for _, e := range all {
			rows = append(rows, rowOf(e))
		}
		f.rows, f.newest = rows, newest[0].UID
		if len(all) > 0 {
			f.newest = all[0].UID
		}
	}
	f.looked = now
	return f.rows, nil
}
