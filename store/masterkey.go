package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// keyPrefix begins a master key's text form, so that a key found in the wrong place is known for what it is, and secret
// scanners have something to look for.
const keyPrefix = "tenward-master-key-v1:"

// MasterKey is the key under which all secrets are sealed. It never prints: formatted, logged or encoded, it gives its id
// or an address instead. The zero value is no key; nothing is sealed or opened under it.
type MasterKey struct {
	// A function, because fmt reads through unexported fields of other people's structs without asking the methods below.
	// Behind a pointer it still finds the bytes, when the verb does not fit; of a function it only ever has the address.
	bytes func() [32]byte
}

func masterKey(key [32]byte) MasterKey {
	return MasterKey{func() [32]byte { return key }}
}

var errNoKey = errors.New("no master key given")

// NewMasterKey makes a key from the system's randomness.
func NewMasterKey() MasterKey {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: the program ends when the system has no randomness
	return masterKey(key)
}

// ParseMasterKey reads the text form: the prefix, 32 bytes in padded standard base64, at most one newline at the end.
// The error does not quote the text.
func ParseMasterKey(text string) (MasterKey, error) {
	text = strings.TrimSuffix(text, "\n")
	encoded, ok := strings.CutPrefix(text, keyPrefix)
	if !ok {
		return MasterKey{}, fmt.Errorf("parse master key: it does not begin with %s", keyPrefix)
	}
	if len(encoded) != base64.StdEncoding.EncodedLen(32) {
		return MasterKey{}, fmt.Errorf("parse master key: %d characters after the prefix, want 44", len(encoded))
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) != 32 { // the decoder skips line breaks: they come out short
		return MasterKey{}, errors.New("parse master key: what follows the prefix is not the base64 of 32 bytes")
	}
	return masterKey([32]byte(raw)), nil
}

// text is the form that files hold. It is the only way out for the key.
func (k MasterKey) text() string {
	key := k.bytes()
	return keyPrefix + base64.StdEncoding.EncodeToString(key[:]) + "\n"
}

// ID names the key without telling anything about it: 16 hexadecimal digits. It is empty for the zero value.
func (k MasterKey) ID() string {
	id, err := k.derive("tenward master key id v1", 8)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(id)
}

// derive makes a key for one purpose, so that the master key itself seals nothing (RFC 5869; the master key is uniformly
// random, hence no salt).
func (k MasterKey) derive(purpose string, length int) ([]byte, error) {
	if k.bytes == nil {
		return nil, errNoKey
	}
	key := k.bytes()
	return hkdf.Key(sha256.New, key[:], nil, purpose, length)
}

// String gives the id.
func (k MasterKey) String() string {
	if k.bytes == nil {
		return "MasterKey(none)"
	}
	return "MasterKey(" + k.ID() + ")"
}

// GoString gives the id.
func (k MasterKey) GoString() string { return k.String() }

// LogValue gives the id.
func (k MasterKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText gives the id, for JSON, YAML and whatever else encodes text.
func (k MasterKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// ForBackup makes the key of one backup, AES-256-GCM. The salt is the backup's own, so that no two share a key and their
// nonces can be counters.
func (k MasterKey) ForBackup(salt []byte) (cipher.AEAD, error) {
	if k.bytes == nil {
		return nil, errNoKey
	}
	key := k.bytes()
	derived, err := hkdf.Key(sha256.New, key[:], salt, "tenward backup v1", 32)
	if err != nil {
		return nil, fmt.Errorf("make key of backup: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("make cipher: %w", err)
	}
	return cipher.NewGCM(block)
}
