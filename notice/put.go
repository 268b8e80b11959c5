package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
)

// The bounds of what waits. A letter's text is ours and short; an address and a subject may hold what people chose.
const (
	maxWaiting = 10_000   // on each way: one that is down holds no other up
	maxLine    = 998      // RFC 5322 section 2.1.1
	maxBody    = 32 << 10 // a sealed value has at most 64 KB, and JSON swells
)

// Put has a message delivered, on every way that is configured, once the change stands, and says whether a letter is on
// its way to somebody. Where too many wait already it is dropped, which the record says: a change that matters is not
// refused because a mail server is down.
func (s *Service) Put(ctx context.Context, c *outbox.Change, m Message) (mailed bool, err error) {
	if strings.ContainsAny(m.To+m.Subject, "\r\n\x00") || len(m.To) > 254 || len(m.Subject) > maxLine || len(m.Body) > maxBody {
		return false, fmt.Errorf("put message %s: its address or subject has a line break, or something is too long", m.Kind)
	}
	for _, l := range s.lanes {
		if l.channel == channelMail && m.To == "" {
			continue
		}
		taken, err := s.put(ctx, c, l.channel, m)
		if err != nil {
			return false, err
		}
		mailed = mailed || taken && l.channel == channelMail
	}
	c.After(func(context.Context) { s.Wake() })
	return mailed, nil
}

func (s *Service) put(ctx context.Context, c *outbox.Change, channel string, m Message) (taken bool, err error) {
	var waiting int
	if err := c.QueryRow(ctx, "SELECT COUNT(*) FROM notice_message WHERE channel = $1", channel).Scan(&waiting); err != nil {
		return false, fmt.Errorf("count messages: %w", err)
	}
	if waiting >= maxWaiting {
		c.Record(about(&m, channel, event.High, kindDropped, "A message was dropped: too many wait already.", 0))
		return false, nil
	}
	if channel != channelMail {
		m.To, m.Subject, m.Body = "", "", "" // a link is for one person's eyes
	}
	content, err := json.Marshal(m)
	if err != nil {
		return false, fmt.Errorf("put message: %w", err)
	}
	id := event.NewID(c.Now()).String()
	if err := s.secrets.PutIn(ctx, c.Tx, secretOf(id), content); err != nil {
		return false, fmt.Errorf("seal message: %w", err)
	}
	if _, err := c.Exec(ctx, "INSERT INTO notice_message (id, channel, kind, attempts, created_at, next_at) VALUES ($1, $2, $3, 0, $4, $4)",
		id, channel, m.Kind, c.Now().UnixMicro()); err != nil {
		return false, fmt.Errorf("put message: %w", err)
	}
	return true, nil
}

func secretOf(id string) string { return "notice/" + id }

const (
	kindDelivered = "notice.message.delivered"
	kindFailed    = "notice.message.failed"
	kindDropped   = "notice.message.dropped"
)

// about is an event about a message. It never holds the text, and the address only where the person's key seals it.
func about(m *Message, channel string, severity event.Severity, kind, sentence string, attempts int) *event.Event {
	e := &event.Event{
		Class: event.APIActivity, Activity: event.APICreate, Severity: severity, Kind: kind, Message: sentence, Subject: m.Person,
		Details: []event.Detail{{Name: "channel", Value: channel}, {Name: "about", Value: m.Kind}},
	}
	if attempts > 0 {
		e.Details = append(e.Details, event.Detail{Name: "attempts", Value: strconv.Itoa(attempts)})
	}
	if m.Person != "" {
		e.User = &event.User{UID: m.Person, Email: m.To}
	}
	return e
}
