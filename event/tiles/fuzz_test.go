package tiles_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
)

// A signer whose signatures verify, so that the fuzzer gets behind the signature.
type anything struct{}

func (anything) Name() string                { return "tenward/a" }
func (anything) KeyHash() uint32             { return 0x01020304 }
func (anything) Sign([]byte) ([]byte, error) { return []byte("ok"), nil }
func (anything) Verify(_, sig []byte) bool   { return string(sig) == "ok" }

var (
	_ note.Signer   = anything{}
	_ note.Verifier = anything{}
)

// One checkpoint has one form: whatever is read as one is what would be written for it, but for further signatures.
func FuzzCheckpoint(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "log")
	tree, err := tiles.Begin(dir, anything{})
	if err != nil {
		f.Fatal(err)
	}
	for range 2 {
		raw, err := tiles.ReadCheckpoint(dir)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		if err := tree.Add([]byte("leaf")); err != nil {
			f.Fatal(err)
		}
	}
	seen := map[tiles.Checkpoint]string{}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := tiles.ParseCheckpoint(raw, anything{})
		if err != nil {
			return
		}
		text := string(raw[:slices.Index(raw, '\n')])
		if text != "tenward/a" {
			t.Fatalf("%q is of another log", raw)
		}
		n, err := note.Open(raw, note.VerifierList(anything{}))
		if err != nil {
			t.Fatal(err)
		}
		if before, ok := seen[c]; ok && before != n.Text {
			t.Fatalf("%q and %q are one checkpoint", before, n.Text)
		}
		seen[c] = n.Text
	})
}

// Whatever stands in a bundle and a tile, reading them ends, and only what was written passes.
func FuzzTree(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "log")
	tree, err := tiles.Begin(dir, anything{})
	if err != nil {
		f.Fatal(err)
	}
	if err := tree.Add(leaves(0, 3)...); err != nil {
		f.Fatal(err)
	}
	bundle, tile := filepath.Join(dir, "tile", "entries", "000.p", "3"), filepath.Join(dir, "tile", "0", "000.p", "3")
	wantBundle, err := os.ReadFile(bundle)
	if err != nil {
		f.Fatal(err)
	}
	wantTile, err := os.ReadFile(tile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wantBundle, wantTile)
	f.Add(wantBundle[:10], wantTile[:40])
	f.Fuzz(func(t *testing.T, b, h []byte) {
		for path, raw := range map[string][]byte{bundle: b, tile: h} {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		same := string(b) == string(wantBundle) && string(h) == string(wantTile)
		if found := wrongs(t, dir, 3); (len(found) == 0) != same {
			t.Fatalf("wrong: %v", found)
		}
		_, err := tiles.Open(dir, anything{}, anything{})
		if same && err != nil {
			t.Fatal(err)
		}
		var got [][]byte
		if _, err := tiles.Leaves(dir, 3, func(_ string, l []byte) bool { got = append(got, l); return true }); err == nil && len(got) != 3 {
			t.Fatalf("%d leaves of 3", len(got))
		}
		if hashes, err := tiles.LeafHashes(dir, 3); err == nil && len(hashes) != 3 {
			t.Fatalf("%d hashes of 3", len(hashes))
		}
	})
}
