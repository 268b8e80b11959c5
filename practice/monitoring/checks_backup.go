package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// Backups are those that this node makes on a clock, as their files say.
type Backups struct {
	Every  time.Duration                          // zero: it makes none
	Newest func() (time.Time, error)              // when the newest was made; the zero time where there is none
	Failed func() error                           // why the last one could not be made; nil where it could
	Read   func(ctx context.Context) (any, error) // reads the newest to its end, and gives what it holds
}

// lateBackup is how much later than it was due one may be: it is looked for every ten minutes, and a large one takes its
// time.
const lateBackup = 2 * time.Hour

// backupSubject is what the findings are about.
const backupSubject = "backup"

// none is why nothing can be said: Unknown, which is no pass.
func (b *Backups) none(newest time.Time) error {
	if b.Every == 0 {
		return problem.New("monitoring.backup.elsewhere", "Tenward makes no backups by itself, so it cannot say whether there are any.", "Write backup: {every: 24h}, or see that somebody else proves it.")
	}
	if newest.IsZero() {
		return problem.New("monitoring.backup.none", "No backup was made yet.", "One is made within ten minutes of the first start. For one now: tenward backup.")
	}
	return nil
}

func (s *Service) backupFresh(context.Context) ([]practice.Finding, error) {
	b := &s.outside.Backups
	newest, err := b.Newest()
	if err != nil {
		return nil, err
	}
	if err := b.Failed(); err != nil && b.Every > 0 {
		return []practice.Finding{practice.Found(practice.Fail, backupSubject, "The last backup could not be made. %s", problem.Of(err).Sentence)}, nil
	}
	if err := b.none(newest); err != nil {
		return nil, err
	}
	at := newest.UTC().Format(time.RFC3339)
	if age := s.now().Sub(newest); age > b.Every+lateBackup {
		return []practice.Finding{practice.Found(practice.Fail, backupSubject, "The newest backup was made at %s, and one is due every %s.", at, b.Every)}, nil
	}
	return []practice.Finding{practice.Found(practice.Pass, backupSubject, "The newest backup was made at %s.", at)}, nil
}

// backupWhole reads what a restore would read.
func (s *Service) backupWhole(ctx context.Context) ([]practice.Finding, error) {
	b := &s.outside.Backups
	newest, err := b.Newest()
	if err != nil {
		return nil, err
	}
	if err := b.none(newest); err != nil {
		return nil, err
	}
	at := newest.UTC().Format(time.RFC3339)
	held, err := b.Read(ctx)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return []practice.Finding{practice.Found(practice.Fail, backupSubject, "The newest backup, of %s, could not be restored. %s", at, problem.Of(err).Sentence)}, nil
	}
	f := practice.Found(practice.Pass, backupSubject, "The newest backup, of %s, was read to its end, and is as it was sealed.", at)
	if f.Proof, err = json.Marshal(held); err != nil {
		return nil, fmt.Errorf("write what was read: %w", err)
	}
	return []practice.Finding{f}, nil
}
