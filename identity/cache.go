package identity

import (
	"context"
	"sync"
)

// live is what this node remembers of sessions: by token for the road, by id and by person for ending them.
//
// It holds at most maxLive sessions. When it is full one that carries no stream goes: its next use reads it again.
type live struct {
	mu       sync.RWMutex
	tokens   map[hash]held
	sessions map[string]*Session
	persons  map[PersonID]map[string]*Session
	lives    map[string]*life // of all sessions, and of those that only a stream still holds
	epoch    uint64           // counts what was forgotten: what was read before that may be old
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
		tokens: map[hash]held{}, sessions: map[string]*Session{}, persons: map[PersonID]map[string]*Session{}, lives: map[string]*life{},
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
	if known := l.sessions[one.session.ID]; known != nil {
		one.session = known
	} else {
		l.add(one.session, seen)
	}
	if _, known := l.tokens[h]; !known {
		one.session.tokens = append(one.session.tokens, h)
	}
	l.tokens[h] = one
	return one, true
}

func (l *live) add(s *Session, seen int64) {
	l.makeRoom()
	s.life = l.lives[s.ID]
	if s.life == nil {
		s.life = newLife(s.Person.ID)
		s.seen.Store(seen)
		l.lives[s.ID] = s.life
	}
	l.sessions[s.ID] = s
	of := l.persons[s.Person.ID]
	if of == nil {
		of = map[string]*Session{}
		l.persons[s.Person.ID] = of
	}
	of[s.ID] = s
}

// makeRoom looks at a few of the sessions, in the map's random order.
func (l *live) makeRoom() {
	looked := 0
	for _, s := range l.sessions {
		if looked++; len(l.sessions) < maxLive || looked > 16 {
			return
		}
		if s.streams == 0 {
			l.drop(s)
			return
		}
	}
}

// hold keeps a session's life while a stream lasts. It says no when the session has ended, or is not known any more.
func (l *live) hold(s *Session, stop func()) (release func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lives[s.ID] != s.life || s.ended.Err() != nil {
		return nil, false
	}
	s.streams++
	unlisten := context.AfterFunc(s.ended, stop)
	return func() {
		unlisten()
		l.mu.Lock()
		defer l.mu.Unlock()
		if s.streams--; s.streams == 0 && l.sessions[s.ID] == nil {
			delete(l.lives, s.ID)
		}
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
	for session, of := range l.lives { // also of sessions that only a stream still holds
		if of.person == id {
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
	of := l.lives[id]
	if s := l.sessions[id]; s != nil {
		l.drop(s)
	}
	if of != nil {
		delete(l.lives, id)
		of.end()
	}
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
	if s.streams == 0 {
		delete(l.lives, s.ID)
	}
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

// known gives the ids of all lives.
func (l *live) known() []string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	ids := make([]string, 0, len(l.lives))
	for id := range l.lives {
		ids = append(ids, id)
	}
	return ids
}

// unsaved gives when those sessions were seen whose use the database does not know of yet.
func (l *live) unsaved() map[string]int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	seen := map[string]int64{}
	for id, of := range l.lives {
		if of.dirty.Swap(false) {
			seen[id] = of.seen.Load()
		}
	}
	return seen
}
