package event

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Whatever is put in the place of a piece of a sealed segment, Verify ends with a report, and only the segment itself passes.
func FuzzVerify(f *testing.F) {
	s, err := makeSample()
	if err != nil {
		f.Fatal(err)
	}
	dir := filepath.Join(f.TempDir(), "record")
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		f.Fatal(err)
	}
	path := segmentPath(dir, 4)
	want, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(0), uint16(0), []byte(nil))
	f.Add(uint16(200), uint16(1), []byte{7})
	f.Add(uint16(128), uint16(405), []byte(nil))
	f.Add(uint16(128), uint16(0), want[128:533])
	f.Fuzz(func(t *testing.T, at, gone uint16, put []byte) {
		from := min(int(at), len(want))
		raw := slices.Concat(want[:from], put, want[min(from+int(gone), len(want)):])
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Verify(context.Background(), dir, VerifyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.OK() != (string(raw) == string(want)) {
			t.Fatalf("%+v", r)
		}
	})
}
