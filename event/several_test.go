package event

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tenward/tenward/event/segment"
)

// rewritten changes the payload of one event and forges its segment anew; the other segments stay as they were.
func rewritten(t *testing.T, s sample, dir string, seq uint64) {
	t.Helper()
	frames := slices.Clone(s.frames)
	f := &frames[seq-1]
	f.Payload = slices.Concat(f.Payload[:len(f.Payload)-1], []byte(" \n"))
	forge(t, dir, frames)
	for _, other := range s.frames {
		if other.file != f.file {
			write(t, filepath.Join(dir, other.file), read(t, filepath.Join(s.dir, other.file)))
		}
	}
}

// original puts the end of a segment back as it was, behind an event.
func original(t *testing.T, s sample, dir string, behind uint64, change ...int) {
	t.Helper()
	f := s.frames[behind-1]
	path := filepath.Join(dir, f.file)
	end := read(t, filepath.Join(s.dir, f.file))[f.end:]
	for _, i := range change {
		end[i] ^= 1
	}
	forged := read(t, path)
	r, err := framesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, append(forged[:r[behind-1].end], end...))
}

// One damage does not hide the other that stands right before it.
func TestSeveralTamperingsAreEachNamed(t *testing.T) {
	type found struct {
		kind DamageKind
		seq  uint64
	}
	second := func(s sample) string { return s.frames[3].file }
	tests := []struct {
		name   string
		tamper func(t *testing.T, s sample, dir string)
		want   []found
	}{
		{"a segment is rewritten alone", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 2)
		}, []found{{Flip, 1}, {Flip, 4}}},
		{"a segment is rewritten, and the next is a folder", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 2)
			remove(t, filepath.Join(dir, second(s)))
			if err := os.Mkdir(filepath.Join(dir, second(s)), 0o700); err != nil {
				t.Fatal(err)
			}
		}, []found{{Flip, 1}, {Flip, 4}, {Deletion, 4}}},
		{"a segment is rewritten, and the header of the next is flipped", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 2)
			raw := read(t, filepath.Join(dir, second(s)))
			raw[80] ^= 1
			write(t, filepath.Join(dir, second(s)), raw)
		}, []found{{Flip, 1}, {Flip, 4}}},
		{"a segment is rewritten, and the next is gone", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 2)
			remove(t, filepath.Join(dir, second(s)))
		}, []found{{Flip, 1}, {Deletion, 4}}},
		{"a leaf is rewritten, and nothing behind it", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 5)
			original(t, s, dir, 5)
		}, []found{{Flip, 4}, {Flip, 6}}},
		{"a leaf is rewritten, and the next event is flipped", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rewritten(t, s, dir, 5)
			original(t, s, dir, 5, 100)
		}, []found{{Flip, 4}, {Flip, 6}}},
		{"the last event of a segment stands there twice", func(t *testing.T, s sample, dir string) {
			t.Helper()
			path := filepath.Join(dir, s.frames[5].file)
			whole := read(t, path)
			f := s.frames[5]
			write(t, path, slices.Concat(whole, whole[f.Offset:f.end]))
		}, []found{{Insertion, 6}}},
		{"two events far apart are flipped", func(t *testing.T, s sample, dir string) {
			t.Helper()
			for _, f := range []stood{s.frames[1], s.frames[7]} {
				raw := read(t, filepath.Join(dir, f.file))
				raw[f.Offset+100] ^= 1
				write(t, filepath.Join(dir, f.file), raw)
			}
		}, []found{{Flip, 2}, {Flip, 8}}},
		{"the last event that can be read is sealed, and what follows is flipped", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[9]
			raw := read(t, filepath.Join(dir, f.file))
			for _, i := range []int64{f.Offset, f.end, s.frames[11].Offset} {
				raw[i] ^= 1
			}
			write(t, filepath.Join(dir, f.file), raw)
		}, []found{{Flip, 10}}},
		{"an earlier event is put behind a flipped one", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f, old := s.frames[7], s.frames[6]
			raw := read(t, filepath.Join(dir, f.file))
			raw[f.Offset+100] ^= 1
			write(t, filepath.Join(dir, f.file), slices.Concat(raw[:f.end], raw[old.Offset:old.end], raw[f.end:]))
		}, []found{{Flip, 8}}},
		{"two events side by side are flipped", func(t *testing.T, s sample, dir string) {
			t.Helper()
			for _, f := range []stood{s.frames[7], s.frames[8]} {
				raw := read(t, filepath.Join(dir, f.file))
				raw[f.Offset+100] ^= 1
				write(t, filepath.Join(dir, f.file), raw)
			}
		}, []found{{Flip, 8}}},
		{"an event is made up in the place of the last of a segment, beside the true one", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[5]
			made, _ := segment.AppendFrame(nil, s.frames[4].Chain, segment.Frame{Time: f.Time, Seq: 6, Payload: []byte(`{"made":"up"}`)})
			raw := read(t, filepath.Join(dir, f.file))
			write(t, filepath.Join(dir, f.file), slices.Concat(raw[:f.Offset], made, raw[f.Offset:]))
		}, []found{{Insertion, 6}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := aCopy(t)
			tt.tamper(t, s, dir)
			r := verified(t, dir, VerifyOptions{})
			var got []found
			for _, d := range r.Damage {
				got = append(got, found{d.Kind, d.Seq})
			}
			if !slices.Equal(got, tt.want) {
				t.Fatalf("got %+v", r.Damage)
			}
			toldAsBefore(t, r)
		})
	}
}

// Nothing follows that would show that the last leaf is full.
func TestTheLastLeafIsHeldAgainstItsEventsToo(t *testing.T) {
	s, dir := aCopy(t)
	dir = filepath.Join(filepath.Dir(dir), "earlier")
	if err := os.CopyFS(dir, os.DirFS(s.earlier)); err != nil {
		t.Fatal(err)
	}
	frames, err := framesOf(dir)
	if err != nil || len(frames) != 5 {
		t.Fatalf("%d frames, %v", len(frames), err)
	}
	if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 5 || r.Unsealed != 0 {
		t.Fatalf("%+v", r)
	}
	frames[4].Payload = slices.Concat(frames[4].Payload[:len(frames[4].Payload)-1], []byte(" \n"))
	forge(t, dir, frames)
	if r := verified(t, dir, VerifyOptions{}); len(r.Damage) != 1 || r.Damage[0].Kind != Flip || r.Damage[0].Seq != 4 {
		t.Fatalf("%+v", r.Damage)
	}
}

// A stop may tear the header of a segment that is being begun. Nothing was acknowledged in it then.
func TestATornHeaderIsDamageUnlessItIsTheLastAndNothingOfItWasSealed(t *testing.T) {
	s, _ := aCopy(t)
	garbage := func(n int) []byte { return []byte("TENWARD\n" + string(make([]byte, 200)))[:n] }
	tests := []struct {
		name string
		from string // the record
		put  map[uint64][]byte
		torn int64
		bad  uint64 // the event that is named; 0: none
	}{
		{"an empty file", s.dir, map[uint64][]byte{13: {}}, 0, 0},
		{"one byte", s.dir, map[uint64][]byte{13: garbage(1)}, 1, 0},
		{"all but one byte", s.dir, map[uint64][]byte{13: garbage(127)}, 127, 0},
		{"a whole header of zeros", s.dir, map[uint64][]byte{13: garbage(128)}, 128, 0},
		{"right behind the seal", s.earlier, map[uint64][]byte{6: garbage(4)}, 4, 0},
		{"bytes stand behind it", s.dir, map[uint64][]byte{13: garbage(129)}, 0, 13},
		{"another segment follows", s.dir, map[uint64][]byte{13: garbage(4), 14: garbage(4)}, 4, 13},
		{"sealed events stood in it", s.dir, map[uint64][]byte{10: garbage(4)}, 0, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "record")
			if err := os.CopyFS(dir, os.DirFS(tt.from)); err != nil {
				t.Fatal(err)
			}
			for first, raw := range tt.put {
				write(t, segmentPath(dir, first), raw)
			}
			r := verified(t, dir, VerifyOptions{})
			if r.OK() != (tt.bad == 0) || r.Torn != tt.torn || tt.bad > 0 && r.Damage[0].Seq != tt.bad {
				t.Fatalf("%+v", r)
			}
		})
	}
}
