package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenward/tenward/store"
)

// Subject is what the waker is told about; Woken understands the messages.
const Subject = "identity.session"

// What a message says of the id that follows it.
const (
	wakeEnded   = "ended "
	wakeChanged = "changed "
	wakePerson  = "person "
)

// wakeTime bounds telling the others. Whoever was not told finds out by itself within one Save.
const wakeTime = 2 * time.Second

// wakeMost is how many sessions one message names.
const wakeMost = 100

var errWake = errors.New("the cluster did not take the message in time")

func (s *Sessions) wake(ctx context.Context, what, id string) {
	ctx, cancel := context.WithTimeoutCause(ctx, wakeTime, errWake)
	defer cancel()
	// An error means that the bus is down, which its owner sees, says and mends. Nobody relies on it: see Save.
	_ = s.waker.Wake(ctx, Subject, what+id)
}

// Woken takes what another node said.
func (s *Sessions) Woken(message string) {
	switch what, id, _ := strings.Cut(message, " "); what + " " {
	case wakeEnded:
		for one := range strings.SplitSeq(id, ",") {
			s.live.end(one)
		}
	case wakeChanged:
		s.live.forget(id)
	case wakePerson:
		s.live.forgetPerson(PersonID(id))
	default: // from a newer node: forget everything rather than something too little
		s.live.clear()
	}
}

// Missed is for when messages of other nodes may have been lost: everything is read anew, and what has ended ends.
func (s *Sessions) Missed(ctx context.Context) error {
	s.live.clear()
	return s.compare(ctx)
}

// standing is a session as the database has it.
type standing struct {
	id       string
	version  int64
	strength Strength
}

// compare ends here what the database does not have any more, and forgets what has become another there.
func (s *Sessions) compare(ctx context.Context) error {
	known := s.live.known()
	if len(known) == 0 {
		return nil
	}
	rows, err := s.db.Query(ctx, `SELECT s.id, p.updated_at, s.strength FROM identity_session s JOIN identity_person p ON p.id = s.person_id
		WHERE s.ends_at > $1 AND p.state = 'active'`, s.now().UnixMicro())
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, one *standing) error { return rows.Scan(&one.id, &one.version, &one.strength) })
	if err != nil {
		return fmt.Errorf("read sessions: %w", err)
	}
	for _, there := range all {
		here, ok := known[there.id]
		delete(known, there.id)
		switch {
		case !ok: // only another node knows it
		case here.version != there.version:
			s.live.forgetPerson(here.person)
		case here.strength != there.strength:
			s.live.forget(there.id)
		}
	}
	for id := range known {
		s.live.end(id)
	}
	return nil
}

// Save writes down when sessions were seen, takes over what ended or changed elsewhere, and removes what is over. It
// belongs on a clock, a few times a minute: what a crash loses of it only makes a session end sooner.
func (s *Sessions) Save(ctx context.Context) error {
	seen := s.live.unsaved()
	now := s.now()
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		for id, at := range seen {
			if _, err := tx.Exec(ctx, "UPDATE identity_session SET seen_at = $1 WHERE id = $2 AND seen_at < $1", at, id); err != nil {
				return fmt.Errorf("save session: %w", err)
			}
		}
		_, err := tx.Exec(ctx, "DELETE FROM identity_session WHERE ends_at <= $1 OR seen_at <= $2", now.UnixMicro(), now.Add(-s.limits.Load().Idle).UnixMicro())
		if err != nil {
			return fmt.Errorf("remove ended sessions: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.compare(ctx)
}
