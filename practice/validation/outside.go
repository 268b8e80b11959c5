package validation

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
)

// Outside is what there is to look at from outside: the services, through the gate's own listener, and what the record
// has of it. Nothing of it asks this practice what it believes.
type Outside struct {
	// Try sends requests to a service as Tenward's own attacks are sent: tagged, so that no application gets to see any.
	// pages is how much of each answer is wanted, in bytes.
	Try   func(ctx context.Context, service string, entries []attack.Entry, pages int) (attack.Report, error)
	Paths map[string]string // below which each service is served; "/" for all of its hosts

	Dial func(ctx context.Context) (net.Conn, error) // to the gate, with TLS, to speak HTTP/1.1 as one likes
	Host string                                      // of Tenward's own, for that: what is asked there reaches no application

	Find func(ctx context.Context, id event.ID) (*event.Event, []byte, error) // in the record, as event.Log has it
	Wait time.Duration                                                        // how long an exchange may take to get there; zero: 10 s
}

// LookAt says what the checks look at, which stands only after this practice does.
func (s *Service) LookAt(o Outside) {
	if o.Wait == 0 {
		o.Wait = 10 * time.Second
	}
	s.outside = o
}

// await gives the event of an exchange as soon as the record has it; nil when it did not come within the time.
func (o *Outside) await(ctx context.Context, id string) (*event.Event, error) {
	uid, err := event.ParseID(id)
	if err != nil {
		return nil, fmt.Errorf("look for the event of an answer that names %q: %w", id, err)
	}
	late := time.NewTimer(o.Wait)
	defer late.Stop()
	again := time.NewTicker(o.Wait / 50)
	defer again.Stop()
	for {
		e, _, err := o.Find(ctx, uid)
		switch {
		case err == nil:
			return e, nil
		case !errors.Is(err, event.ErrNoEvent):
			return nil, fmt.Errorf("read the record: %w", err)
		}
		select {
		case <-again.C:
		case <-late.C:
			return nil, nil //nolint:nilnil // it is not there, which is what was asked
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// fresh is a word that nobody has used: no application has a field of that name, and no other request has it.
func fresh() string { return "tw" + strings.ToLower(rand.Text()[:12]) }
