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
	batch = 20
	// lease is how long a message is this node's once it has claimed it: longer than any attempt takes.
	lease   = 5 * time.Minute
	attempt = time.Minute
)

// claimed is a message that nobody else delivers now.
type claimed struct {
	id, channel string
	attempts    int // with this one
}

// Deliver delivers what is due, and returns when nothing more is.
func (s *Service) Deliver(ctx context.Context) error {
	for {
		due, err := s.claim(ctx)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, one := range due {
			if err := s.try(ctx, one); err != nil {
				return err
			}
		}
	}
}

// claim takes messages by putting them off: should this process die, they are due again when the lease is over.
func (s *Service) claim(ctx context.Context) (due []claimed, err error) {
	now := s.now()
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		rows, err := tx.Query(ctx, `UPDATE notice_message SET next_at = $1, attempts = attempts + 1 WHERE id IN
			(SELECT id FROM notice_message WHERE next_at <= $2 ORDER BY next_at, id LIMIT $3) RETURNING id, channel, attempts`,
			now.Add(lease).UnixMicro(), now.UnixMicro(), batch)
		if err != nil {
			return err
		}
		due, err = store.All(rows, func(rows *sql.Rows, c *claimed) error { return rows.Scan(&c.id, &c.channel, &c.attempts) })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages: %w", err)
	}
	return due, nil
}

// try delivers one message, and keeps what came of it.
func (s *Service) try(ctx context.Context, one claimed) error {
	raw, err := s.secrets.Get(ctx, secretOf(one.id))
	if errors.Is(err, store.ErrNoSecret) {
		return s.remove(ctx, one, nil) // another node was faster, and could not say so
	}
	if err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	var m Message
	if err := json.Unmarshal(raw, &m); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	how, known := s.ways[one.channel]
	if !known { // it was taken out of the configuration
		return s.remove(ctx, one, about(&m, one.channel, event.Medium, kindFailed, "A message was given up: its way is not configured any more.", one.attempts))
	}
	bounded, cancel := context.WithTimeoutCause(ctx, attempt, errors.New("the other side took too long"))
	err = how.deliver(bounded, one.id, s.now(), &m)
	cancel()
	switch {
	case err == nil:
		return s.remove(ctx, one, about(&m, one.channel, event.Informational, kindDelivered, "A message was delivered.", one.attempts))
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errGiveUp), one.attempts > len(backoff):
		s.log.Error("a message was given up", "channel", one.channel, "about", m.Kind, "attempts", one.attempts, "error", err)
		return s.remove(ctx, one, about(&m, one.channel, event.High, kindFailed, "A message could not be delivered and was given up.", one.attempts))
	}
	next := s.now().Add(backoff[one.attempts-1])
	s.log.Warn("a message waits", "channel", one.channel, "about", m.Kind, "attempts", one.attempts, "until", next, "error", err)
	if _, err := s.db.Exec(ctx, "UPDATE notice_message SET next_at = $1 WHERE id = $2", next.UnixMicro(), one.id); err != nil {
		return fmt.Errorf("put message off: %w", err)
	}
	return nil
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
		if why != nil {
			again := *why // Do may run this more than once
			c.Record(&again)
		}
		return nil
	})
}
