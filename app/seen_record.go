package app

import (
	"context"
	"net/http"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/practice/monitoring"
)

// seenRecord is what the checks of monitoring look at: the gate from outside, this node's record and the index over it.
func (c *Config) seenRecord(portal string, ask func(*http.Request) (*http.Response, error), record *event.Log, key event.SigningKey, x *index.Index, b *backups) monitoring.Outside {
	return monitoring.Outside{
		Ask: ask, Page: portal, Record: record, Folder: recordFolder(c.Data), Key: key.Public(),
		Count: func(ctx context.Context, text string) (int64, error) {
			q, err := index.Parse(text, time.Now())
			if err != nil {
				return 0, err
			}
			return x.Count(ctx, q)
		},
		Room: monitoring.DiskRoom, Clock: monitoring.KernelClock, Backups: b.seen(c),
	}
}
