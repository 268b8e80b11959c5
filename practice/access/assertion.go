package access

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tenward/tenward/identity"
)

// An assertion says to an upstream who asks, in a form that it can verify by itself: whoever reaches it around the gate
// has none.

const (
	assertionFresh = time.Minute     // a token is handed out again for so long: signing takes 23 to 33 µs
	assertionLife  = 2 * time.Minute // and is good for so long
)

// assertion is a token that was made.
type assertion struct {
	token string
	until time.Time // another is made from then on
	ring  *keyring  // whose key signed it
}

// claims are what it says (RFC 7519 section 4.1; amr is RFC 8176's).
type claims struct {
	jwt.Claims

	Account  string           `json:"preferred_username"`
	Name     string           `json:"name,omitempty"`
	Email    string           `json:"email,omitempty"`
	Groups   []string         `json:"groups,omitempty"`
	Roles    []string         `json:"roles,omitempty"`
	Methods  []string         `json:"amr"`
	AuthTime *jwt.NumericDate `json:"auth_time"`
}

// assert gives an assertion about the session's person, made or kept.
func (s *Service) assert(session *identity.Session, h *holder, audience string) (string, error) {
	now, ring := s.now(), s.ring.Load()
	h.mu.Lock()
	defer h.mu.Unlock()
	if kept, ok := h.assertions[audience]; ok && now.Before(kept.until) && kept.ring == ring {
		return kept.token, nil
	}
	methods := []string{"pwd"}
	if session.Strength >= identity.SecondFactor {
		methods = append(methods, "otp", "mfa")
	}
	token, err := jwt.Signed(ring.signer).Claims(claims{
		Claims: jwt.Claims{
			Issuer: s.issuer, Subject: string(session.Person.ID), Audience: jwt.Audience{audience},
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now.Add(-assertionFresh)), Expiry: jwt.NewNumericDate(now.Add(assertionLife)),
		},
		Account: session.Person.Account, Name: session.Person.Name, Email: session.Person.Email, Groups: session.Person.Groups,
		Roles: h.roles.names, Methods: methods, AuthTime: jwt.NewNumericDate(session.Began),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	h.assertions[audience] = assertion{token, now.Add(assertionFresh), ring}
	return token, nil
}

// keys publishes the public keys, for upstreams that verify.
func (s *Service) keys(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/jwk-set+json")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(s.ring.Load().published) // a client that has gone needs no answer
}
