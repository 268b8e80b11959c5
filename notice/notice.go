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
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

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
	lanes   []*lane
}

// lane is one way out. Each goes at its own pace: a program that does not answer holds no letter up.
type lane struct {
	channel string
	way     way
	wake    chan struct{}
}

// way delivers one message, which was put at that time and has the same id at each attempt. An error after which trying
// again is no use is an errGiveUp.
type way interface {
	deliver(ctx context.Context, id string, put time.Time, m *Message) error
}

const (
	channelMail = "mail"
	channelHook = "webhook/"
)

// New makes a service. It sends nothing before Run.
func New(o Options) (*Service, error) {
	s := &Service{db: o.DB, secrets: o.Secrets, box: o.Box, now: o.Now, log: o.Log}
	if o.Config.Mail.Server != "" {
		m, err := newMailer(o.Config.Mail)
		if err != nil {
			return nil, err
		}
		s.add(channelMail, m)
	}
	for i := range o.Config.Webhooks {
		w := &o.Config.Webhooks[i]
		h, err := newHook(w, o.Now)
		if err != nil {
			return nil, fmt.Errorf("prepare webhook %s: %w", w.Name, err)
		}
		s.add(channelHook+w.Name, h)
	}
	return s, nil
}

func (s *Service) add(channel string, w way) {
	s.lanes = append(s.lanes, &lane{channel: channel, way: w, wake: make(chan struct{}, 1)})
}

// Wake has Run look at once.
func (s *Service) Wake() {
	for _, l := range s.lanes {
		select {
		case l.wake <- struct{}{}:
		default: // it looks already
		}
	}
}

// Deliver delivers what is due, and returns when nothing more is.
func (s *Service) Deliver(ctx context.Context) error {
	var all []error
	for _, l := range s.lanes {
		all = append(all, s.deliver(ctx, l))
	}
	return errors.Join(append(all, s.expire(ctx))...)
}

// Run delivers at once what changes bring, and in time what waits for another attempt, until the context ends.
func (s *Service) Run(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, l := range s.lanes {
		all.Go(func() { s.follow(ctx, l.wake, func(ctx context.Context) error { return s.deliver(ctx, l) }) })
	}
	s.follow(ctx, nil, s.expire)
}

// every is how often Run looks for what is due again.
const every = 15 * time.Second

// follow does the same over and over: at once, when woken and on the clock.
func (s *Service) follow(ctx context.Context, wake <-chan struct{}, do func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("messages could not be delivered; they are tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
		}
	}
}
