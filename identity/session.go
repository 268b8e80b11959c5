package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event"
)

// Strength is what somebody has proven. The zero value is not enough for anything but proving more.
type Strength int

// The strengths, each more than the one before.
const (
	Begun        Strength = 0 // the first of two steps
	Password     Strength = 1 // something they know, where that is enough
	SecondFactor Strength = 2 // and something they hold
)

// Face is on which of Tenward's origins a token is good. Each origin has a token of its own, so that script in an
// application finds none that the portal or the console would take.
type Face string

// The faces.
const (
	Portal      Face = "portal"
	Console     Face = "console"
	Application Face = "application"
)

// Session is one sign-in as the road sees it. It is shared between exchanges and never changes but for its life: when
// somebody changes, another takes its place.
type Session struct {
	ID       string
	Person   *Person
	Strength Strength
	Address  string // where it began; for its owner to recognise it
	Agent    string // the browser it began in, likewise
	Began    time.Time
	Ends     time.Time // at the latest
	User     *event.User

	// Memo is what access has worked out for this session. It lasts as long as the session is known in this form: when
	// anything about its person changes, another takes the session's place, without it.
	Memo atomic.Value

	tokens  []hash // those that live holds, under its lock
	version int64  // of the person, as it was read
	*life
}

// life is what all that was ever read of one session shares: when it was seen, and that it ends.
type life struct {
	seen    atomic.Int64 // microseconds since 1970
	dirty   atomic.Bool  // seen is newer than the database's
	person  PersonID
	version int64 // of the person, when it began here

	ended context.Context //nolint:containedctx // it is the session's own: what it ends listens to it
	end   context.CancelFunc
}

func newLife(of PersonID, version int64) *life {
	l := &life{person: of, version: version}
	l.ended, l.end = context.WithCancel(context.Background())
	return l
}

// Seen is when the session was last used, as far as this node knows.
func (l *life) Seen() time.Time { return time.UnixMicro(l.seen.Load()).UTC() }

// touch notes that it is used now.
func (l *life) touch(now int64) {
	// Most requests of a page come within the same second: no write that other cores would have to read again.
	if seen := l.seen.Load(); now-seen > int64(time.Second/time.Microsecond) && l.seen.CompareAndSwap(seen, now) {
		l.dirty.Store(true)
	}
}

// tokenBytes is the entropy of a token: 256 bits, twice what ASVS 5.0 V7.2.3 asks for.
const tokenBytes = 32

// tokenLength is a token's length as text.
var tokenLength = base64.RawURLEncoding.EncodedLen(tokenBytes)

// newToken makes a token. Only its hash is kept anywhere.
func newToken() string {
	var b [tokenBytes]byte
	rand.Read(b[:]) // it never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

type hash = [sha256.Size]byte

// hashToken needs no salt and no cost: what is hashed has 256 bits of entropy.
func hashToken(token string) hash {
	var b [64]byte
	return sha256.Sum256(b[:copy(b[:], token)])
}
