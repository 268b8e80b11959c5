package segment_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/tenward/tenward/event/segment"
)

// write gives frames of one log, each with whether it begins a write.
func frames(begins ...bool) (b []byte, offsets []int64) {
	var chain segment.Hash
	for i, begins := range begins {
		offsets = append(offsets, int64(len(b)))
		b, chain = segment.AppendFrame(b, chain, segment.Frame{Begins: begins, Time: 1, Seq: uint64(i + 1), Payload: []byte(`{"text":"some words"}`)})
	}
	return b, offsets
}

func TestTheNextWholeFrameIsFoundBehindADamage(t *testing.T) {
	b, at := frames(true, false, false)
	for i := at[1]; i < at[2]; i++ {
		c := bytes.Clone(b)
		c[i] ^= 0x01
		f, err := segment.Resync(bytes.NewReader(c), at[1], 1)
		if err != nil || f.Offset != at[2] || f.Seq != 3 {
			t.Fatalf("byte %d was flipped: %+v, %v", i, f, err)
		}
	}
	if _, err := segment.Resync(bytes.NewReader(b), at[1], 3); !errors.Is(err, io.EOF) {
		t.Fatal("a frame of an earlier number was given:", err)
	}
	far := append(make([]byte, 3<<20-20), b...)
	if f, err := segment.Resync(bytes.NewReader(far), 0, 0); err != nil || f.Offset != 3<<20-20 {
		t.Fatalf("behind %d bytes: %+v, %v", 3<<20-20, f, err)
	}
}

func TestOnlyALaterWriteShowsThatADamagedFrameWasAcknowledged(t *testing.T) {
	tests := []struct {
		name   string
		frames []bool // which begin a write
		damage int    // the damaged one
		want   bool
	}{
		{"the last frame of all", []bool{true, true}, 1, false},
		{"a frame with another of its own write behind it", []bool{true, true, false}, 1, false},
		{"a frame with a later write behind it", []bool{true, true, true}, 1, true},
		{"a frame with the rest of its write and a later one behind it", []bool{true, false, false, true}, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, at := frames(tt.frames...)
			for _, bit := range []int64{0, 5, 20, 60} { // checksum, length, number, payload
				c := bytes.Clone(b)
				c[at[tt.damage]+bit] ^= 0x10
				got, err := segment.Acknowledged(bytes.NewReader(c), at[tt.damage], uint64(tt.damage))
				if err != nil || got != tt.want {
					t.Fatalf("byte %d: %v, %v", bit, got, err)
				}
			}
		})
	}
}

func TestAFileMadeToBeHardToReadIsGivenUp(t *testing.T) {
	hard := bytes.Repeat([]byte{0, 3, 0xff, 0}, 64<<10)
	if _, err := segment.Resync(bytes.NewReader(hard), 0, 0); !errors.Is(err, segment.ErrGivenUp) {
		t.Fatal(err)
	}
}
