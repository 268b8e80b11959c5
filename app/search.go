package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// search is the index of this node's record: fed as events are recorded, made anew where it is damaged, and rid of what
// is older than it is to be.
type search struct {
	index  *index.Index
	record *event.Log
	db     *store.DB
	node   string
	keep   time.Duration
	log    *slog.Logger
}

// The names of its readers. Each has its own cursor on each node.
const (
	searchReader  = "search"
	rebuildReader = "search-rebuild"
)

// openSearch opens the index beside the record. One that has nothing yet begins at the record's first event.
func openSearch(ctx context.Context, c *Config, record *event.Log, db *store.DB, log *slog.Logger) (*search, error) {
	x, err := index.Open(filepath.Join(c.Data, "index"), index.Options{Logger: log})
	if err != nil {
		return nil, err
	}
	s := &search{index: x, record: record, db: db, node: c.Node, keep: c.Monitoring.Search.Std(), log: log}
	if x.Fresh() {
		if err := db.SetCursor(ctx, searchReader+"@"+s.node, 0); err != nil {
			return nil, errors.Join(err, x.Close())
		}
	}
	return s, nil
}

func (s *search) reader() practice.Reader {
	return practice.Reader{Name: searchReader, Read: s.index.Feed}
}

func (s *search) jobs() []practice.Job {
	return []practice.Job{
		{Name: "search/drop-old-days", Every: time.Hour, Timeout: 10 * time.Minute, Run: s.drop},
		{Name: "search/make-damaged-days-anew", Every: time.Minute, Timeout: 6 * time.Hour, Run: s.rebuild},
	}
}

func (s *search) drop(ctx context.Context) error {
	return s.index.Drop(ctx, time.Now().Add(-s.keep))
}

// rebuild reads the record once more, from its beginning to where it ends now, when a day of the index is to be made
// anew.
func (s *search) rebuild(ctx context.Context) error {
	days, err := s.index.Incomplete()
	if err != nil || len(days) == 0 {
		return err
	}
	s.log.Info("the index of damaged days is being made anew from the record", "days", len(days))
	return s.index.Rebuild(ctx, s.all)
}

// errRead ends a reading that has reached its end.
var errRead = errors.New("all of it was read")

// all hands all of the record to feed.
func (s *search) all(ctx context.Context, feed func(context.Context, []*event.Event) error) error {
	end := s.record.Health().Durable
	if end == 0 {
		return nil
	}
	name := rebuildReader + "@" + s.node
	if err := s.db.SetCursor(ctx, name, 0); err != nil {
		return err
	}
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	var failed error
	err := s.record.Follow(ctx, name, func(ctx context.Context, batch []*event.Event) error {
		if failed = feed(ctx, batch); failed != nil {
			done(failed) // Follow would try again for ever; the job does
		} else if batch[len(batch)-1].Seq >= end {
			done(errRead)
		}
		return failed
	})
	if errors.Is(context.Cause(ctx), errRead) {
		return nil
	}
	if err = errors.Join(err, context.Cause(ctx)); err != nil {
		return fmt.Errorf("read record for index: %w", err)
	}
	return errors.New("read record for index: it was closed")
}
