package segment_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/tenward/tenward/event/segment"
)

func TestANodesNameHasOneTo63Bytes(t *testing.T) {
	for n, ok := range map[int]bool{0: false, 1: true, 63: true, 64: false} {
		h := segment.Header{Node: strings.Repeat("n", n), First: 1}
		raw, err := h.Append(nil)
		if (err == nil) != ok {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if !ok {
			if h.Seed() != (segment.Hash{}) {
				t.Errorf("%d bytes seed a chain", n)
			}
			continue
		}
		if got, err := segment.ParseHeader(raw); err != nil || got != h {
			t.Errorf("%d bytes: %+v, %v", n, got, err)
		}
	}
}

// Each of these has a checksum that holds.
func TestAHeaderIsReadInItsOneFormOnly(t *testing.T) {
	h := segment.Header{Node: "ab", First: 7, Start: 1}
	tests := []struct {
		name   string
		change func(raw []byte)
	}{
		{"another magic", func(raw []byte) { raw[0] = 't' }},
		{"version 0", func(raw []byte) { raw[9] = 0 }},
		{"version 2", func(raw []byte) { raw[9] = 2 }},
		{"version 257", func(raw []byte) { raw[8] = 1 }},
		{"no name", func(raw []byte) { raw[10] = 0 }},
		{"a name of 64 bytes", func(raw []byte) { raw[10] = 64 }},
		{"a name of 255 bytes", func(raw []byte) { raw[10] = 255 }},
		{"bytes behind the name", func(raw []byte) { raw[14] = 'c' }},
		{"bytes before the checksum", func(raw []byte) { raw[123] = 1 }},
		{"event 0", func(raw []byte) { raw[81] = 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := h.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			tt.change(raw)
			sum(raw)
			if got, err := segment.ParseHeader(raw); !errors.Is(err, segment.ErrHeader) {
				t.Errorf("read as %+v, %v", got, err)
			}
		})
	}
	raw, err := h.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, raw[:127], append(raw, 0)} {
		if _, err := segment.ParseHeader(b); !errors.Is(err, segment.ErrHeader) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

// one is a segment of one frame with a payload of so many bytes, and another frame behind it.
func one(t *testing.T, n int) []byte {
	t.Helper()
	h := segment.Header{Node: "a", First: 1}
	raw, err := h.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, chain := segment.AppendFrame(raw, h.Seed(), segment.Frame{Time: 10, Seq: 1, Payload: make([]byte, n)})
	raw, _ = segment.AppendFrame(raw, chain, segment.Frame{Time: 20, Seq: 2, Payload: []byte("{}")})
	return raw
}

func TestAPayloadHasOneByteTo256KiB(t *testing.T) {
	for n, ok := range map[int]bool{0: false, 1: true, segment.MaxPayload: true, segment.MaxPayload + 1: false} {
		frames, err := readAll(one(t, n))
		var damage *segment.DamageError
		if ok && (err != nil || len(frames) != 2 || len(frames[0].Payload) != n) || !ok && (!errors.As(err, &damage) || !damage.Short || damage.Offset != segment.HeaderSize || damage.Seq != 1) {
			t.Errorf("%d bytes: %d frames, %v", n, len(frames), err)
		}
		f, err := segment.Resync(bytes.NewReader(one(t, n)), 1, 0)
		if want := uint64(1); err != nil || ok && f.Seq != want || !ok && f.Seq != 2 {
			t.Errorf("%d bytes, looked for: %+v, %v", n, f, err)
		}
	}
}

func TestSkippingReadsOnlyWhatIsWanted(t *testing.T) {
	raw := one(t, 9000)
	raw[segment.HeaderSize+segment.FrameSize] ^= 1 // within the first payload
	open := func() *segment.Reader {
		r, err := segment.NewReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := open()
	want := func(time int64) bool { return time == 20 }
	if f, whole, err := r.Skip(want); err != nil || whole || f.Seq != 1 || f.Offset != segment.HeaderSize {
		t.Fatalf("%+v, %v, %v", f, whole, err)
	}
	if f, whole, err := r.Skip(want); err != nil || !whole || f.Seq != 2 || string(f.Payload) != "{}" || f.Offset != segment.HeaderSize+segment.FrameSize+9000 {
		t.Fatalf("%+v, %v, %v", f, whole, err)
	}
	var damage *segment.DamageError
	if _, whole, err := open().Skip(func(int64) bool { return true }); whole || !errors.As(err, &damage) || damage.Short {
		t.Fatalf("%v, %v", whole, err)
	}
	raw = raw[:segment.HeaderSize+segment.FrameSize+8999]
	if _, whole, err := open().Skip(want); whole || !errors.As(err, &damage) || !damage.Short {
		t.Fatalf("a payload that is cut: %v, %v", whole, err)
	}
}

// broken cannot be read.
type broken struct{}

var errBroken = errors.New("broken")

func (broken) Read([]byte) (int, error)          { return 0, errBroken }
func (broken) ReadAt([]byte, int64) (int, error) { return 0, errBroken }

func TestADiskThatCannotBeReadIsNoDamage(t *testing.T) {
	if _, err := segment.NewReader(broken{}); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, err := segment.Resync(broken{}, 0, 0); !errors.Is(err, errBroken) {
		t.Error(err)
	}
	if _, err := segment.Acknowledged(broken{}, 0, 0); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}
