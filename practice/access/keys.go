package access

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// The keys that sign assertions. A new one is published a day before it signs, and an old one stays published for a day
// after: whoever keeps our key set for that long never meets a signature that they cannot verify.
const (
	keySecret  = "access/assertion-keys"
	keyLife    = 90 * 24 * time.Hour // how long a key signs
	keyOverlap = 24 * time.Hour
)

// signingKey is one of them as it is kept.
type signingKey struct {
	ID   string    `json:"id"`
	From time.Time `json:"from"` // signs from then on
	DER  []byte    `json:"der"`  // SEC 1
}

func newSigningKey(now, from time.Time) (signingKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return signingKey{}, fmt.Errorf("make assertion key: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return signingKey{}, fmt.Errorf("make assertion key: %w", err)
	}
	return signingKey{ID: event.NewID(now).String(), From: from, DER: der}, nil
}

// keyring is what of the keys is in use now.
type keyring struct {
	signer    jose.Signer
	published []byte // a JWK set (RFC 7517)
}

// open reads the kept keys as they are to be used at this time.
func open(kept []signingKey, now time.Time) (*keyring, error) {
	var ring keyring
	var set jose.JSONWebKeySet
	for i, k := range kept {
		key, err := x509.ParseECPrivateKey(k.DER)
		if err != nil {
			return nil, fmt.Errorf("read assertion key: %w", err)
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: &key.PublicKey, KeyID: k.ID, Algorithm: string(jose.ES256), Use: "sig"})
		if k.From.After(now) || i+1 < len(kept) && !kept[i+1].From.After(now) {
			continue
		}
		ring.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: k.ID}},
			(&jose.SignerOptions{}).WithType("JWT"))
		if err != nil {
			return nil, fmt.Errorf("use assertion key: %w", err)
		}
	}
	if ring.signer == nil {
		return nil, errors.New("no assertion key is good yet: is the clock right?")
	}
	var err error
	ring.published, err = json.Marshal(set)
	return &ring, err
}

// turn gives the keys as they should be kept from now on, oldest first.
func turn(kept []signingKey, now time.Time) ([]signingKey, error) {
	for len(kept) > 1 && now.Sub(kept[1].From) > keyOverlap {
		kept = kept[1:]
	}
	switch {
	case len(kept) == 0:
		first, err := newSigningKey(now, now.Add(-keyOverlap)) // another node's clock may be behind
		return []signingKey{first}, err
	case now.Sub(kept[len(kept)-1].From) > keyLife-keyOverlap:
		next, err := newSigningKey(now, now.Add(keyOverlap))
		return append(kept[:len(kept):len(kept)], next), err
	}
	return kept, nil
}

// turnKeys brings the keys up to date, for all nodes, and takes them into use. It belongs on a clock.
func (s *Service) turnKeys(ctx context.Context) error {
	var kept []signingKey
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		kept = nil
		raw, err := s.secrets.GetIn(ctx, tx, keySecret)
		switch {
		case errors.Is(err, store.ErrNoSecret):
		case err != nil:
			return err
		default:
			if err := json.Unmarshal(raw, &kept); err != nil {
				return fmt.Errorf("read assertion keys: %w", err)
			}
		}
		before := len(kept)
		newest := ""
		if before > 0 {
			newest = kept[before-1].ID
		}
		if kept, err = turn(kept, s.now()); err != nil {
			return err
		}
		if len(kept) == before && kept[before-1].ID == newest {
			return nil
		}
		if raw, err = json.Marshal(kept); err != nil {
			return err
		}
		return s.secrets.PutIn(ctx, tx, keySecret, raw)
	})
	if err != nil {
		return fmt.Errorf("turn assertion keys: %w", err)
	}
	ring, err := open(kept, s.now())
	if err != nil {
		return err
	}
	s.ring.Store(ring)
	return nil
}
