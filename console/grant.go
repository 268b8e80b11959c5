package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"sync"
	"time"
)

// How long links and sessions live, and how many there are at most: when one more is made, the oldest ends.
const (
	linkLife    = 10 * time.Minute
	sessionLife = 30 * time.Minute
	maxLinks    = 32
	maxSessions = 16
)

// grants are secrets given out for a while: links, sessions. Only their hashes are kept, so that nobody who reads the
// memory of the process or a crash's dump finds one that works.
type grants struct {
	now  func() time.Time
	life time.Duration
	max  int

	mu     sync.Mutex
	held   []grant // the oldest first
	closed bool
}

type grant struct {
	hash  [sha256.Size]byte
	until time.Time
}

func newGrants(now func() time.Time, life time.Duration, most int) *grants {
	return &grants{now: now, life: life, max: most}
}

// issue makes a new secret: text of 128 bits or a little more.
func (g *grants) issue() (token string, until time.Time) {
	token, until = rand.Text(), g.now().Add(g.life)
	g.put(grant{sha256.Sum256([]byte(token)), until})
	return token, until
}

// put holds a grant, in the place of the oldest when there are too many.
func (g *grants) put(one grant) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.drop()
	g.held = append(g.held, one)
	if over := len(g.held) - g.max; over > 0 {
		g.held = slices.Delete(g.held, 0, over)
	}
}

// find gives the grant of a secret that is still good.
func (g *grants) find(token string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.index(sha256.Sum256([]byte(token)))
	if i < 0 {
		return grant{}, false
	}
	return g.held[i], true
}

// take is find that can happen once.
func (g *grants) take(token string) (grant, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.index(sha256.Sum256([]byte(token)))
	if i < 0 {
		return grant{}, false
	}
	taken := g.held[i]
	g.held = slices.Delete(g.held, i, i+1)
	return taken, true
}

// good says whether a grant found earlier still holds.
func (g *grants) good(one grant) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.index(one.hash) >= 0
}

func (g *grants) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held, g.closed = nil, true
}

// index looks at every grant for as long, whichever it is.
func (g *grants) index(hash [sha256.Size]byte) int {
	g.drop()
	at := -1
	for i := range g.held {
		if subtle.ConstantTimeCompare(g.held[i].hash[:], hash[:]) == 1 {
			at = i
		}
	}
	return at
}

// drop forgets what has ended.
func (g *grants) drop() {
	now := g.now()
	g.held = slices.DeleteFunc(g.held, func(one grant) bool { return !now.Before(one.until) })
}
