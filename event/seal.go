package event

import (
	"context"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Personal fields are written as sealed values, so that a person can be forgotten without altering the record: the
// leaves hash the sealed form, and whoever deletes the key makes every value under it unreadable for good.

// Keys gives the keys that seal personal fields.
type Keys interface {
	// For gives the key for a person's fields in an event of this time; subject "" is the anonymous, who share
	// the key of the day. It is called on the road: it must answer from memory but for the first time a day, and
	// under a context that has ended too. Under one that has not, it is given up when the context ends.
	For(ctx context.Context, subject string, at time.Time) (Key, error)
	// Find gives the key that a sealed value names, or ErrKeyErased.
	Find(ctx context.Context, id string) (Key, error)
}

// Key seals under an id of letters, digits and dashes. Its AEAD makes its own nonces (cipher.NewGCMWithRandomNonce:
// NIST SP 800-38D section 8.2.2, up to 2^32 values a key).
type Key struct {
	ID   string
	AEAD cipher.AEAD
}

// ErrKeyErased says that a key is gone for good, and everything sealed under it.
var ErrKeyErased = errors.New("the key of these personal fields was erased")

// Erased stands for a personal field whose key is gone.
const Erased = "[erased]"

// Lost stands for a personal field whose key is gone although another of its name is there: an older database was
// restored, and has made the key anew. What was altered reads so too; that it was is shown by the chain.
const Lost = "[lost]"

const sealedPrefix = "sealed:v1:"

// sealing seals the fields of one event. Additional data bind a value to its event and its field, so that none can
// be moved to another place.
type sealing struct {
	key   Key
	aad   []byte // the event's id; each field's name is put behind it
	plain []byte
	box   []byte
}

func (s *sealing) begin(key Key, id ID) {
	s.key = key
	s.aad = append(s.aad[:0], id[:]...)
}

// append appends the sealed form of value.
func (s *sealing) append(b []byte, field, value string) []byte {
	s.aad = append(s.aad[:16], field...)
	s.plain = append(s.plain[:0], value...)
	s.box = s.key.AEAD.Seal(s.box[:0], nil, s.plain, s.aad) //nolint:gosec // the AEAD makes its own nonce
	b = append(b, sealedPrefix...)
	b = append(b, s.key.ID...)
	b = append(b, ':')
	return base64.RawURLEncoding.AppendEncode(b, s.box)
}

// openSealed gives a field's value; Erased when its key is gone.
func openSealed(ctx context.Context, keys Keys, id ID, field, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	rest, ok := strings.CutPrefix(value, sealedPrefix)
	keyID, box, cut := strings.Cut(rest, ":")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(box)
	if !ok || !cut || err != nil {
		return "", fmt.Errorf("open %s: not a sealed value", field)
	}
	key, err := keys.Find(ctx, keyID)
	if errors.Is(err, ErrKeyErased) {
		return Erased, nil
	}
	if err != nil {
		return "", fmt.Errorf("open %s: %w", field, err)
	}
	plain, err := key.AEAD.Open(nil, nil, raw, append(append([]byte{}, id[:]...), field...))
	if err != nil {
		return Lost, nil //nolint:nilerr // a reader of the record must not end at it: see Lost
	}
	return string(plain), nil
}
