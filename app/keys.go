package app

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// recordKeys seals the record's personal fields: those of somebody who is known under a key of their own, those of the
// anonymous under one key a day (UTC). They are secrets in the store: whoever deletes one makes what it sealed
// unreadable everywhere, and no proof is lost.
type recordKeys struct {
	secrets *store.Secrets

	mu   sync.RWMutex
	keys map[string]event.Key
}

const (
	keySecret = "event.key."
	maxKeys   = 10_000 // in memory
)

func newRecordKeys(secrets *store.Secrets) *recordKeys {
	return &recordKeys{secrets: secrets, keys: map[string]event.Key{}}
}

// For gives the key that seals an event of this person and time.
func (d *recordKeys) For(ctx context.Context, subject string, at time.Time) (event.Key, error) {
	if subject != "" {
		return d.get(ctx, subject, true) // a UUID, which no day is
	}
	at = at.UTC()
	y, m, day := at.Date()
	const digits = "0123456789" // formatted by hand: this is on the road
	id := string([]byte{
		digits[y/1000%10], digits[y/100%10], digits[y/10%10], digits[y%10],
		digits[m/10], digits[m%10], digits[day/10], digits[day%10],
	})
	return d.get(ctx, id, true)
}

// Find gives the key that a sealed value names.
func (d *recordKeys) Find(ctx context.Context, id string) (event.Key, error) {
	return d.get(ctx, id, false)
}

func (d *recordKeys) get(ctx context.Context, id string, create bool) (event.Key, error) {
	d.mu.RLock()
	k, ok := d.keys[id]
	d.mu.RUnlock()
	if ok {
		return k, nil
	}
	var raw []byte
	var err error
	if create {
		raw, err = d.secrets.GetOrMake(ctx, keySecret+id, newRecordKey)
	} else {
		raw, err = d.secrets.Get(ctx, keySecret+id)
	}
	if errors.Is(err, store.ErrNoSecret) {
		return event.Key{}, event.ErrKeyErased
	}
	if err != nil {
		return event.Key{}, fmt.Errorf("find event key %s: %w", id, err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return event.Key{}, fmt.Errorf("use event key %s: %w", id, err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return event.Key{}, fmt.Errorf("use event key %s: %w", id, err)
	}
	k = event.Key{ID: id, AEAD: aead}
	d.mu.Lock()
	if len(d.keys) >= maxKeys {
		clear(d.keys)
	}
	d.keys[id] = k
	d.mu.Unlock()
	return k, nil
}

func newRecordKey() ([]byte, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}
