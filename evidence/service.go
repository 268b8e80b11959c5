package evidence

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// Options are what a service is made of. All must be set.
type Options struct {
	Practices []practice.Practice // the ten, in the order in which they are shown
	DB        *store.DB
	Box       *outbox.Outbox
	Now       func() time.Time
	Log       *slog.Logger
}

// Service asks the practices' checks and keeps what they answer.
type Service struct {
	practices []practice.Practice
	checks    map[string]practice.Check
	ids       []string // of all checks, in order
	db        *store.DB
	box       *outbox.Outbox
	now       func() time.Time
	log       *slog.Logger

	slots chan struct{} // one for each check that may be asked at the same time
	look  chan struct{} // something may be due

	mu      sync.Mutex
	busy    map[string]bool          // checks that this process asks, or waits to ask
	running map[string]chan struct{} // checks whose own code runs, which may outlast its time; closed at its end

	asking  sync.WaitGroup   // those that Watch asks
	written map[string]point // what Watch has written of the days' scores
}

// atOnce is how many checks are asked at the same time: they share the machine with the requests that they are about.
const atOnce = 3

// New makes a service. It asks nothing before Watch or Run.
func New(o Options) (*Service, error) {
	s := &Service{
		practices: o.Practices, checks: map[string]practice.Check{}, db: o.DB, box: o.Box, now: o.Now, log: o.Log,
		slots: make(chan struct{}, atOnce), look: make(chan struct{}, 1), busy: map[string]bool{}, running: map[string]chan struct{}{}, written: map[string]point{},
	}
	for _, p := range o.Practices {
		for _, c := range p.Checks {
			if _, twice := s.checks[c.ID]; twice || c.ID == "" || c.Every <= 0 || c.Run == nil {
				return nil, fmt.Errorf("take check %q of %s: it is there twice, or has no id, no time or nothing to run", c.ID, p.Slug)
			}
			if c.Timeout == 0 {
				c.Timeout = practice.DefaultCheckTimeout
			}
			if c.Weight == 0 {
				c.Weight = 1
			}
			s.checks[c.ID] = c
			s.ids = append(s.ids, c.ID)
		}
	}
	slices.Sort(s.ids)
	return s, nil
}

// Reader is what marks checks stale.
func (s *Service) Reader() practice.Reader {
	return practice.Reader{Name: "evidence/stale", Read: s.read}
}

// Job is what forgets what is older than it is kept.
func (s *Service) Job() practice.Job {
	return practice.Job{Name: "evidence/forget", Every: 6 * time.Hour, Timeout: 10 * time.Minute, Run: s.Forget}
}

// wake has Watch look for what is due.
func (s *Service) wake() {
	select {
	case s.look <- struct{}{}:
	default: // it looks already
	}
}

// Wait returns when no check's own code is running any more, or says that one does not end.
func (s *Service) Wait(ctx context.Context) error {
	s.mu.Lock()
	running := maps.Clone(s.running)
	s.mu.Unlock()
	for id, ended := range running {
		select {
		case <-ended:
		case <-ctx.Done():
			return fmt.Errorf("wait for check %s, which does not end: %w", id, context.Cause(ctx))
		}
	}
	return nil
}
