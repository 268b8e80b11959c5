package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/store"
)

// ErrNoSession says that a token opens nothing: it never did, it is for another origin, or its session has ended.
var ErrNoSession = errors.New("no session")

// Limits are how long sessions last: NIST SP 800-63B-4 section 2.2.3 recommends at most 24 hours and one hour of
// inactivity at AAL2.
type Limits struct {
	Idle     time.Duration
	Absolute time.Duration
}

// Waker tells the other nodes of a cluster what they must forget.
type Waker interface {
	Wake(ctx context.Context, subject, message string) error
}

// Sessions opens, finds and ends sessions.
type Sessions struct {
	db     *store.DB
	found  *store.Prepared
	limits atomic.Pointer[Limits]
	waker  Waker
	now    func() time.Time
	live   *live
}

// NewSessions keeps sessions in this database. The waker is told of every session that ends or changes.
func NewSessions(db *store.DB, limits Limits, waker Waker, now func() time.Time) *Sessions {
	s := &Sessions{db: db, found: db.Prepared(selectSession), waker: waker, now: now, live: newLive()}
	s.Limit(limits)
	return s
}

// Limit changes how long sessions last: how long without use at once, how long at most for those that begin from now on.
func (s *Sessions) Limit(l Limits) { s.limits.Store(&l) }

// Start is what is known when somebody has signed in.
type Start struct {
	Person         *Person
	Strength       Strength
	Address, Agent string
	Face           Face
	Host           string
	Life           time.Duration // how long it lasts at the most, where that is less than Limits.Absolute; zero: that long
}

// Begin opens a session and gives the token for the origin it begins on.
func (s *Sessions) Begin(ctx context.Context, c *outbox.Change, o Start) (id, token string, err error) {
	id, now, life := string(NewPersonID(c.Now())), c.Now(), s.limits.Load().Absolute
	if o.Life > 0 {
		life = min(life, o.Life)
	}
	_, err = c.Exec(ctx, `INSERT INTO identity_session (id, person_id, strength, address, agent, began_at, seen_at, ends_at)
		VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`,
		id, string(o.Person.ID), int64(o.Strength), o.Address, cut(o.Agent), now.UnixMicro(), now.Add(life).UnixMicro())
	if err != nil {
		return "", "", fmt.Errorf("begin session: %w", err)
	}
	token, err = s.Hand(ctx, c, id, o.Face, o.Host)
	return id, token, err
}

// maxAgent bounds what is kept of a browser's name, in bytes.
const maxAgent = 256

func cut(agent string) string { return strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "") }

// Hand gives a token of the session for one more origin, in place of any it had there.
func (s *Sessions) Hand(ctx context.Context, c *outbox.Change, id string, face Face, host string) (token string, err error) {
	token = newToken()
	h := hashToken(token)
	_, err = c.Exec(ctx, `INSERT INTO identity_token (hash, session_id, face, host) VALUES ($1, $2, $3, $4)
		ON CONFLICT (session_id, host) DO UPDATE SET hash = excluded.hash, face = excluded.face`, h[:], id, string(face), host)
	if err != nil {
		return "", fmt.Errorf("hand session over: %w", err)
	}
	c.After(func(ctx context.Context) { s.changed(ctx, id) })
	return token, nil
}

// Raise makes the session stronger and gives it a new token on the origin where that was proven; all others end, so
// that none from before the rise is worth more after it (ASVS 5.0 V7.2.4).
func (s *Sessions) Raise(ctx context.Context, c *outbox.Change, id string, to Strength, face Face, host string) (token string, err error) {
	result, err := c.Exec(ctx, "UPDATE identity_session SET strength = $1 WHERE id = $2 AND strength < $1", int64(to), id)
	if err := changed(result, err, ErrNoSession, "raise session"); err != nil {
		return "", err
	}
	if _, err := c.Exec(ctx, "DELETE FROM identity_token WHERE session_id = $1", id); err != nil {
		return "", fmt.Errorf("raise session: %w", err)
	}
	return s.Hand(ctx, c, id, face, host)
}

// End ends one session of this person, on all origins and nodes; ErrNotFound when they have no such session.
func (s *Sessions) End(ctx context.Context, c *outbox.Change, person PersonID, id string) error {
	result, err := c.Exec(ctx, "DELETE FROM identity_session WHERE id = $1 AND person_id = $2", id, string(person))
	if err := changed(result, err, ErrNotFound, "end session"); err != nil {
		return err
	}
	c.After(func(ctx context.Context) { s.over(ctx, id) })
	return nil
}

// EndAll ends all sessions of somebody, but for the one to keep, and gives how many those were.
func (s *Sessions) EndAll(ctx context.Context, c *outbox.Change, person PersonID, keep string) (int, error) {
	rows, err := c.Query(ctx, "DELETE FROM identity_session WHERE person_id = $1 AND id <> $2 RETURNING id", string(person), keep)
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	ids, err := store.All(rows, func(rows *sql.Rows, id *string) error { return rows.Scan(id) })
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	c.After(func(ctx context.Context) { s.over(ctx, ids...) })
	return len(ids), nil
}

// Changed has every node read anew what is known of somebody: groups, roles, restrictions. Their streams end, their
// sessions do not. The person's version tells those nodes that the wake-up does not reach.
func (s *Sessions) Changed(ctx context.Context, c *outbox.Change, person PersonID) error {
	if err := renew(ctx, c, person); err != nil {
		return err
	}
	c.After(func(ctx context.Context) {
		s.live.forgetPerson(person)
		s.wake(ctx, wakePerson, string(person))
	})
	return nil
}

// Forget reads anew on this node what is known of somebody, whose streams end: for what changed by the clock alone,
// which every node sees by itself.
func (s *Sessions) Forget(person PersonID) { s.live.forgetPerson(person) }

// over ends sessions here at once, all of them before anybody else is told: that can take its time.
func (s *Sessions) over(ctx context.Context, ids ...string) {
	for _, id := range ids {
		s.live.end(id)
	}
	for some := range slices.Chunk(ids, wakeMost) {
		s.wake(ctx, wakeEnded, strings.Join(some, ","))
	}
}

func (s *Sessions) changed(ctx context.Context, id string) {
	s.live.forget(id)
	s.wake(ctx, wakeChanged, id)
}
