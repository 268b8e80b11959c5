package app

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/backup"
)

// passing is what no restore may bring back: a session that was ended since, a link that was used since.
var passing = []string{"identity_session", "authentication_handover", "authentication_invitation"}

// afterRestore takes out of a restored database what must not come back, and leaves in its outbox the event with which
// the record goes on. The next start relays it before anything else: the time it was put at is the earliest that there is.
func afterRestore(ctx context.Context, node string, m *backup.Manifest, tx *store.Tx, tables []store.Table, now time.Time) error {
	for _, name := range passing {
		if !slices.ContainsFunc(tables, func(t store.Table) bool { return t.Name == name }) {
			continue // it is older than that
		}
		if _, err := tx.Exec(ctx, "DELETE FROM "+name); err != nil {
			return fmt.Errorf("end what must not come back: %w", err)
		}
	}
	details := []event.Detail{{Name: "backup", Value: m.ID}, {Name: "made", Value: m.Made.Format(time.RFC3339)}, {Name: "version", Value: m.Version}}
	if m.Record != nil {
		details = append(details, event.Detail{Name: "events", Value: strconv.FormatUint(m.Record.Events, 10)},
			event.Detail{Name: "leaves", Value: strconv.FormatUint(m.Record.Leaves, 10)})
	}
	return outbox.Put(ctx, tx, node, event.Restored(now, details...), time.Unix(0, 0))
}
