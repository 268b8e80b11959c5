package tiles

import (
	"encoding/binary"
	"fmt"

	"github.com/transparency-dev/tessera/api/layout"
)

// Files gives every file that a tree of so many leaves needs beside its checkpoint, as it was when the tree had just
// those: the tree in dir may have grown since, and goes on growing.
func Files(dir string, size uint64, each func(path string, data []byte) error) error {
	give := func(count, index uint64, name func(uint8) string, cut func([]byte, uint64) ([]byte, error)) error {
		n := min(count-index*layout.TileWidth, layout.TileWidth)
		path := name(layout.PartialTileSize(0, index, count))
		raw, _, err := readPart(dir, name, n)
		if err == nil {
			raw, err = cut(raw, n)
		}
		if err != nil {
			return fmt.Errorf("copy %s: %w", path, err)
		}
		return each(path, raw)
	}
	for index := uint64(0); index*layout.EntryBundleWidth < size; index++ {
		if err := give(size, index, func(p uint8) string { return layout.EntriesPath(index, p) }, firstLeaves); err != nil {
			return err
		}
	}
	for level, count := uint64(0), size; count > 0; level, count = level+1, count/layout.TileWidth {
		for index := uint64(0); index*layout.TileWidth < count; index++ {
			if err := give(count, index, func(p uint8) string { return layout.TilePath(level, index, p) }, firstHashes); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstLeaves cuts a bundle off behind n leaves.
func firstLeaves(raw []byte, n uint64) ([]byte, error) {
	end := 0
	for range n {
		if len(raw)-end < 2 || len(raw)-end-2 < int(binary.BigEndian.Uint16(raw[end:])) {
			return nil, fmt.Errorf("%w: the bundle is cut", ErrDamaged)
		}
		end += 2 + int(binary.BigEndian.Uint16(raw[end:]))
	}
	return raw[:end], nil
}

// firstHashes cuts a tile off behind n hashes.
func firstHashes(raw []byte, n uint64) ([]byte, error) {
	end := int(n) * len(Hash{}) //nolint:gosec // at most a tile's width
	if len(raw) < end {
		return nil, fmt.Errorf("%w: the tile is cut", ErrDamaged)
	}
	return raw[:end], nil
}

// LastOf gives the last of the first size leaves; nil where there are none.
func LastOf(dir string, size uint64) (last []byte, err error) {
	if size == 0 {
		return nil, nil
	}
	index := (size - 1) / layout.EntryBundleWidth
	n := size - index*layout.EntryBundleWidth
	raw, _, err := readPart(dir, func(p uint8) string { return layout.EntriesPath(index, p) }, n)
	if err != nil {
		return nil, fmt.Errorf("read leaf: %w", err)
	}
	before, err := firstLeaves(raw, n-1)
	if err != nil {
		return nil, err
	}
	all, err := firstLeaves(raw, n)
	if err != nil {
		return nil, err
	}
	return all[len(before)+2:], nil
}
