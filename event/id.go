package event

import (
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
	ms := uint64(now.UnixMilli()) //nolint:gosec // a time before 1970 is no time an event is made at
	id[0], id[1], id[2], id[3], id[4], id[5] = byte(ms>>40), byte(ms>>32), byte(ms>>24), byte(ms>>16), byte(ms>>8), byte(ms)
	a, b := rand.Uint64(), rand.Uint64() //nolint:gosec // names, not secrets; ChaCha8 seeded by the system
	id[6], id[7] = 0x70|byte(a>>8)&0x0f, byte(a)
	id[8] = 0x80 | byte(b>>56)&0x3f
	id[9], id[10], id[11], id[12] = byte(b>>48), byte(b>>40), byte(b>>32), byte(b>>24)
	id[13], id[14], id[15] = byte(b>>16), byte(b>>8), byte(b)
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
