package store

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// OpenWith is Open with another timeline of migrations.
func OpenWith(ctx context.Context, o Options, fsys fs.FS) (*DB, error) {
	db, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	timeline, err := readTimeline(fsys)
	if err == nil {
		err = db.migrate(ctx, timeline)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Migrations is the timeline this binary was built with.
func Migrations() fs.FS { return embedded }

// Retry is retry.
func Retry(ctx context.Context, patience time.Duration, passing func(error) bool, do func() error) error {
	return retry(ctx, patience, passing, do)
}

// Text is the form of the key that files hold.
func (k MasterKey) Text() string { return k.text() }
