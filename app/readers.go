package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// readAgain is how long a reader waits whose record could not be read.
const readAgain = time.Minute

// follow has each reader follow this node's record, from a cursor of its own: nodes that share a database have each
// their own record.
func follow(ctx context.Context, record *event.Log, node string, readers []practice.Reader, log *slog.Logger, stop *undo) {
	for _, r := range readers {
		runs(ctx, "reader "+r.Name, func(ctx context.Context) {
			for {
				err := record.Follow(ctx, r.Name+"@"+node, r.Read)
				if err == nil || ctx.Err() != nil {
					return
				}
				log.Error("a reader cannot follow the record; it is tried again", "reader", r.Name, "in", readAgain.String(), "error", err)
				wait := time.NewTimer(readAgain)
				select {
				case <-wait.C:
				case <-ctx.Done():
					wait.Stop()
					return
				}
			}
		}, stop)
	}
}

// readersOf are all practices' readers.
func readersOf(ten []practice.Practice) []practice.Reader {
	var readers []practice.Reader
	for _, p := range ten {
		readers = append(readers, p.Readers...)
	}
	return readers
}
