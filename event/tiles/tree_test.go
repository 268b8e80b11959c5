package tiles_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
)

type keys struct {
	note.Signer
	note.Verifier
}

func newKeys(t *testing.T) keys {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, "tenward/a")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return keys{signer, verifier}
}

func begin(t *testing.T) (string, keys, *tiles.Tree) {
	t.Helper()
	dir, k := filepath.Join(t.TempDir(), "log"), newKeys(t)
	tree, err := tiles.Begin(dir, k.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return dir, k, tree
}

func leaf(i int) []byte { return fmt.Appendf(nil, "leaf %d", i) }

func leaves(from, to int) (list [][]byte) {
	for i := from; i < to; i++ {
		list = append(list, leaf(i))
	}
	return list
}

// library reads a tree as the public format's own library does, from files.
type library string

func (l library) ReadCheckpoint(context.Context) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(l), layout.CheckpointPath))
}

func (l library) ReadTile(_ context.Context, level, index uint64, p uint8) ([]byte, error) {
	return l.partOrWhole(layout.TilePath(level, index, p), layout.TilePath(level, index, 0))
}

func (l library) ReadEntryBundle(_ context.Context, index uint64, p uint8) ([]byte, error) {
	return l.partOrWhole(layout.EntriesPath(index, p), layout.EntriesPath(index, 0))
}

func (l library) partOrWhole(paths ...string) (raw []byte, err error) {
	for _, path := range paths {
		if raw, err = os.ReadFile(filepath.Join(string(l), path)); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return raw, err
}

func bundleHashes(raw []byte) ([][]byte, error) {
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(raw); err != nil {
		return nil, err
	}
	var hashes [][]byte
	for _, e := range bundle.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return hashes, nil
}

func wrongs(t *testing.T, dir string, n int) []string {
	t.Helper()
	hashes := make([]tiles.Hash, 0, n)
	for i := range n {
		hashes = append(hashes, tiles.LeafHash(leaf(i)))
	}
	var found []string
	tiles.Check(dir, func(i uint64) []byte { return leaf(int(i)) }, hashes, func(path string, _ error) { found = append(found, path) })
	return found
}

func TestThePublicLibraryReadsWhatIsWritten(t *testing.T) {
	for _, steps := range [][]int{{0}, {1}, {1, 2, 3}, {255}, {256}, {257}, {255, 256, 257}, {3, 511, 512, 700}, {65_536}, {65_535, 65_537}, {70_000, 70_001}} {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			dir, k, tree := begin(t)
			at := 0
			for _, to := range steps {
				if err := tree.Add(leaves(at, to)...); err != nil {
					t.Fatal(err)
				}
				at = to
				if tree.Size() != uint64(at) {
					t.Fatalf("size %d", tree.Size())
				}
			}
			if err := fsck.New(k.Verifier.Name(), k.Verifier, library(dir), bundleHashes, fsck.Opts{N: 2}).Check(t.Context()); err != nil && at > 0 {
				t.Fatal(err)
			}
			var got [][]byte
			if path, err := tiles.Leaves(dir, uint64(at), func(_ string, l []byte) bool { got = append(got, l); return true }); err != nil {
				t.Fatal(path, err)
			}
			if !slices.EqualFunc(got, leaves(0, at), slices.Equal) {
				t.Fatalf("%d leaves came back", len(got))
			}
			if found := wrongs(t, dir, at); len(found) > 0 {
				t.Fatalf("wrong: %v", found)
			}
		})
	}
}

func TestATreeOpensWhereItWasAndGrowsOn(t *testing.T) {
	dir, k, tree := begin(t)
	at := 0
	for _, to := range []int{0, 1, 2, 255, 256, 257, 512, 600} {
		if err := tree.Add(leaves(at, to)...); err != nil {
			t.Fatal(err)
		}
		at = to
		var err error
		if tree, err = tiles.Open(dir, k.Signer, k.Verifier); err != nil {
			t.Fatalf("at %d: %v", at, err)
		}
		if at > 0 && string(tree.Last()) != string(leaf(at-1)) {
			t.Fatalf("last is %q", tree.Last())
		}
	}
	if err := fsck.New(k.Verifier.Name(), k.Verifier, library(dir), bundleHashes, fsck.Opts{}).Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "tile", "*", "000.p")); err != nil || len(left) != 1 {
		t.Fatalf("%v stand beside full ones (level 1 is not full), %v", left, err)
	}
}

// A crash between the tiles and the checkpoint leaves files behind that no checkpoint covers.
func TestWhatNoCheckpointCoversCountsForNothing(t *testing.T) {
	dir, k, tree := begin(t)
	if err := tree.Add(leaves(0, 250)...); err != nil {
		t.Fatal(err)
	}
	before, err := tiles.ReadCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Add([]byte("other"), []byte("leaves"), []byte("than"), []byte("later"), []byte("on"), []byte("are"), []byte("added")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tiles.CheckpointFile(dir), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if tree, err = tiles.Open(dir, k.Signer, k.Verifier); err != nil || tree.Size() != 250 {
		t.Fatalf("%v", err)
	}
	if found := wrongs(t, dir, 250); len(found) > 0 {
		t.Fatalf("wrong: %v", found)
	}
	if err := tree.Add(leaves(250, 300)...); err != nil {
		t.Fatal(err)
	}
	if found := wrongs(t, dir, 300); len(found) > 0 {
		t.Fatalf("wrong: %v", found)
	}
}

func TestADamagedEdgeIsNotBuiltOn(t *testing.T) {
	dir, k, tree := begin(t)
	if err := tree.Add(leaves(0, 300)...); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"checkpoint", "tile/entries/001.p/44", "tile/1/000.p/1"} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			if err := os.WriteFile(path, flipped(whole, i), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := tiles.Open(dir, k.Signer, k.Verifier); err == nil {
				t.Fatalf("byte %d of %s was flipped, and the tree opened", i, name)
			}
		}
		if err := os.WriteFile(path, whole[:len(whole)-1], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := tiles.Open(dir, k.Signer, k.Verifier); err == nil {
			t.Fatalf("%s was cut, and the tree opened", name)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := tiles.Open(dir, k.Signer, k.Verifier); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s is gone: %v", name, err)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tiles.Open(dir, k.Signer, newKeys(t).Verifier); err == nil {
		t.Fatal("another key's tree opened")
	}
}

func flipped(b []byte, i int) []byte {
	c := slices.Clone(b)
	c[i] ^= 1
	return c
}

func TestEveryFlippedByteOfEveryTileThatIsNeededIsFound(t *testing.T) {
	dir, _, tree := begin(t)
	at := 0
	for _, to := range []int{254, 255, 256, 257, 258} {
		if err := tree.Add(leaves(at, to)...); err != nil {
			t.Fatal(err)
		}
		at = to
	}
	var paths []string
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil || len(paths) != 7 { // 000, 001.p/1, 001.p/2 of leaves and of level 0, 000.p/1 of level 1
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		broken := [][]byte{whole[:len(whole)-1], append(slices.Clone(whole), 0), nil}
		for i := 0; i < len(whole); i += 1 + len(whole)/100 {
			broken = append(broken, flipped(whole, i))
		}
		of := 1
		if strings.HasSuffix(path, "001.p/1") { // of the checkpoint before: nothing is proved from it any more
			of = 0
		}
		for i, b := range broken {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if found := wrongs(t, dir, at); len(found) != of || of == 1 && filepath.Join(dir, found[0]) != path {
				t.Fatalf("%s, case %d: %v", path, i, found)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if found := wrongs(t, dir, at); len(found) != of {
			t.Fatalf("%s is gone: %v", path, found)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPipeUnderATilesNameStopsNobody(t *testing.T) {
	dir, _, tree := begin(t)
	if err := tree.Add(leaves(0, 3)...); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tile", "0", "000.p", "3")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	mkfifo(t, path)
	if found := wrongs(t, dir, 3); len(found) == 0 {
		t.Fatal("nothing was said")
	}
	if err := os.Remove(tiles.CheckpointFile(dir)); err != nil {
		t.Fatal(err)
	}
	mkfifo(t, tiles.CheckpointFile(dir))
	if _, err := tiles.ReadCheckpoint(dir); !errors.Is(err, tiles.ErrFile) {
		t.Fatal(err)
	}
}

func TestWhatCannotBeWrittenIsSaidAndTriedAgain(t *testing.T) {
	dir, k, tree := begin(t)
	if err := tree.Add(leaves(0, 3)...); err != nil {
		t.Fatal(err)
	}
	aside := dir + ".aside"
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	if err := tree.Add(leaves(3, 5)...); err == nil {
		t.Fatal("a tree that was taken away was written")
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("half a tree was put in its place")
	}
	if err := os.Rename(aside, dir); err != nil {
		t.Fatal(err)
	}
	if err := tree.Add(leaves(3, 5)...); err != nil {
		t.Fatal(err)
	}
	if err := fsck.New(k.Verifier.Name(), k.Verifier, library(dir), bundleHashes, fsck.Opts{}).Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, make([]byte, 1<<16)} {
		if err := tree.Add(bad); err == nil {
			t.Fatalf("a leaf of %d bytes was taken", len(bad))
		}
	}
}
func mkfifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}
