// Package upstream is the way from the gate to the applications of one service: which of them gets a request, over which
// protocol, how one is known to be well, and what happens when one does not answer.
//
// It knows nothing of exchanges and stages. What it holds to: RFC 9110 section 9.2.2 (what may be sent twice), RFC 9113
// section 3.3 (HTTP/2 with prior knowledge), RFC 9525 (whose certificate it is); the budget for sending again is that of
// "Site Reliability Engineering", chapter 22. Why it is as it is: docs/decisions/0032-several-upstreams.md.
package upstream

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Spec is where a service's applications are, and how requests are shared out among them.
type Spec struct {
	Targets []Target
	Balance Balance
	Health  Health
	TLS     *tls.Config // whom https:// targets must be, and who we are to them; nil: whom the system trusts, and nobody
	Host    string      // what health checks ask for; empty: the target's own address
}

// Target is one application.
type Target struct {
	URL    *url.URL // http, https or h2c, with a path when it lives below one
	Weight int      // its share beside the others' weights; 0 is 1
}

// One is a service of one application.
func One(u *url.URL) Spec { return Spec{Targets: []Target{{URL: u}}} }

// MaxTargets is how many a service may have: which ones a request has been to is one word of memory.
const MaxTargets = 64

// Options are what a pool is made of.
type Options struct {
	Service  string
	Spec     Spec
	Timeouts Timeouts
	Key      []byte // makes sticky cookies; only Sticky needs it
	Log      *slog.Logger
	Now      func() time.Time
	After    func(time.Duration) <-chan time.Time // what health checks wait for; nil: time.After
}

// Pool is the upstreams of one service. All its methods may be called at once.
type Pool struct {
	service string
	members []*member
	balance Balance
	health  Health
	host    string
	cookie  string // its name; empty unless sticky
	log     *slog.Logger
	now     func() time.Time
	after   func(time.Duration) <-chan time.Time
	random  func(time.Duration) time.Duration

	turn   atomic.Uint64
	budget budget
	plan   atomic.Pointer[plan]
	mu     sync.Mutex // guards what the plan is made of
}

// member is one upstream of a pool.
type member struct {
	url       *url.URL
	scheme    string // of the requests: h2c is http with a transport of its own
	base      string // the path that it lives below, without its last slash
	weight    int64
	bit       uint64 // its place among those that a request has been to
	token     string // what a sticky cookie calls it
	transport *http.Transport

	inFlight     atomic.Int64
	sent, failed atomic.Uint64
	row          atomic.Int32 // failures in a row
	seen         atomic.Bool  // it has answered once

	condition // guarded by the pool
}

// New makes the pool. It starts nothing: Watch does.
func New(o Options) (*Pool, error) {
	s := &o.Spec
	if len(s.Targets) == 0 || len(s.Targets) > MaxTargets {
		return nil, fmt.Errorf("upstreams of %s: %d of them, want 1 to %d", o.Service, len(s.Targets), MaxTargets)
	}
	p := &Pool{
		service: o.Service, balance: s.Balance, health: s.Health, host: s.Host, log: o.Log, now: o.Now, after: o.After,
		random: rand.N[time.Duration], // it spreads health checks, nothing more
	}
	if p.after == nil {
		p.after = time.After
	}
	if s.Balance == Sticky {
		if len(o.Key) < minKey {
			return nil, errors.New("sticky upstreams need a key of 32 bytes")
		}
		p.cookie = CookiePrefix + o.Service
	}
	transports := map[string]*http.Transport{}
	for i, t := range s.Targets {
		if transports[t.URL.Scheme] == nil {
			transport, err := o.Timeouts.transport(t.URL.Scheme, s.TLS)
			if err != nil {
				return nil, fmt.Errorf("upstreams of %s: %w", o.Service, err)
			}
			transports[t.URL.Scheme] = transport
		}
		m := newMember(t, 1<<i, transports[t.URL.Scheme])
		if p.cookie != "" {
			m.token = token(o.Key, o.Service, t.URL.String())
		}
		p.members = append(p.members, m)
	}
	p.plan.Store(p.draw(p.now()))
	return p, nil
}
