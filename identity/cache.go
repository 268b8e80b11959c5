package identity

import (
	"context"
	"runtime"
	"sync"
	"weak"
)

// live is what this node remembers of sessions: by token for the road, by id and by person for ending them.
//
// It holds at most maxLive sessions. When it is full any goes: its next use reads it again.
type live struct {
	mu       sync.RWMutex
	tokens   map[hash]held
	sessions map[string]*Session
	persons  map[PersonID]map[string]*Session
	// lives are those of all sessions, and of those that are forgotten here while an exchange or a stream still has them:
	// what ends must reach these too. Nobody has to say when an exchange is over.
	lives map[string]weak.Pointer[life]
	epoch uint64 // counts what was forgotten: what was read before that may be old
}

// held is what a token opens.
type held struct {
	session *Session
	face    Face
	host    string
}

const maxLive = 100_000

func newLive() *live {
	return &live{
		tokens: map[hash]held{}, sessions: map[string]*Session{}, persons: map[PersonID]map[string]*Session{}, lives: map[string]weak.Pointer[life]{},
	}
}

func (l *live) find(h hash) (held, bool) {
	l.mu.RLock()
	one, ok := l.tokens[h]
	l.mu.RUnlock()
	return one, ok
}

func (l *live) now() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.epoch
}

// keep remembers what was read from the database while the epoch was this, and gives what to use: the session that is
// shared already, if there is one. When something was forgotten since, it may be just this: it says so, and the
// database has to be read again.
func (l *live) keep(h hash, one held, seen int64, epoch uint64) (held, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoch != epoch {
		return held{}, false
	}
	known := l.sessions[one.session.ID]
	if known != nil && known.version < one.session.version {
		l.drop(known) // its person changed, and nobody said so here
		known = nil
	}
	if known != nil {
		one.session = known
	} else {
		l.add(one.session, seen)
	}
	if _, ok := l.tokens[h]; !ok {
		one.session.tokens = append(one.session.tokens, h)
	}
	l.tokens[h] = one
	return one, true
}

func (l *live) add(s *Session, seen int64) {
	l.makeRoom()
	s.life = l.lives[s.ID].Value()
	if s.life != nil && s.life.version < s.version {
		s.end() // its streams began under what was known before
		s.life = nil
	}
	if s.life == nil {
		s.life = newLife(s.Person.ID, s.version)
		s.seen.Store(seen)
		l.lives[s.ID] = weak.Make(s.life)
	}
	l.sessions[s.ID] = s
	of := l.persons[s.Person.ID]
	if of == nil {
		of = map[string]*Session{}
		l.persons[s.Person.ID] = of
	}
	of[s.ID] = s
}

// makeRoom drops a session, any in the map's random order, where there are too many.
func (l *live) makeRoom() {
	if len(l.sessions) < maxLive {
		return
	}
	for _, s := range l.sessions {
		l.drop(s)
		return
	}
}

// hold calls stop when the session's life ends; it says no when that has been. A stream keeps the life by its release.
func (l *live) hold(s *Session, stop func()) (release func(), ok bool) {
	l.mu.Lock() // so that what ends now has ended before, or sees this stream
	defer l.mu.Unlock()
	if s.ended.Err() != nil {
		return nil, false
	}
	unlisten := context.AfterFunc(s.ended, stop)
	return func() {
		unlisten()
		runtime.KeepAlive(s.life)
	}, true
}

// forget drops what is known of a session; its streams go on.
func (l *live) forget(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	if s := l.sessions[id]; s != nil {
		l.drop(s)
	}
}

// forgetPerson drops what is known of somebody's sessions, and ends their streams, which began under what was known
// before: whoever still may opens them again.
func (l *live) forgetPerson(id PersonID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	for _, s := range l.persons[id] {
		l.drop(s)
	}
	for session, p := range l.lives { // also of sessions that are forgotten already
		if of := p.Value(); of != nil && of.person == id {
			delete(l.lives, session)
			of.end()
		}
	}
}

// end ends a session with its streams.
func (l *live) end(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	if s := l.sessions[id]; s != nil {
		l.drop(s)
	}
	if of := l.lives[id].Value(); of != nil {
		of.end()
	}
	delete(l.lives, id)
}

func (l *live) drop(s *Session) {
	delete(l.sessions, s.ID)
	if of := l.persons[s.Person.ID]; of != nil {
		if delete(of, s.ID); len(of) == 0 {
			delete(l.persons, s.Person.ID)
		}
	}
	for _, h := range s.tokens {
		delete(l.tokens, h)
	}
	s.tokens = nil
}

// clear drops what is known of all sessions; streams go on.
func (l *live) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	for _, s := range l.sessions {
		l.drop(s)
	}
}

// remembered is in which form a session is known here. Of one that only an exchange or a stream still has, the
// strength is that of none: forgetting it once more does no harm.
type remembered struct {
	person   PersonID
	version  int64
	strength Strength
}

// known gives all lives, and lets go of those that nobody has any more.
func (l *live) known() map[string]remembered {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string]remembered, len(l.lives))
	for id, p := range l.lives {
		of := p.Value()
		if of == nil {
			delete(l.lives, id)
			continue
		}
		one := remembered{person: of.person, version: of.version}
		if s := l.sessions[id]; s != nil {
			one.version, one.strength = s.version, s.Strength
		}
		all[id] = one
	}
	return all
}

// unsaved gives when those sessions were seen whose use the database does not know of yet.
func (l *live) unsaved() map[string]int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	seen := map[string]int64{}
	for id, p := range l.lives {
		if of := p.Value(); of != nil && of.dirty.Swap(false) {
			seen[id] = of.seen.Load()
		}
	}
	return seen
}
