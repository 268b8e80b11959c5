package segment_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"hash/crc32"
	"io"
	"os"
	"testing"

	"github.com/tenward/tenward/event/segment"
)

var update = flag.Bool("update", false, "rewrite the golden file")

func sample(tb testing.TB) []byte {
	tb.Helper()
	h := segment.Header{Node: "a", First: 7, Start: 1_764_000_000_000_000, Prev: segment.Hash{1, 2, 3}}
	b, err := h.Append(nil)
	if err != nil {
		tb.Fatal(err)
	}
	chain := h.Seed()
	for i, payload := range []string{`{"a":1}`, `{"b":2}`, `{"c":3}`} {
		b, chain = segment.AppendFrame(b, chain, segment.Frame{Begins: i != 1, Time: h.Start + int64(i), Seq: h.First + uint64(i), Payload: []byte(payload)})
	}
	return b
}

func readAll(b []byte) (frames []segment.Frame, err error) {
	r, err := segment.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames, nil
		}
		if err != nil {
			return frames, err
		}
		f.Payload = bytes.Clone(f.Payload)
		frames = append(frames, f)
	}
}

func TestTheBytesAreFixed(t *testing.T) {
	got := sample(t)
	if *update {
		if err := os.WriteFile("testdata/sample.seg", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/sample.seg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("the format has changed: records written before could not be read; a new format needs a new version")
	}
}

func TestFramesComeBackAndTheChainHolds(t *testing.T) {
	b := sample(t)
	frames, err := readAll(b)
	if err != nil || len(frames) != 3 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	h, err := segment.ParseHeader(b[:segment.HeaderSize])
	if err != nil {
		t.Fatal(err)
	}
	chain := h.Seed()
	for i, f := range frames {
		chain = segment.ChainOf(chain, f)
		if f.Begins != (i != 1) || chain != f.Chain || f.Seq != 7+uint64(i) || f.Time != h.Start+int64(i) {
			t.Fatalf("frame %d: %+v", i, f)
		}
	}
}

func TestEveryFlippedByteIsNoticed(t *testing.T) {
	b := sample(t)
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 0x01
		frames, err := readAll(c)
		if err == nil && len(frames) == 3 {
			t.Fatalf("byte %d was flipped and nothing was said", i)
		}
	}
}

func TestEveryCutIsNoticedInsideAFrame(t *testing.T) {
	b := sample(t)
	clean := map[int]bool{segment.HeaderSize: true, segment.HeaderSize + 63: true, segment.HeaderSize + 126: true, segment.HeaderSize + 189: true}
	for i := range b {
		_, err := readAll(b[:i])
		var damage *segment.DamageError
		if clean[i] {
			if err != nil {
				t.Fatalf("cut at %d, between frames: %v", i, err)
			}
		} else if !errors.As(err, &damage) || !damage.Short {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
}

func TestNames(t *testing.T) {
	if first, ok := segment.ParseName(segment.Name(42)); !ok || first != 42 {
		t.Fatal(first, ok)
	}
	for _, bad := range []string{"", "1.seg", "00000000000000000000.seg", "00000000000000000042.seg.torn", "0000000000000000004a.seg", "+0000000000000000042.seg"} {
		if _, ok := segment.ParseName(bad); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzReader(f *testing.F) {
	b := sample(f)
	f.Add(b)
	f.Add(b[:200])
	f.Add(b[:segment.HeaderSize])
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := segment.Acknowledged(bytes.NewReader(data), 0, 0); err != nil {
			t.Fatal(err)
		}
		frames, err := readAll(data)
		if err != nil {
			return
		}
		// What was read without complaint is what would be written.
		h, err := segment.ParseHeader(data[:segment.HeaderSize])
		if err != nil {
			t.Fatal(err)
		}
		end := int64(segment.HeaderSize)
		for _, fr := range frames {
			if fr.Offset != end {
				t.Fatalf("frame at %d, want %d", fr.Offset, end)
			}
			end += int64(segment.FrameSize + len(fr.Payload))
		}
		if end != int64(len(data)) || h.First == 0 {
			t.Fatalf("read %d of %d bytes", end, len(data))
		}
	})
}

// sum makes a header's checksum hold again.
func sum(raw []byte) {
	binary.BigEndian.PutUint32(raw[segment.HeaderSize-4:], crc32.Checksum(raw[:segment.HeaderSize-4], crc32.MakeTable(crc32.Castagnoli)))
}
