package console

import (
	"crypto/rand"
	"crypto/subtle"
	"sync"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// undoWithin is how long an act can be taken back.
const undoWithin = 10 * time.Second

// flashes are what pages say about each session's last act.
type flashes struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*flash // by the session's id
}

type flash struct {
	sentence string
	token    string // what a page must send to take it back; empty where nothing does
	undo     *practice.Undo
	until    time.Time
}

func newFlashes(now func() time.Time) *flashes { return &flashes{now: now, all: map[string]*flash{}} }

// put remembers what was done, instead of what was done before.
func (f *flashes) put(s *identity.Session, r practice.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	for id, old := range f.all {
		if now.After(old.until) {
			delete(f.all, id)
		}
	}
	if r.Sentence == "" && r.Undo == nil {
		delete(f.all, s.ID)
		return
	}
	one := &flash{sentence: r.Sentence, undo: r.Undo, until: now.Add(undoWithin)}
	if one.undo != nil {
		one.token = rand.Text()
	}
	f.all[s.ID] = one
}

// of is what a page says to a session now; nil is nothing.
func (f *flashes) of(s *identity.Session) *flash {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.all[s.ID]; one != nil && !f.now().After(one.until) {
		return one
	}
	return nil
}

// take gives what takes the last act back, once.
func (f *flashes) take(s *identity.Session, token string) *practice.Undo {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.all[s.ID]
	if one == nil || one.undo == nil || f.now().After(one.until) || subtle.ConstantTimeCompare([]byte(one.token), []byte(token)) != 1 {
		return nil
	}
	delete(f.all, s.ID)
	return one.undo
}
