// Package password keeps passwords so that whoever steals them learns little, and refuses those that everybody tries
// first.
//
// Hashes are argon2id with the parameters that the OWASP Password Storage Cheat Sheet gives first for memory this
// small (19 MiB, 2 passes, 1 lane), in PHC string form. Rules are those of NIST SP 800-63B-4 section 3.1.1.2: a length,
// a blocklist, and nothing about which characters.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// params are what a hash costs. They stand in each hash, so raising them later leaves old ones readable.
type params struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
}

var current = params{memory: 19 << 10, passes: 2, lanes: 1}

const (
	saltBytes = 16
	keyBytes  = 32
)

// Hasher hashes and compares, a few at a time: each takes 19 MiB and tens of milliseconds, and a storm of sign-ins must
// leave memory and processors to those who are in already.
type Hasher struct {
	slots chan struct{}
	decoy string
}

// New makes a hasher that works on at most n passwords at once; 0 is half the processors.
func New(n int) *Hasher {
	if n <= 0 {
		n = max(1, runtime.GOMAXPROCS(0)/2)
	}
	h := &Hasher{slots: make(chan struct{}, n)}
	h.decoy = encode(current, rand.Text(), newSalt())
	return h
}

// Hash gives what may be kept of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return encode(current, password, newSalt()), nil
}

// Verify says whether the password is the one that was hashed. An empty hash, of somebody who is unknown or has no
// password, takes as long as any other and is never right.
func (h *Hasher) Verify(ctx context.Context, password, encoded string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	known := encoded != ""
	if !known {
		encoded = h.decoy
	}
	p, salt, key, err := decode(encoded)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey(prepare(password), salt, p.passes, p.memory, p.lanes, keyBytes)
	return subtle.ConstantTimeCompare(got, key) == 1 && known, nil
}

// Outdated says whether a hash was made with other parameters than today's: the next sign-in should make it anew.
func Outdated(encoded string) bool {
	p, _, _, err := decode(encoded)
	return err != nil || p != current
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to hash: %w", context.Cause(ctx))
	}
}

func (h *Hasher) leave() { <-h.slots }

func newSalt() []byte {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // it never fails: crypto/rand ends the process instead
	return salt
}

// prepare lets one password be typed on keyboards that write its characters in different ways (section 3.1.1.2 of SP
// 800-63B-4 asks for NFC or NFKC).
func prepare(password string) []byte { return norm.NFKC.Bytes([]byte(password)) }

func encode(p params, password string, salt []byte) string {
	key := argon2.IDKey(prepare(password), salt, p.passes, p.memory, p.lanes, keyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

var errHash = errors.New("a kept password hash cannot be read")

// decode reads what encode wrote, within bounds: a hash in the database must not be able to ask for all memory.
func decode(encoded string) (p params, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return p, nil, nil, errHash
	}
	if p.memory < 8 || p.memory > 1<<20 || p.passes < 1 || p.passes > 64 || p.lanes < 1 || p.lanes > 16 {
		return p, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(salt) < 8 || len(key) != keyBytes {
		return p, nil, nil, errHash
	}
	return p, salt, key, nil
}
