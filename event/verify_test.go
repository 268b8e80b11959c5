package event

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event/segment"
)

func TestTheSampleIsWhole(t *testing.T) {
	s, dir := aCopy(t)
	r := verified(t, dir, VerifyOptions{Key: s.key.Public()})
	if !r.OK() || r.Sealed != sampleSealed || r.Unsealed != sampleEvents-sampleSealed || r.Checkpoint != 4 || r.Torn != 0 || r.OwnKey {
		t.Fatalf("%+v", r)
	}
	if last := noon.Add((sampleSealed - 1) * time.Millisecond); !r.From.Equal(noon) || !r.Until.Equal(last) {
		t.Errorf("from %s until %s", r.From, r.Until)
	}
	files, err := segments(dir)
	if err != nil || !slices.Equal(files, []uint64{1, 4, 7, 10}) {
		t.Fatalf("segments %v, %v", files, err)
	}
}

// stride is from one byte that is tried to the next.
func stride() int {
	if testing.Short() {
		return 11
	}
	return 1
}

// Every byte of every file is flipped, one after another. Each is found where it stands, or the file is one of those
// that nothing is proved from.
func TestEveryFlippedByteIsFoundWhereItStands(t *testing.T) {
	s, dir := aCopy(t)
	idle := []string{"log/tile/0/000.p/1", "log/tile/0/000.p/2", "log/tile/0/000.p/3", "log/tile/entries/000.p/1", "log/tile/entries/000.p/2", "log/tile/entries/000.p/3"}
	var met []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		met = append(met, name)
		path := filepath.Join(dir, name)
		whole := read(t, path)
		for i := len(met) % stride(); i < len(whole); i += stride() {
			broken := slices.Clone(whole)
			broken[i] ^= byte(1 << (i % 8))
			write(t, path, broken)
			switch {
			case slices.Contains(idle, name):
				if r := verified(t, dir, VerifyOptions{}); !r.OK() {
					t.Fatalf("byte %d of %s, which nothing is proved from: %+v", i, name, r.Damage)
				}
			case name == "key.pub":
				if r, err := Verify(t.Context(), dir, VerifyOptions{}); err == nil && r.OK() {
					t.Fatalf("byte %d of key.pub was flipped and nothing was said", i)
				}
				if r := verified(t, dir, VerifyOptions{Key: s.key.Public()}); !r.OK() {
					t.Fatalf("byte %d of key.pub matters although the key was given: %+v", i, r.Damage)
				}
			case strings.HasPrefix(name, "log/"):
				r := verified(t, dir, VerifyOptions{})
				if r.OK() || slices.ContainsFunc(r.Damage, func(d Damage) bool { return d.Kind != BadTree || d.File != name }) {
					t.Fatalf("byte %d of %s: %+v", i, name, r.Damage)
				}
			default:
				s.flippedIn(t, name, int64(i), verified(t, dir, VerifyOptions{}))
			}
		}
		write(t, path, whole)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 4 + 1 + 4 + 4; len(met) != want { // key, segments, checkpoint, bundles, tiles
		t.Fatalf("%d files, want %d: %v", len(met), want, met)
	}
}

// flippedIn says what must be reported when one byte of a segment was flipped.
func (s sample) flippedIn(t *testing.T, name string, at int64, r *Report) {
	t.Helper()
	want := Damage{Kind: Flip, File: name}
	for _, f := range s.frames {
		if f.file == name && (want.Seq == 0 || f.Offset <= at) {
			want.Seq = f.Seq // of a header: the first frame's
			if at >= f.Offset {
				want.Offset = f.Offset
			}
		}
	}
	if want.Seq == sampleEvents { // of the last write nobody can say that it was acknowledged
		if !r.OK() || r.Torn != s.frames[sampleEvents-1].end-want.Offset || r.Unsealed != sampleEvents-sampleSealed-1 {
			t.Fatalf("byte %d of %s, in the last write: %+v", at, name, r)
		}
		return
	}
	if len(r.Damage) != 1 {
		t.Fatalf("byte %d of %s: %d damages: %+v", at, name, len(r.Damage), r.Damage)
	}
	got := r.Damage[0]
	got.Sentence = ""
	if got != want {
		t.Fatalf("byte %d of %s: got %+v, want %+v", at, name, r.Damage[0], want)
	}
}

// A record is cut at every byte. What the checkpoint covers is missed; what it does not cover is not.
func TestEveryCutIsFoundOrIsTheUnsealedTail(t *testing.T) {
	s, dir := aCopy(t)
	files := map[string][]stood{}
	for _, f := range s.frames {
		files[f.file] = append(files[f.file], f)
	}
	for name, frames := range files {
		path := filepath.Join(dir, name)
		whole := read(t, path)
		for at := 0; at < len(whole); at += stride() {
			write(t, path, whole[:at])
			r := verified(t, dir, VerifyOptions{})
			before, clean := frames[0].Seq-1, int64(0)
			for _, f := range frames {
				if f.end <= int64(at) {
					before, clean = f.Seq, f.end
				}
			}
			if before == frames[0].Seq-1 && at >= 128 {
				clean = 128
			}
			if before >= sampleSealed {
				if !r.OK() || r.Unsealed != before-sampleSealed || r.Torn != int64(at)-clean {
					t.Fatalf("%s cut at %d, behind the checkpoint: %+v", name, at, r)
				}
				continue
			}
			if r.OK() || r.Damage[0].Seq != before+1 {
				t.Fatalf("%s cut at %d: event %d is not named: %+v", name, at, before+1, r.Damage)
			}
			if last := frames[len(frames)-1].Seq == sampleEvents; last && r.Damage[0].Kind != Truncation && at >= 128 {
				t.Fatalf("%s cut at %d: %+v", name, at, r.Damage)
			}
		}
		write(t, path, whole)
	}
}

func TestATamperedRecordIsNamedByWhatWasDone(t *testing.T) {
	name := func(s sample, seq uint64) string { return s.frames[seq-1].file }
	// splice puts bytes in the place of a range of a segment.
	splice := func(t *testing.T, dir, file string, from, to int64, with ...byte) {
		t.Helper()
		path := filepath.Join(dir, file)
		raw := read(t, path)
		write(t, path, slices.Concat(raw[:from], with, raw[to:]))
	}
	rename := func(t *testing.T, dir, from, to string) {
		t.Helper()
		if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		tamper func(t *testing.T, s sample, dir string)
		kind   DamageKind
		seq    uint64
		file   uint64 // the segment that is named, by an event in it; 0: none
	}{
		{"a frame is taken out", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[4]
			splice(t, dir, f.file, f.Offset, f.end)
		}, Deletion, 5, 5},
		{"the first frame is taken out", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[0]
			splice(t, dir, f.file, f.Offset, f.end)
		}, Deletion, 1, 1},
		{"the last frame of a segment is taken out", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[5]
			splice(t, dir, f.file, f.Offset, f.end)
		}, Deletion, 6, 7},
		{"the last sealed frame is taken out", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[9]
			splice(t, dir, f.file, f.Offset, f.end)
		}, Deletion, 10, 10},
		{"a frame is put in a second time", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[4]
			raw := read(t, filepath.Join(dir, f.file))
			splice(t, dir, f.file, f.end, f.end, raw[f.Offset:f.end]...)
		}, Insertion, 5, 5},
		{"an old frame is put in later", func(t *testing.T, s sample, dir string) {
			t.Helper()
			old, f := s.frames[0], s.frames[7]
			raw := read(t, filepath.Join(dir, old.file))
			splice(t, dir, f.file, f.end, f.end, raw[old.Offset:old.end]...)
		}, Reorder, 1, 8},
		{"a made-up frame is put in", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[4]
			made, _ := segment.AppendFrame(nil, s.frames[3].Chain, segment.Frame{Time: f.Time, Seq: 5, Payload: []byte(`{"made":"up"}`)})
			splice(t, dir, f.file, f.Offset, f.Offset, made...)
		}, Insertion, 5, 5},
		{"bytes that are no frame are put in", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[4]
			splice(t, dir, f.file, f.Offset, f.Offset, make([]byte, 100)...)
		}, Flip, 5, 5},
		{"two frames change places", func(t *testing.T, s sample, dir string) {
			t.Helper()
			a, b := s.frames[3], s.frames[4]
			raw := read(t, filepath.Join(dir, a.file))
			splice(t, dir, a.file, a.Offset, b.end, slices.Concat(raw[b.Offset:b.end], raw[a.Offset:a.end])...)
		}, Deletion, 4, 4},
		{"the first segment is gone", func(t *testing.T, s sample, dir string) { t.Helper(); remove(t, filepath.Join(dir, name(s, 1))) }, Deletion, 1, 4},
		{"a segment in the middle is gone", func(t *testing.T, s sample, dir string) { t.Helper(); remove(t, filepath.Join(dir, name(s, 4))) }, Deletion, 4, 7},
		{"the last segment is gone", func(t *testing.T, s sample, dir string) { t.Helper(); remove(t, filepath.Join(dir, name(s, 10))) }, Truncation, 10, 7},
		{"all segments are gone", func(t *testing.T, s sample, dir string) {
			t.Helper()
			for _, f := range s.frames {
				remove(t, filepath.Join(dir, f.file))
			}
		}, Truncation, 1, 0},
		{"two segments change places", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rename(t, dir, name(s, 4), "aside")
			rename(t, dir, name(s, 7), name(s, 4))
			rename(t, dir, "aside", segment.Name(7))
		}, Reorder, 7, 4},
		{"a segment is renamed", func(t *testing.T, s sample, dir string) {
			t.Helper()
			rename(t, dir, name(s, 4), segment.Name(5))
		}, Reorder, 4, 0},
		{"a segment is copied to the end", func(t *testing.T, s sample, dir string) {
			t.Helper()
			write(t, filepath.Join(dir, segment.Name(13)), read(t, filepath.Join(dir, name(s, 4))))
		}, Reorder, 4, 0},
		{"a segment is put between", func(t *testing.T, s sample, dir string) {
			t.Helper()
			h := segment.Header{Node: "a", First: 5, Start: 1, Prev: s.frames[3].Chain}
			raw, err := h.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			raw, _ = segment.AppendFrame(raw, h.Seed(), segment.Frame{Seq: 5, Payload: []byte("{}")})
			write(t, filepath.Join(dir, segment.Name(5)), raw)
		}, Insertion, 5, 0},
		{"a segment is a folder", func(t *testing.T, s sample, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, name(s, 4)))
			if err := os.Mkdir(filepath.Join(dir, name(s, 4)), 0o700); err != nil {
				t.Fatal(err)
			}
		}, Flip, 4, 4},
		{"bytes that are hard to read stand in the place of a segment's frames", func(t *testing.T, s sample, dir string) {
			t.Helper()
			splice(t, dir, name(s, 4), segment.HeaderSize, s.frames[5].end, bytes.Repeat([]byte{0, 3, 0xff, 0}, 64<<10)...)
		}, Flip, 4, 4},
		{"bytes that are hard to read stand behind the last event", func(t *testing.T, s sample, dir string) {
			t.Helper()
			f := s.frames[11]
			splice(t, dir, f.file, f.end, f.end, bytes.Repeat([]byte{0, 3, 0xff, 0}, 64<<10)...)
		}, Flip, 13, 12},
		{"a segment is a link to nowhere", func(t *testing.T, s sample, dir string) {
			t.Helper()
			remove(t, filepath.Join(dir, name(s, 4)))
			if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, name(s, 4))); err != nil {
				t.Fatal(err)
			}
		}, Flip, 4, 4},
		{"a sealed event is rewritten, and all checksums and chain hashes with it", func(t *testing.T, s sample, dir string) {
			t.Helper()
			frames := slices.Clone(s.frames)
			frames[4].Payload = slices.Concat(frames[4].Payload[:len(frames[4].Payload)-1], []byte(" \n"))
			forge(t, dir, frames)
		}, Flip, 4, 4},
		{"a sealed event is taken out, and the rest is numbered anew", func(t *testing.T, s sample, dir string) {
			t.Helper()
			forge(t, dir, slices.Delete(slices.Clone(s.frames), 6, 7))
		}, Flip, 6, 6},
		{"an event is put between, and the rest is numbered anew", func(t *testing.T, s sample, dir string) {
			t.Helper()
			forge(t, dir, slices.Insert(slices.Clone(s.frames), 6, s.frames[6]))
		}, Flip, 6, 6},
		{"only what says that a frame begins a write is rewritten", func(t *testing.T, s sample, dir string) {
			t.Helper()
			frames := slices.Clone(s.frames)
			frames[1].Begins = false
			forge(t, dir, frames)
		}, Flip, 1, 1},
		{"only the header's time is rewritten", func(t *testing.T, s sample, dir string) {
			t.Helper()
			path := filepath.Join(dir, name(s, 1))
			h, err := segment.ParseHeader(read(t, path)[:segment.HeaderSize])
			if err != nil {
				t.Fatal(err)
			}
			h.Start++
			raw, err := h.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			splice(t, dir, name(s, 1), 0, segment.HeaderSize, raw...)
		}, Flip, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := aCopy(t)
			tt.tamper(t, s, dir)
			r := verified(t, dir, VerifyOptions{})
			if r.OK() {
				t.Fatalf("nothing was found: %+v", r)
			}
			d := r.Damage[0]
			if d.Kind != tt.kind || d.Seq != tt.seq || tt.file > 0 && d.File != name(s, tt.file) {
				t.Fatalf("%+v", r.Damage)
			}
			if len(r.Damage) > 4 {
				t.Errorf("%d damages for one tampering: %+v", len(r.Damage), r.Damage)
			}
			toldAsBefore(t, r)
		})
	}
}

func TestProgressEndsWithAllBytes(t *testing.T) {
	s, dir := aCopy(t)
	var size, before int64
	for _, f := range s.frames {
		if f.Seq == 3 || f.Seq == 6 || f.Seq == 9 || f.Seq == 12 { // the last of a segment
			size += f.end
		}
	}
	calls := 0
	verified(t, dir, VerifyOptions{Progress: func(done, total int64) {
		if calls++; done <= before || done > total || total != size {
			t.Errorf("call %d: %d of %d after %d", calls, done, total, before)
		}
		before = done
	}})
	if calls != sampleEvents || before != size {
		t.Errorf("%d calls, the last at %d of %d", calls, before, size)
	}
}

func TestVerifyingEndsWhenNobodyWaitsForIt(t *testing.T) {
	_, dir := aCopy(t)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if r, err := Verify(ctx, dir, VerifyOptions{}); !errors.Is(err, why) {
		t.Fatalf("%+v, %v", r, err)
	}
}
