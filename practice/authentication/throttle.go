package authentication

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/netip"
	"time"

	"github.com/tenward/tenward/problem"
)

// counters is the part of cluster.Cluster that is needed.
type counters interface {
	Count(ctx context.Context, key string, n int64, window time.Duration) (int64, error)
	Forget(ctx context.Context, key string) error
}

// throttle bounds guessing: by account, by address, and by the pair of both. Nobody is locked out for ever, and nobody
// can lock somebody else out: a browser in which somebody has signed in before is counted by itself.
type throttle struct {
	shared counters
	alone  counters // while the cluster does not answer: each node counts for itself
	log    *slog.Logger
}

// window is how long most counters live. limits are how many tries it allows.
const window = 15 * time.Minute

const (
	perPair    = 10  // a person who mistypes, from one place
	perAccount = 50  // guessing from many places
	perAddress = 200 // many people behind one address
	perDevice  = 10  // a known browser
	perCodes   = 10  // second factors of one person, over all sessions
	perDay     = 40  // and in a day: three codes of a million are good at a time, so that a year of guessing finds 1 in 25
)

// ErrThrottled says that there were too many tries.
var ErrThrottled = problem.New("authentication.throttled", "There were too many tries.", "Wait a quarter of an hour, then try again.").After(window)

// count takes one try from each of the counters, before anything is compared: however many come at once, no more than
// the limit get through.
func (t *throttle) count(ctx context.Context, tries ...try) error {
	for _, one := range tries {
		n, err := t.shared.Count(ctx, one.key, 1, one.window)
		if err != nil {
			t.log.Warn("tries are counted on this node alone", "error", err)
			if n, err = t.alone.Count(ctx, one.key, 1, one.window); err != nil {
				return err
			}
		}
		if n > one.limit {
			return ErrThrottled
		}
	}
	return nil
}

// giveBack takes what a success has counted out again: an office comes from one address, all at nine in the morning.
func (t *throttle) giveBack(ctx context.Context, tries ...try) {
	for _, one := range tries {
		if _, err := t.shared.Count(ctx, one.key, -1, one.window); err != nil {
			_, err = t.alone.Count(ctx, one.key, -1, one.window)
			if err != nil {
				t.log.Warn("a try that succeeded stays counted", "error", err)
			}
		}
	}
}

// clear sets counters back after a success.
func (t *throttle) clear(ctx context.Context, tries ...try) {
	for _, one := range tries {
		for _, c := range []counters{t.shared, t.alone} {
			if err := c.Forget(ctx, one.key); err != nil {
				t.log.Warn("a counter of tries goes on", "error", err)
			}
		}
	}
}

// try is one counter.
type try struct {
	key    string
	limit  int64
	window time.Duration
}

// passwordTries are the counters of a password for this account from this address; device is what is known of the
// browser, empty for a stranger.
func passwordTries(account string, from netip.Addr, device string) []try {
	if device != "" {
		return []try{{"signin:device:" + device, perDevice, window}}
	}
	place := network(from)
	return []try{
		{"signin:address:" + place, perAddress, window},
		{"signin:pair:" + short(account+"\x00"+place), perPair, window},
		{"signin:account:" + short(account), perAccount, window},
	}
}

// codeTries are the counters of somebody's codes. A browser of theirs is counted by itself here too: whoever knows the
// password alone cannot keep them out.
func codeTries(person, device string) []try {
	if device != "" {
		return []try{{"signin:code:" + person + ":" + device, perCodes, window}}
	}
	return []try{{"signin:code:" + person, perCodes, window}, {"signin:codes:" + person, perDay, 24 * time.Hour}}
}

// network is what one subscriber has: an IPv4 address, or the /64 of an IPv6 one.
func network(a netip.Addr) string {
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// short makes a key of what a stranger typed: of bounded length, and unreadable to who looks at the counters.
func short(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:16])
}
