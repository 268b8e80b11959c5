package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/backup"
)

const (
	kindBackupBegun  = "app.backup.begun"
	kindBackupMade   = "app.backup.made"
	kindBackupFailed = "app.backup.failed"

	// backupEvery is how often it is looked whether another one is due. One that has failed is tried again so soon.
	backupEvery = 10 * time.Minute
	// backupReserve is what is left of the disk to the record: below it monitoring/room-left fails.
	backupReserve = 512 << 20
)

// backups makes this node's backups: for who asks, on a clock, and before an update changes the database. Each node makes
// its own, because each has a record of its own.
type backups struct {
	house *house
	key   store.MasterKey
	now   func() time.Time

	mu     sync.Mutex // one at a time
	under  ends       // what is under way
	failed atomic.Pointer[problem.Problem]
}

// ends lets a stop end what is under way.
type ends struct {
	mu     sync.Mutex
	closed bool
	cancel context.CancelCauseFunc
}

var errBackupBusy = problem.New("app.backup.busy", "Another backup is being made.", "Wait for it to end, then try again.").After(time.Minute)

// begin gives the context of a backup, unless one is under way or everything is stopping.
func (b *backups) begin(ctx context.Context) (_ context.Context, end func(), _ error) {
	if !b.mu.TryLock() {
		return nil, nil, errBackupBusy
	}
	b.under.mu.Lock()
	defer b.under.mu.Unlock()
	if b.under.closed {
		b.mu.Unlock()
		return nil, nil, errStopping
	}
	ctx, cancel := context.WithCancelCause(ctx)
	b.under.cancel = cancel
	return ctx, func() { cancel(nil); b.mu.Unlock() }, nil
}

// close ends the one that is under way and lets no other begin.
func (b *backups) close(context.Context) error {
	b.under.mu.Lock()
	b.under.closed = true
	if b.under.cancel != nil {
		b.under.cancel(errStopping)
	}
	b.under.mu.Unlock()
	b.mu.Lock() // it has ended
	defer b.mu.Unlock()
	return nil
}

func (b *backups) source(reason string) backup.Source {
	h := b.house
	s := backup.Source{Key: b.key, DB: h.db, Node: h.node, Version: build().Version, Reason: reason, Now: b.now}
	if reason != backup.Update {
		s.Record = func(ctx context.Context) (backup.Files, error) { return h.record.Copy(ctx) }
		s.Complete = b.complete
	}
	return s
}

// complete says whether the database of a backup has every key that the record was sealed with until now: a day or a
// person may have begun in between.
func (b *backups) complete(ctx context.Context, tx *store.Tx) (bool, error) {
	now, err := b.house.secrets.Names(ctx, keySecret)
	if err != nil {
		return false, err
	}
	rows, err := tx.Query(ctx, "SELECT name FROM store_secret")
	if err != nil {
		return false, fmt.Errorf("look for the record's keys: %w", err)
	}
	then, err := store.All(rows, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
	if err != nil {
		return false, fmt.Errorf("look for the record's keys: %w", err)
	}
	had := map[string]bool{}
	for _, name := range then {
		had[name] = true
	}
	return !slices.ContainsFunc(now, func(name string) bool { return !had[name] }), nil
}

// before makes one before an update changes the database. The record is not open yet, and no update changes it.
func (b *backups) before(c *Config) func(context.Context, *store.DB, store.Update) error {
	return func(ctx context.Context, db *store.DB, u store.Update) error {
		log := b.house.log.With("from", u.From, "to", u.To)
		log.Info("this Tenward changes the database; a backup of it is made before")
		s := b.source(backup.Update)
		s.DB, s.Node = db, c.Node
		path, _, _, err := backup.Shelf{Folder: c.Backup.Folder, Keep: c.Backup.Updates}.Make(ctx, s)
		if path == "" {
			return problem.New("app.update.unsaved", "The database must be changed, and no backup could be made before: nothing was changed. "+problem.Of(err).Sentence,
				problem.Of(err).Next).Because(err)
		}
		if err != nil {
			log.Warn("backups that are more than are kept could not be removed", "error", err)
		}
		log.Info("a backup of the database was made; with it the Tenward of before can go on", "file", path)
		return nil
	}
}

// shelf is where those are kept that are made on a clock.
func (c *Config) shelf() backup.Shelf {
	return backup.Shelf{Folder: c.Backup.Folder, Keep: c.Backup.Keep, Reserve: backupReserve}
}

func (b *backups) job(c *Config) practice.Job {
	return practice.Job{Name: "backup/make", Every: backupEvery, Timeout: 6 * time.Hour, Run: func(ctx context.Context) error { return b.due(ctx, c) }}
}

// due makes one when the newest is old enough. The file's name says when it was made, so that starts change nothing.
func (b *backups) due(ctx context.Context, c *Config) error {
	if c.Backup.Every == 0 {
		return nil
	}
	shelf := c.shelf()
	all, err := shelf.List(c.Node, backup.Scheduled)
	if err != nil {
		return b.fell(ctx, err)
	}
	if len(all) > 0 && b.now().Sub(all[0].Made) < c.Backup.Every.Std() {
		return nil
	}
	ctx, end, err := b.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	path, m, t, err := shelf.Make(ctx, b.source(backup.Scheduled))
	if path == "" {
		return b.fell(ctx, err)
	}
	b.failed.Store(nil)
	return errors.Join(err, b.house.record.Append(ctx, backupEvent(kindBackupMade, "A backup was made.", made(m, t, "the clock")...)))
}

// fell says once that none could be made; it is tried again and again.
func (b *backups) fell(ctx context.Context, err error) error {
	p := problem.Of(err)
	if was := b.failed.Swap(p); was != nil && was.Code == p.Code || ctx.Err() != nil {
		return err
	}
	e := backupEvent(kindBackupFailed, "A backup was due, and could not be made.", event.Detail{Name: "by", Value: "the clock"}, event.Detail{Name: "problem", Value: p.Code})
	e.Severity = event.High
	return errors.Join(err, b.house.record.Append(ctx, e))
}

func backupEvent(kind, message string, details ...event.Detail) *event.Event {
	return lifecycle(event.OtherActivity, kind, message, details...)
}

// made are the facts of a backup that is whole.
func made(m *backup.Manifest, t backup.Totals, by string) []event.Detail {
	d := []event.Detail{{Name: "by", Value: by}, {Name: "backup", Value: m.ID}, {Name: "rows", Value: strconv.FormatInt(t.Rows, 10)}}
	if m.Record != nil {
		d = append(d, event.Detail{Name: "events", Value: strconv.FormatUint(m.Record.Events, 10)})
	}
	return d
}

// seen is what the checks of monitoring look at: the files themselves.
func (b *backups) seen(c *Config) monitoring.Backups {
	newest := func() (backup.Kept, error) {
		all, err := c.shelf().List(c.Node, backup.Scheduled)
		if err != nil || len(all) == 0 {
			return backup.Kept{}, err
		}
		return all[0], nil
	}
	return monitoring.Backups{
		Every: c.Backup.Every.Std(),
		Newest: func() (time.Time, error) {
			k, err := newest()
			return k.Made, err
		},
		Failed: func() error {
			if p := b.failed.Load(); p != nil {
				return p
			}
			return nil
		},
		Read: func(ctx context.Context) (any, error) {
			k, err := newest()
			if err != nil {
				return nil, err
			}
			m, t, err := checkFile(ctx, k.Path, b.key, nil)
			if err != nil {
				return nil, err
			}
			return struct {
				File   string        `json:"file"`
				ID     string        `json:"id"`
				Made   time.Time     `json:"made"`
				Totals backup.Totals `json:"totals"`
			}{k.Path, m.ID, m.Made, t}, nil
		},
	}
}

// sizeOf is a number of bytes for people.
func sizeOf(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
