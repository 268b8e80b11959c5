// Package segment is the file format of the record: frames behind a header, each chained to the one before.
//
// docs/record.md specifies it. All numbers are big-endian. A segment begins with a header of 128 bytes; its hash
// seeds the chain, so that the header too is covered by every frame behind it. A frame is 56 bytes and its payload:
// CRC-32C, length, time, sequence number, chain hash. The checksum finds what broke by accident and is cheap; the
// chain hash is what the Merkle tree signs.
//
// The first frame of each write says so, by the length's highest bit. A write begins only after the one before is
// durable: so whoever finds a damaged frame, and behind it a whole one that begins a write, knows that the damaged one
// was acknowledged and is no torn write.
package segment

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// Version is the format's. A reader refuses any other.
const Version = 1

// Sizes in bytes.
const (
	HeaderSize = 128
	FrameSize  = 56 // before the payload
	MaxPayload = 256 << 10
	MaxNode    = 63
)

const magic = "TENWARD\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Hash is a SHA-256 sum.
type Hash = [sha256.Size]byte

// Header begins a file.
type Header struct {
	Node  string // which node's log it is
	First uint64 // sequence number of the first frame
	Start int64  // when the file was begun, microseconds since 1970 UTC
	Prev  Hash   // chain hash of the last frame of the file before; zero for the first file
}

// Frame is one event in a file.
type Frame struct {
	Offset  int64 // of the frame in its file
	Begins  bool  // it is the first of a write: all before it was durable when it was written
	Time    int64 // when the event began, microseconds since 1970 UTC
	Seq     uint64
	Chain   Hash
	Payload []byte // valid until the next frame is read
}

// ErrHeader says that a file does not begin as a segment of this version does.
var ErrHeader = errors.New("no segment header of version " + strconv.Itoa(Version))

// Name is the file name of the segment that begins with this sequence number.
func Name(first uint64) string { return fmt.Sprintf("%020d.seg", first) }

// ParseName reads Name.
func ParseName(name string) (first uint64, ok bool) {
	digits, ok := strings.CutSuffix(name, ".seg")
	if !ok || len(digits) != 20 {
		return 0, false
	}
	first, err := strconv.ParseUint(digits, 10, 64)
	return first, err == nil && first > 0 && Name(first) == name
}

// Append appends the header's 128 bytes.
func (h Header) Append(b []byte) ([]byte, error) {
	if h.Node == "" || len(h.Node) > MaxNode {
		return nil, fmt.Errorf("write segment header: a node's name has 1 to %d bytes", MaxNode)
	}
	at := len(b)
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint16(b, Version)
	b = append(b, byte(len(h.Node))) //nolint:gosec // at most MaxNode
	b = append(b, h.Node...)
	b = append(b, make([]byte, MaxNode-len(h.Node))...)
	b = binary.BigEndian.AppendUint64(b, h.First)
	b = binary.BigEndian.AppendUint64(b, uint64(h.Start)) //nolint:gosec // two's complement both ways
	b = append(b, h.Prev[:]...)
	b = append(b, make([]byte, HeaderSize-4-(len(b)-at))...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[at:], castagnoli)), nil
}

// ParseHeader reads a header's 128 bytes and refuses all that Append would not have written.
func ParseHeader(b []byte) (Header, error) {
	if len(b) != HeaderSize || string(b[:8]) != magic || binary.BigEndian.Uint16(b[8:]) != Version {
		return Header{}, ErrHeader
	}
	if crc32.Checksum(b[:HeaderSize-4], castagnoli) != binary.BigEndian.Uint32(b[HeaderSize-4:]) {
		return Header{}, fmt.Errorf("%w: checksum differs", ErrHeader)
	}
	n := int(b[10])
	if n == 0 || n > MaxNode {
		return Header{}, ErrHeader
	}
	h := Header{Node: string(b[11 : 11+n]), First: binary.BigEndian.Uint64(b[74:]), Start: int64(binary.BigEndian.Uint64(b[82:]))} //nolint:gosec // two's complement both ways
	copy(h.Prev[:], b[90:122])
	if again, err := h.Append(nil); err != nil || string(again) != string(b) || h.First == 0 {
		return Header{}, ErrHeader
	}
	return h, nil
}

// Seed is the chain hash before the first frame of a file with this header.
func (h Header) Seed() Hash {
	b, err := h.Append(make([]byte, 0, HeaderSize))
	if err != nil {
		return Hash{}
	}
	return sha256.Sum256(b)
}

// begins is the bit of the length that says Frame.Begins.
const begins = 1 << 31

func (f Frame) length() uint32 {
	n := uint32(len(f.Payload)) //nolint:gosec // bounded by MaxPayload
	if f.Begins {
		n |= begins
	}
	return n
}

// AppendFrame appends a frame that follows the chain hash prev, and gives its own. Offset and Chain of f are not used.
func AppendFrame(b []byte, prev Hash, f Frame) ([]byte, Hash) {
	at := len(b)
	b = append(b, make([]byte, FrameSize)...)
	b = append(b, f.Payload...)
	raw := b[at:]
	binary.BigEndian.PutUint32(raw[4:], f.length())
	binary.BigEndian.PutUint64(raw[8:], uint64(f.Time)) //nolint:gosec // two's complement both ways
	binary.BigEndian.PutUint64(raw[16:], f.Seq)
	// The previous hash stands where this one will: one run over the frame computes it.
	copy(raw[24:56], prev[:])
	chain := sha256.Sum256(raw[4:])
	copy(raw[24:56], chain[:])
	binary.BigEndian.PutUint32(raw, crc32.Checksum(raw[4:], castagnoli))
	return b, chain
}

// ChainOf is the chain hash that a frame must have.
func ChainOf(prev Hash, f Frame) Hash {
	var head [FrameSize - 4]byte
	binary.BigEndian.PutUint32(head[0:], f.length())
	binary.BigEndian.PutUint64(head[4:], uint64(f.Time)) //nolint:gosec // two's complement both ways
	binary.BigEndian.PutUint64(head[12:], f.Seq)
	copy(head[20:], prev[:])
	h := sha256.New()
	h.Write(head[:])
	h.Write(f.Payload)
	return Hash(h.Sum(nil))
}
