// Package notice tells people by mail, and programs by webhook, what concerns them.
//
// A message is put into the database with the change that it is about, sealed, and leaves after it: none is lost by a
// crash, and none is sent about what did not happen. Each is delivered at least once; what a server refuses for good, or
// for a day, is given up, and the record says so. Mail goes over TLS with the server verified, or not at all.
//
// Sources: RFC 5321 (SMTP), RFC 3207 and RFC 8314 (its TLS), the Standard Webhooks specification.
package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/store"
)

// Message is what somebody is told.
type Message struct {
	Kind    string            // why: "authentication.letter.device"
	To      string            // a mail address; empty where only programs are told
	Subject string            // one line
	Body    string            // plain text; only the letter has it
	Data    map[string]string // only programs get it
	Person  string            // whom it is about: whose key seals what the record says of it
}

// Options are what a service is made of. All must be set.
type Options struct {
	Config  Config
	DB      *store.DB
	Secrets *store.Secrets
	Box     *outbox.Outbox
	Now     func() time.Time
	Log     *slog.Logger
}

// Service queues and delivers.
type Service struct {
	db      *store.DB
	secrets *store.Secrets
	box     *outbox.Outbox
	now     func() time.Time
	log     *slog.Logger
	ways    map[string]way // by channel
	hooks   []string       // the webhooks' channels
	wake    chan struct{}
}

// way delivers one message. An error that is given up says so.
type way interface {
	deliver(ctx context.Context, id string, at time.Time, m *Message) error
}

const (
	channelMail = "mail"
	channelHook = "webhook/"
)

// New makes a service. It sends nothing before Run.
func New(o Options) (*Service, error) {
	s := &Service{db: o.DB, secrets: o.Secrets, box: o.Box, now: o.Now, log: o.Log, ways: map[string]way{}, wake: make(chan struct{}, 1)}
	if o.Config.Mail.Server != "" {
		m, err := newMailer(o.Config.Mail)
		if err != nil {
			return nil, err
		}
		s.ways[channelMail] = m
	}
	for i := range o.Config.Webhooks {
		channel := channelHook + o.Config.Webhooks[i].Name
		s.ways[channel] = newHook(&o.Config.Webhooks[i])
		s.hooks = append(s.hooks, channel)
	}
	return s, nil
}

// Mails says whether letters can be sent.
func (s *Service) Mails() bool { return s.ways[channelMail] != nil }

// The bounds of what waits. A letter's text is ours and short; an address and a subject may hold what people chose.
const (
	maxWaiting = 10_000
	maxLine    = 998 // RFC 5322 section 2.1.1
	maxBody    = 64 << 10
)

// Put has a message delivered once the change stands. While too many wait it is dropped, which the record says: a change
// that matters is not refused because a mail server is down.
func (s *Service) Put(ctx context.Context, c *outbox.Change, m Message) error {
	if strings.ContainsAny(m.To+m.Subject, "\r\n\x00") || len(m.To) > 254 || len(m.Subject) > maxLine || len(m.Body) > maxBody {
		return fmt.Errorf("put message %s: its address or subject has a line break, or something is too long", m.Kind)
	}
	channels := s.hooks
	if m.To != "" && s.Mails() {
		channels = append([]string{channelMail}, channels...)
	}
	for _, channel := range channels {
		if err := s.put(ctx, c, channel, m); err != nil {
			return err
		}
	}
	c.After(s.Wake)
	return nil
}

func (s *Service) put(ctx context.Context, c *outbox.Change, channel string, m Message) error {
	var waiting int
	if err := c.QueryRow(ctx, "SELECT COUNT(*) FROM notice_message").Scan(&waiting); err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	if waiting >= maxWaiting {
		c.Record(about(&m, channel, event.High, kindDropped, "A message was dropped: too many wait already.", 0))
		return nil
	}
	if channel != channelMail {
		m.To, m.Subject, m.Body = "", "", "" // a link is for one person's eyes
	}
	content, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("put message: %w", err)
	}
	id := event.NewID(c.Now()).String()
	if err := s.secrets.PutIn(ctx, c.Tx, secretOf(id), content); err != nil {
		return fmt.Errorf("put message: %w", err)
	}
	if _, err := c.Exec(ctx, "INSERT INTO notice_message (id, channel, kind, attempts, created_at, next_at) VALUES ($1, $2, $3, 0, $4, $4)",
		id, channel, m.Kind, c.Now().UnixMicro()); err != nil {
		return fmt.Errorf("put message: %w", err)
	}
	return nil
}

func secretOf(id string) string { return "notice/" + id }

const (
	kindDelivered = "notice.message.delivered"
	kindFailed    = "notice.message.failed"
	kindDropped   = "notice.message.dropped"
)

// about is an event about a message. It names neither address nor text.
func about(m *Message, channel string, severity event.Severity, kind, sentence string, attempts int) *event.Event {
	e := &event.Event{
		Class: event.APIActivity, Activity: event.APICreate, Severity: severity, Kind: kind, Message: sentence, Subject: m.Person,
		Details: []event.Detail{{Name: "channel", Value: channel}, {Name: "about", Value: m.Kind}},
	}
	if attempts > 0 {
		e.Details = append(e.Details, event.Detail{Name: "attempts", Value: fmt.Sprint(attempts)})
	}
	if m.Person != "" {
		e.User = &event.User{UID: m.Person, Email: m.To}
	}
	return e
}

// Wake has Run look at once.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it looks already
	}
}

// every is how often Run looks for what is due again.
const every = 15 * time.Second

// Run delivers until the context ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("messages could not be delivered; they are tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-tick.C:
		}
	}
}
