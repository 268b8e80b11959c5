// Package index finds events by what they say.
//
// It is a copy of what the record says, in the order in which people ask, and can be made anew from the record at any
// time. Each day (UTC) is one SQLite file, so that old days are dropped as files and a damaged one costs a day. Nothing
// in it is proof: a row carries enough to draw a line of a list and the event's id; the event itself is read from the
// record.
//
// Three things make it quick. A row's number is its time, so that the table, every index and the text index give the
// newest first without sorting, and a page is a place in that order. What charts and facets ask for all day long is
// counted by the minute while rows are written. And where those counts say that a minute has no match, its rows are
// not looked at.
//
// Personal fields are sealed in the record under keys that can be erased; here they stand open, in files that only
// their owner may read: the client's address in a column, user agent and account as words of the text index and
// nowhere else. Names and e-mail addresses are not taken at all, and a person stands here as the id that the record
// has too. Whoever erases a person's key calls Forget behind it, and ForgetDay behind erasing the key of a day: both
// return when the bytes are gone from the files. Backups are to leave this folder out.
//
// Sources: SQLite "FTS5 Extension" (contentless-delete tables), "Write-Ahead Logging", "Clustered Indexes and the WITHOUT
// ROWID Optimization".
package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Options are what an index is made of; zero is the default everywhere.
type Options struct {
	Now      func() time.Time
	Logger   *slog.Logger
	Days     int // how many days one query may look at; 31
	Files    int // how many days' files are kept open; 16
	Searches int // how many questions are answered at the same time; 8
}

func (o *Options) defaults() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, n := range []struct {
		value *int
		or    int
	}{{&o.Days, 31}, {&o.Files, 16}, {&o.Searches, 8}} {
		if *n.value <= 0 {
			*n.value = n.or
		}
	}
}

// Index is the folder of days. It is safe for use by several goroutines; one process at a time may have it open.
type Index struct {
	dir    string
	o      Options
	shelf  *shelf
	asks   chan struct{} // has room for as many as may ask at the same time
	fresh  bool
	groups int // how many values of one field are counted

	writing   sync.Mutex             // one feeds, forgets or drops at a time
	forgotten map[sealedBy]time.Time // what began until then comes without its personal fields
	dropped   Day                    // no event before this day is taken
}

// Open opens the index in a folder, and makes the folder where it is missing.
func Open(dir string, o Options) (*Index, error) {
	o.defaults()
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // where the operator wants the index
		return nil, fmt.Errorf("make folder of the index: %w", err)
	}
	days, err := daysIn(dir)
	if err != nil {
		return nil, err
	}
	return &Index{
		dir: dir, o: o, shelf: newShelf(dir, o.Files, o.Logger), asks: make(chan struct{}, o.Searches),
		fresh: len(days) == 0, groups: maxGroups, forgotten: map[sealedBy]time.Time{},
	}, nil
}

// Fresh says that the folder had no day when it was opened: whoever feeds it begins at the record's first event.
func (x *Index) Fresh() bool { return x.fresh }

// Close waits for what is under way and closes all files. The index answers nothing afterwards.
func (x *Index) Close() error {
	x.writing.Lock()
	defer x.writing.Unlock()
	return x.shelf.close()
}

// errClosed is what a closed index answers.
var errClosed = errors.New("the index is closed")

// ask waits for a place among those that ask.
func (x *Index) ask(ctx context.Context) (done func(), err error) {
	select {
	case x.asks <- struct{}{}:
		return func() { <-x.asks }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
