package notice

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/store"
)

// errGiveUp marks a refusal that trying again does not change.
var errGiveUp = errors.New("refused for good")

// backoff is how long a message waits after each failed attempt; after the last it is given up.
var backoff = [...]time.Duration{
	time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour,
}

const (
	// attempt bounds one try.
	attempt = time.Minute
	// lease is how long a message is this node's once it has claimed it: longer than any attempt takes.
	lease = 5 * time.Minute
	// old is when a message is given up whatever has become of it: longer than all attempts take.
	old = 48 * time.Hour
)

// claimed is a message that nobody else delivers now.
type claimed struct {
	id, channel, kind string
	attempts          int // with this one
	put               time.Time
}

// deliver delivers what is due on one lane. Messages are claimed one by one, so that none waits, claimed, for longer
// than its lease behind a server that is slow.
func (s *Service) deliver(ctx context.Context, l *lane) error {
	for {
		now := s.now()
		due, err := s.take(ctx, `UPDATE notice_message SET next_at = $1, attempts = attempts + 1 WHERE id IN
			(SELECT id FROM notice_message WHERE next_at <= $2 AND attempts <= $3 AND created_at > $4 AND channel = $5 ORDER BY next_at, id LIMIT 1)
			RETURNING id, channel, kind, attempts, created_at`, now.Add(lease).UnixMicro(), now.UnixMicro(), len(backoff), now.Add(-old).UnixMicro(), l.channel)
		if err != nil || len(due) == 0 {
			return err
		}
		if err := s.try(ctx, l.way, due[0]); err != nil {
			return err
		}
	}
}

// take claims messages. Should this process die, they are due again when the lease is over. It goes through the outbox
// because that does nothing while the record cannot be written: what was sent then could not be removed, and would be
// sent again and again.
func (s *Service) take(ctx context.Context, query string, args ...any) (due []claimed, err error) {
	err = s.box.Do(ctx, func(c *outbox.Change) error {
		rows, err := c.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		due, err = store.All(rows, func(rows *sql.Rows, one *claimed) error {
			var put int64
			defer func() { one.put = time.UnixMicro(put) }()
			return rows.Scan(&one.id, &one.channel, &one.kind, &one.attempts, &put)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return due, nil
}

// try delivers one message, and keeps what came of it.
func (s *Service) try(ctx context.Context, how way, one claimed) error {
	raw, err := s.secrets.Get(ctx, secretOf(one.id))
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	var m Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, attempt, errors.New("the other side took too long"))
	err = how.deliver(bounded, one.id, one.put, &m)
	cancel()
	ctx = context.WithoutCancel(ctx) // what came of it is kept, also while the process stops
	switch {
	case err == nil:
		return s.remove(ctx, one, about(&m, one.channel, event.Informational, kindDelivered, "A message was delivered.", one.attempts))
	case errors.Is(err, errGiveUp), one.attempts > len(backoff):
		s.log.Error("a message was given up", "channel", one.channel, "about", m.Kind, "attempts", one.attempts, "error", err)
		return s.remove(ctx, one, about(&m, one.channel, event.High, kindFailed, "A message could not be delivered and was given up.", one.attempts))
	}
	next := s.now().Add(backoff[one.attempts-1])
	s.log.Warn("a message waits", "channel", one.channel, "about", m.Kind, "attempts", one.attempts, "until", next, "error", err)
	if _, err := s.db.Exec(ctx, "UPDATE notice_message SET next_at = $1 WHERE id = $2 AND attempts = $3", next.UnixMicro(), one.id, one.attempts); err != nil {
		return fmt.Errorf("put message off: %w", err)
	}
	return nil
}

// expire gives up what no lane can bring to an end: its way is configured on no node any more, its text does not open,
// or the last attempt ended with the process.
func (s *Service) expire(ctx context.Context) error {
	for {
		now := s.now()
		due, err := s.take(ctx, `UPDATE notice_message SET next_at = $1 WHERE id IN
			(SELECT id FROM notice_message WHERE next_at <= $2 AND (attempts > $3 OR created_at <= $4) ORDER BY next_at, id LIMIT 1)
			RETURNING id, channel, kind, attempts, created_at`, now.Add(lease).UnixMicro(), now.UnixMicro(), len(backoff), now.Add(-old).UnixMicro())
		if err != nil || len(due) == 0 {
			return err
		}
		one := due[0]
		s.log.Error("a message was given up", "channel", one.channel, "about", one.kind, "attempts", one.attempts, "since", one.put)
		m := Message{Kind: one.kind}
		if err := s.remove(ctx, one, about(&m, one.channel, event.High, kindFailed, "A message could not be delivered and was given up.", one.attempts)); err != nil {
			return err
		}
	}
}

// remove forgets a message with its text, and records why.
func (s *Service) remove(ctx context.Context, one claimed, why *event.Event) error {
	return s.box.Do(ctx, func(c *outbox.Change) error {
		if _, err := c.Exec(ctx, "DELETE FROM notice_message WHERE id = $1", one.id); err != nil {
			return fmt.Errorf("remove message: %w", err)
		}
		if _, err := c.Exec(ctx, "DELETE FROM store_secret WHERE name = $1", secretOf(one.id)); err != nil {
			return fmt.Errorf("remove message: %w", err)
		}
		again := *why // Do may run this more than once
		c.Record(&again)
		return nil
	})
}
