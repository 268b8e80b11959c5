// Package tiles keeps an append-only Merkle tree in a folder, under signed checkpoints.
//
// The files are those of the public tlog-tiles format (C2SP), so any client of it can read and prove what stands in
// them: tile/entries/NNN bundles of 256 leaves, tile/LEVEL/NNN tiles of 256 hashes, both with a suffix .p/WIDTH while
// they are not full, and checkpoint, in the forms of C2SP tlog-checkpoint and signed-note. Hashes are RFC 6962's.
//
// The writer is the one of the public library's that a gate cannot do without: it returns an error when the disk
// refuses (the library's POSIX storage panics when its folder is gone, read-only, or the process has no file
// descriptors left), it starts no goroutines, and the newest checkpoint alone says what the tree holds, so whatever a
// crash leaves behind it counts for nothing and is written again. The library's own check reads what is written
// here: see the tests.
package tiles

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
)

// ErrDamaged says that the files of a tree do not bear its checkpoint out.
var ErrDamaged = errors.New("the tree's files do not bear its checkpoint out")

// Tree is open for writing. It is not safe for use by several goroutines.
type Tree struct {
	dir    string
	signer note.Signer
	edge   edge
}

// edge is the right edge of the tree: all that is needed to add to it.
type edge struct {
	size   uint64
	levels [][]Hash // of each level, the hashes of the last tile while it is not full
	bundle []byte   // the leaves of the last bundle while it is not full
	last   []byte   // the newest leaf
}

// Begin begins a tree in dir with a signed checkpoint of no leaves. The folder above dir must be there.
func Begin(dir string, signer note.Signer) (*Tree, error) {
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the tree is public, the folder around it is not
		return nil, fmt.Errorf("begin tree: %w", err)
	}
	t := &Tree{dir: dir, signer: signer}
	err := t.commit(edge{}, nil)
	if err == nil {
		err = syncFolder(filepath.Dir(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("begin tree: %w", err)
	}
	return t, nil
}

// Open opens the tree in dir as its newest checkpoint says, which must be signed with this key. The error is
// fs.ErrNotExist when there is no checkpoint.
func Open(dir string, signer note.Signer, key note.Verifier) (*Tree, error) {
	raw, err := ReadCheckpoint(dir)
	if err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	c, err := ParseCheckpoint(raw, key)
	if err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	t := &Tree{dir: dir, signer: signer}
	if t.edge, err = readEdge(dir, c); err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	return t, nil
}

// Size is how many leaves the newest checkpoint covers.
func (t *Tree) Size() uint64 { return t.edge.size }

// Last is the newest leaf; nil in a tree without leaves.
func (t *Tree) Last() []byte { return t.edge.last }

// Add adds leaves and returns when a new checkpoint covers them. After an error the tree is as before, but the
// checkpoint may have gone out already: the next call must bring the same leaves again, in the same order.
func (t *Tree) Add(leaves ...[]byte) error {
	next := t.edge.clone()
	var files []file
	for _, leaf := range leaves {
		if len(leaf) == 0 || len(leaf) > math.MaxUint16 {
			return fmt.Errorf("add to tree: a leaf of %d bytes", len(leaf))
		}
		files = next.push(files, leaf)
	}
	full := len(files)
	files = next.partial(files)
	if err := t.commit(next, files); err != nil {
		return fmt.Errorf("add to tree: %w", err)
	}
	for _, f := range files[:full] {
		// A full tile stands in for its partial ones. That they are still there harms nobody.
		_ = os.RemoveAll(filepath.Join(t.dir, filepath.FromSlash(f.path+".p")))
	}
	return nil
}

// commit writes files, then the checkpoint that covers them.
func (t *Tree) commit(next edge, files []file) error {
	raw, err := Checkpoint{Size: next.size, Root: next.root()}.sign(t.signer)
	if err != nil {
		return err
	}
	if err := write(t.dir, files); err != nil {
		return err
	}
	if err := write(t.dir, []file{{layout.CheckpointPath, raw}}); err != nil {
		return err
	}
	t.edge = next
	return nil
}

func (e edge) clone() edge {
	c := edge{size: e.size, bundle: slices.Clone(e.bundle), last: e.last}
	for _, level := range e.levels {
		c.levels = append(c.levels, slices.Clone(level))
	}
	return c
}

// push adds a leaf and gives the bundle and the tiles that it fills.
func (e *edge) push(files []file, leaf []byte) []file {
	e.bundle = binary.BigEndian.AppendUint16(e.bundle, uint16(len(leaf))) //nolint:gosec // Add bounds it
	e.bundle = append(e.bundle, leaf...)
	e.last = slices.Clone(leaf)
	index := e.size / layout.EntryBundleWidth
	e.size++
	if e.size%layout.EntryBundleWidth == 0 {
		files = append(files, file{layout.EntriesPath(index, 0), e.bundle})
		e.bundle = nil
	}
	h := LeafHash(leaf)
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, nil)
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < layout.TileWidth {
			return files
		}
		files = append(files, file{layout.TilePath(uint64(level), index, 0), joined(e.levels[level])})
		h, e.levels[level] = Root(e.levels[level]), nil
		index /= layout.TileWidth
	}
}

// partial gives the bundle and the tiles at the edge as they stand now.
func (e *edge) partial(files []file) []file {
	if n := e.size % layout.EntryBundleWidth; n > 0 {
		files = append(files, file{layout.EntriesPath(e.size/layout.EntryBundleWidth, uint8(n)), slices.Clone(e.bundle)})
	}
	count := e.size
	for level, hashes := range e.levels {
		if len(hashes) > 0 {
			files = append(files, file{layout.TilePath(uint64(level), count/layout.TileWidth, uint8(len(hashes))), joined(hashes)}) //nolint:gosec // below a tile's width
		}
		count /= layout.TileWidth
	}
	return files
}

// root is the root over everything: each level's hashes are of whole trees, and what stands lower is to their right.
func (e edge) root() Hash {
	var right []Hash
	for _, level := range e.levels {
		if all := append(slices.Clone(level), right...); len(all) > 0 {
			right = []Hash{fold(all)}
		}
	}
	return Root(right)
}

func joined(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*len(Hash{}))
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// readEdge reads the edge of the tree that a checkpoint covers, and holds it against the checkpoint's root.
func readEdge(dir string, c Checkpoint) (edge, error) {
	e := edge{size: c.Size}
	if c.Size == 0 {
		return e, rootMust(e.root(), c.Root)
	}
	index, n := (c.Size-1)/layout.EntryBundleWidth, (c.Size-1)%layout.EntryBundleWidth+1
	raw, _, err := readPart(dir, func(p uint8) string { return layout.EntriesPath(index, p) }, n)
	if err != nil {
		return e, err
	}
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(raw); err != nil || uint64(len(bundle.Entries)) < n {
		return e, fmt.Errorf("%w: bundle %d is cut", ErrDamaged, index)
	}
	e.last = slices.Clone(bundle.Entries[n-1])
	var leaves []Hash
	for _, leaf := range bundle.Entries[:n] {
		leaves = append(leaves, LeafHash(leaf))
		e.bundle = append(binary.BigEndian.AppendUint16(e.bundle, uint16(len(leaf))), leaf...) //nolint:gosec // it was read from two bytes
	}
	if n == layout.EntryBundleWidth {
		e.bundle, leaves = nil, nil
	}
	e.levels = [][]Hash{leaves}
	for level, count := uint64(1), c.Size/layout.TileWidth; count > 0; level, count = level+1, count/layout.TileWidth {
		hashes, err := readTile(dir, level, count/layout.TileWidth, count%layout.TileWidth)
		if err != nil {
			return e, err
		}
		e.levels = append(e.levels, hashes)
	}
	return e, rootMust(e.root(), c.Root)
}

func rootMust(got, want Hash) error {
	if got != want {
		return fmt.Errorf("%w: they have another root", ErrDamaged)
	}
	return nil
}

func readTile(dir string, level, index, n uint64) ([]Hash, error) {
	if n == 0 {
		return nil, nil
	}
	raw, _, err := readPart(dir, func(p uint8) string { return layout.TilePath(level, index, p) }, n)
	if err != nil {
		return nil, err
	}
	if uint64(len(raw)) < n*uint64(len(Hash{})) {
		return nil, fmt.Errorf("%w: tile %d of level %d is cut", ErrDamaged, index, level)
	}
	hashes := make([]Hash, n)
	for i := range hashes {
		copy(hashes[i][:], raw[i*len(Hash{}):])
	}
	return hashes, nil
}
