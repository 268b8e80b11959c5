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

// dayKeys seals the record's personal fields of the anonymous under one key a day (UTC), kept as secrets in the
// store: whoever deletes a day's key makes that day's addresses unreadable everywhere, and no proof is lost.
type dayKeys struct {
	secrets *store.Secrets

	mu   sync.RWMutex
	keys map[string]event.Key
}

const dayKeySecret = "event.key."

func newDayKeys(secrets *store.Secrets) *dayKeys {
	return &dayKeys{secrets: secrets, keys: map[string]event.Key{}}
}

// For gives the key that seals an event of this time. Only the anonymous have keys so far.
func (d *dayKeys) For(ctx context.Context, subject string, at time.Time) (event.Key, error) {
	if subject != "" {
		return event.Key{}, fmt.Errorf("no key for subject %s", subject)
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
func (d *dayKeys) Find(ctx context.Context, id string) (event.Key, error) {
	return d.get(ctx, id, false)
}

func (d *dayKeys) get(ctx context.Context, id string, create bool) (event.Key, error) {
	d.mu.RLock()
	k, ok := d.keys[id]
	d.mu.RUnlock()
	if ok {
		return k, nil
	}
	var raw []byte
	var err error
	if create {
		raw, err = d.secrets.GetOrMake(ctx, dayKeySecret+id, newDayKey)
	} else {
		raw, err = d.secrets.Get(ctx, dayKeySecret+id)
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
	d.keys[id] = k
	d.mu.Unlock()
	return k, nil
}

func newDayKey() ([]byte, error) {
	key := make([]byte, 32)
	_, err := rand.Read(key)
	return key, err
}
