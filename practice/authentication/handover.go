package authentication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
)

// A session goes from the portal to an application's host like this. The application's host gives the browser a random
// verifier in a cookie and sends it to the portal with the verifier's hash, the challenge. The portal, which knows the
// session, keeps a code for this session, host and challenge, and sends the browser back with it. The application's
// host takes the code once, and only from a browser whose cookie hashes to the challenge. So a code that leaks, or that
// somebody makes another's browser follow, opens nothing: it needs the cookie, which no other host can set (__Host-).

// codeTime is how long a code is good: it is followed by the browser at once.
const codeTime = time.Minute

var (
	errHandover = problem.New("authentication.handover.refused", "Signing in on this site did not work.",
		"Open the page that you wanted again. If it happens each time, allow this site to set cookies.")
	errPlace = problem.New("authentication.handover.unknown", "This is no application that people sign in to here.", "Open the application by its own address.")
)

// Challenge is what the portal learns of a verifier.
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return hex.EncodeToString(sum[:])
}

// safePath gives the path to go back to: one on the same host, in one reading, or the root.
func safePath(path string) string {
	if len(path) > 2048 || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, `\#`) {
		return "/"
	}
	for i := range len(path) {
		if path[i] < 0x21 || path[i] > 0x7e {
			return "/"
		}
	}
	if _, err := url.ParseRequestURI(path); err != nil {
		return "/"
	}
	return path
}

// HandOver keeps a code for the host that asks with this challenge, and says where the browser has to take it. The
// session must be one that has proven enough.
func (s *Service) HandOver(ctx context.Context, session *identity.Session, host, challenge, path string) (code string, err error) {
	origin, ok := s.origins[host]
	if !ok || len(challenge) != 2*sha256.Size {
		return "", errPlace
	}
	code = rand.Text()
	hash := sha256.Sum256([]byte(code))
	err = s.box.Do(ctx, func(c *outbox.Change) error {
		if _, err := c.Exec(ctx, "DELETE FROM authentication_handover WHERE ends_at <= $1", c.Now().UnixMicro()); err != nil {
			return fmt.Errorf("remove old codes: %w", err)
		}
		_, err := c.Exec(ctx, `INSERT INTO authentication_handover (hash, session_id, face, host, challenge, path, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			hash[:], session.ID, string(origin.Face), host, []byte(challenge), safePath(path), c.Now().Add(codeTime).UnixMicro())
		if err != nil {
			return fmt.Errorf("keep code: %w", err)
		}
		return nil
	})
	return code, err
}

// Redeem takes a code on the host it was made for, and gives the token for that host and the path to go on to. A code
// is gone after its first use, also after one that failed. What is no code at all leaves nothing behind.
func (s *Service) Redeem(ctx context.Context, code, host, verifier string, from Where) (token, path string, err error) {
	hash := sha256.Sum256([]byte(code))
	known, err := s.knows(ctx, hash[:])
	if err != nil {
		return "", "", err
	}
	if !known {
		return "", "", errHandover
	}
	good := false
	err = s.box.Do(ctx, func(c *outbox.Change) error {
		good = false
		var session, face, place string
		var wanted []byte
		var ends int64
		kept := true
		err := c.QueryRow(ctx, "DELETE FROM authentication_handover WHERE hash = $1 RETURNING session_id, face, host, challenge, path, ends_at", hash[:]).
			Scan(&session, &face, &place, &wanted, &path, &ends)
		if errors.Is(err, sql.ErrNoRows) {
			kept = false
		} else if err != nil {
			return fmt.Errorf("use code: %w", err)
		}
		if !kept || place != host || c.Now().UnixMicro() >= ends || verifier == "" ||
			subtle.ConstantTimeCompare([]byte(Challenge(verifier)), wanted) != 1 {
			c.Record(&event.Event{
				Class: event.AuthorizeSession, Activity: event.OtherActivity, Severity: event.Medium, Kind: kindHandover, Verdict: event.Refused,
				Message: "A code to sign in on a host was refused.", Details: []event.Detail{{Name: "host", Value: host}}, Source: from.Client,
			})
			return nil
		}
		good = true
		token, err = s.sessions.Hand(ctx, c, session, identity.Face(face), host)
		return err
	})
	if err != nil {
		return "", "", err
	}
	if !good {
		return "", "", errHandover
	}
	return token, path, nil
}

// knows says whether there is such a code. Who sends others is not counted: a code has 130 bits, so that guessing is
// hopeless, and a count by address would let any page that a browser shows lock out everybody behind that address.
func (s *Service) knows(ctx context.Context, hash []byte) (bool, error) {
	var one int
	err := s.db.QueryRow(ctx, "SELECT 1 FROM authentication_handover WHERE hash = $1", hash).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("find code: %w", err)
	}
	return true, nil
}
