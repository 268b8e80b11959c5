package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/store"
)

// Find gives the session that a token opens on this origin, or ErrNoSession. It is on the road: from memory it takes
// one hash and one look.
func (s *Sessions) Find(ctx context.Context, token string, face Face, host string) (*Session, error) {
	if len(token) != tokenLength {
		return nil, ErrNoSession
	}
	h, now := hashToken(token), s.now()
	one, ok := s.live.find(h)
	if !ok || s.idle(one.session, now) { // another node may have seen it since
		var err error
		if one, err = s.read(ctx, h, now); err != nil {
			return nil, err
		}
	}
	if one.face != face || one.host != host || !now.Before(one.session.Ends) {
		return nil, ErrNoSession
	}
	one.session.touch(now.UnixMicro())
	return one.session, nil
}

func (s *Sessions) idle(one *Session, now time.Time) bool {
	return now.UnixMicro()-one.seen.Load() > s.limits.Load().Idle.Microseconds()
}

// selectSession gives a row for each group of the session's person, and one without where they are in none.
const selectSession = `SELECT t.face, t.host, s.id, s.strength, s.address, s.agent, s.began_at, s.seen_at, s.ends_at,
	p.id, p.kind, p.account, p.name, p.email, p.locale, p.state, p.created_at, p.updated_at, g.name
	FROM identity_token t JOIN identity_session s ON s.id = t.session_id JOIN identity_person p ON p.id = s.person_id
	LEFT JOIN identity_member m ON m.person_id = p.id LEFT JOIN identity_group g ON g.id = m.group_id
	WHERE t.hash = $1`

// read finds a token in the database. What has ended, or belongs to somebody who may not come in, is no session.
func (s *Sessions) read(ctx context.Context, h hash, now time.Time) (held, error) {
	for range 8 { // each time something else ended meanwhile
		epoch := s.live.now()
		one, seen, err := s.scan(ctx, h)
		switch {
		case err != nil:
			return held{}, fmt.Errorf("find session: %w", err)
		case one.session == nil:
			return held{}, ErrNoSession
		case one.session.Person.State != Active, !now.Before(one.session.Ends), now.UnixMicro()-seen > s.limits.Load().Idle.Microseconds():
			return held{}, ErrNoSession
		}
		if kept, ok := s.live.keep(h, one, seen, epoch); ok {
			kept.session.refresh(seen)
			return kept, nil
		}
	}
	return held{}, errors.New("find session: it kept changing")
}

// refresh takes over what another node has seen.
func (l *life) refresh(seen int64) {
	if known := l.seen.Load(); seen > known {
		l.seen.CompareAndSwap(known, seen)
	}
}

// scan reads what a token opens; no session where it opens nothing.
func (s *Sessions) scan(ctx context.Context, h hash) (one held, seen int64, err error) {
	rows, err := s.found.Query(ctx, h[:])
	if err != nil {
		return one, 0, err
	}
	defer rows.Close() //nolint:errcheck // Err says what there is to say
	session, p := new(Session), new(Person)
	for rows.Next() {
		var began, ends, created int64
		var group sql.NullString
		err := rows.Scan(&one.face, &one.host, &session.ID, &session.Strength, &session.Address, &session.Agent, &began, &seen, &ends,
			&p.ID, &p.Kind, &p.Account, &p.Name, &p.Email, &p.Locale, &p.State, &created, &session.version, &group)
		if err != nil {
			return one, 0, err
		}
		if one.session == nil {
			session.Began, session.Ends, p.Created = time.UnixMicro(began).UTC(), time.UnixMicro(ends).UTC(), time.UnixMicro(created).UTC()
			session.Person, session.User, one.session = p, p.User(), session
		}
		if group.Valid {
			p.Groups = append(p.Groups, group.String)
		}
	}
	slices.Sort(p.Groups) // not in SQL: the engines compare text differently
	return one, seen, rows.Err()
}

// Hold keeps a stream to its session: stop is called when the session ends, here or on another node. It says no when
// the session has ended already, or its person has changed since. release is called when the stream is over.
func (s *Sessions) Hold(one *Session, stop func()) (release func(), ok bool) {
	return s.live.hold(one, stop)
}

// Row is one session as its owner sees it in a list.
type Row struct {
	ID             string
	Strength       Strength
	Address, Agent string
	Began, Seen    time.Time
	Ends           time.Time
}

// List gives somebody's sessions that have not ended, the one used last first.
func (s *Sessions) List(ctx context.Context, person PersonID) ([]Row, error) {
	now := s.now()
	rows, err := s.db.Query(ctx, `SELECT id, strength, address, agent, began_at, seen_at, ends_at FROM identity_session
		WHERE person_id = $1 AND ends_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id DESC LIMIT 100`,
		string(person), now.UnixMicro(), now.Add(-s.limits.Load().Idle).UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list, err := store.All(rows, func(rows *sql.Rows, one *Row) error {
		var began, seen, ends int64
		err := rows.Scan(&one.ID, &one.Strength, &one.Address, &one.Agent, &began, &seen, &ends)
		one.Began, one.Seen, one.Ends = time.UnixMicro(began).UTC(), time.UnixMicro(seen).UTC(), time.UnixMicro(ends).UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}
