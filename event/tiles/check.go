package tiles

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
)

// Leaves reads the first size leaves and gives each with the path of its bundle, until each says false. The error
// is a bundle's that is missing or cut, and path is that bundle's.
func Leaves(dir string, size uint64, each func(path string, leaf []byte) bool) (path string, err error) {
	for index := uint64(0); index*layout.EntryBundleWidth < size; index++ {
		n := min(size-index*layout.EntryBundleWidth, layout.EntryBundleWidth)
		name := func(p uint8) string { return layout.EntriesPath(index, p) }
		path = name(layout.PartialTileSize(0, index, size))
		raw, _, err := readPart(dir, name, n)
		if err != nil {
			return path, err
		}
		var bundle api.EntryBundle
		if err := bundle.UnmarshalText(raw); err != nil || uint64(len(bundle.Entries)) < n {
			return path, fmt.Errorf("%w: the bundle is cut", ErrDamaged)
		}
		for _, leaf := range bundle.Entries[:n] {
			if !each(path, leaf) {
				return "", nil
			}
		}
	}
	return "", nil
}

// LeafHashes reads the hashes of the first size leaves from the tiles, where they stand beside the bundles.
func LeafHashes(dir string, size uint64) ([]Hash, error) {
	var hashes []Hash
	for index := uint64(0); index*layout.TileWidth < size; index++ {
		tile, err := readTile(dir, 0, index, min(size-index*layout.TileWidth, layout.TileWidth))
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, tile...)
	}
	return hashes, nil
}

// Check holds the bundles and tiles that the tree needs against its leaves. Partial ones of earlier checkpoints are
// not looked at: nothing is proved from them that the newest ones do not prove. It uses hashes up: they are the
// leaves'.
func Check(dir string, leaf func(index uint64) []byte, hashes []Hash, wrong func(path string, err error)) {
	compare := func(count uint64, name func(index uint64, p uint8) string, want func(from, to uint64) []byte) {
		for from := uint64(0); from < count; from += layout.TileWidth {
			to := min(from+layout.TileWidth, count)
			index := from / layout.TileWidth
			path := func(p uint8) string { return name(index, p) }
			if err := holds(dir, path, to-from, want(from, to)); err != nil {
				wrong(path(layout.PartialTileSize(0, index, count)), err)
			}
		}
	}
	compare(uint64(len(hashes)), layout.EntriesPath, func(from, to uint64) (want []byte) {
		for i := from; i < to; i++ {
			want = append(binary.BigEndian.AppendUint16(want, uint16(len(leaf(i)))), leaf(i)...) //nolint:gosec // it was read from two bytes
		}
		return want
	})
	for level := uint64(0); len(hashes) > 0; level++ {
		compare(uint64(len(hashes)), func(index uint64, p uint8) string { return layout.TilePath(level, index, p) },
			func(from, to uint64) []byte { return joined(hashes[from:to]) })
		var above []Hash
		for full := range slices.Chunk(hashes[:len(hashes)/layout.TileWidth*layout.TileWidth], layout.TileWidth) {
			above = append(above, Root(full))
		}
		hashes = above
	}
}

// holds says whether the first n of a bundle or a tile are these bytes, and nothing stands behind them in a file of
// just that width.
func holds(dir string, path func(uint8) string, n uint64, want []byte) error {
	raw, exact, err := readPart(dir, path, n)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(raw, want) || exact && len(raw) != len(want) {
		return ErrDamaged
	}
	return nil
}
