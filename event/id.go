package event

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"time"
)

// ID names one event: a UUID of version 7 (RFC 9562 section 5.7), so ids sort by the millisecond they were made in.
type ID [16]byte

// ErrID is returned for text that is no UUIDv7 in lower-case canonical form.
var ErrID = errors.New("not an event id: want a lower-case UUID of version 7")

// NewID makes the id of an event that begins now. Its randomness keeps ids apart; nobody may rest a secret on it.
func NewID(now time.Time) ID {
	var id ID
	random := rand.Uint64() //nolint:gosec // a name, not a secret; ChaCha8 seeded by the system
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16|random&0x0fff|0x7000)
	random = rand.Uint64() //nolint:gosec // as above
	binary.BigEndian.PutUint64(id[8:], random&^(3<<62)|2<<62)
	return id
}

// ParseID reads the canonical form and nothing else: 36 characters, lower case, version 7.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, ErrID
	}
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'F' {
			return ID{}, ErrID
		}
	}
	hexed := s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:]
	if _, err := hex.Decode(id[:], []byte(hexed)); err != nil {
		return ID{}, ErrID
	}
	if id[6]>>4 != 7 || id[8]>>6 != 2 {
		return ID{}, ErrID
	}
	return id, nil
}

// Time is the millisecond the id was made in.
func (id ID) Time() time.Time {
	ms := int64(id[0])<<40 | int64(id[1])<<32 | int64(id[2])<<24 | int64(id[3])<<16 | int64(id[4])<<8 | int64(id[5])
	return time.UnixMilli(ms).UTC()
}

// String is the canonical form.
func (id ID) String() string { return string(id.Append(make([]byte, 0, 36))) }

// Append appends the canonical form to b.
func (id ID) Append(b []byte) []byte {
	b = hex.AppendEncode(b, id[0:4])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[4:6])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[6:8])
	b = append(b, '-')
	b = hex.AppendEncode(b, id[8:10])
	b = append(b, '-')
	return hex.AppendEncode(b, id[10:16])
}
