package tiles

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/transparency-dev/tessera/api/layout"
)

// maxTile bounds a bundle or a tile: 256 leaves of 64 KiB and their lengths.
const maxTile = layout.EntryBundleWidth * (2 + 1<<16)

// readPart reads a bundle or a tile of which n are needed: the file of just this width, which exact says, or the full
// one, when it was filled since.
func readPart(dir string, path func(uint8) string, n uint64) (raw []byte, exact bool, err error) {
	width := uint8(n % layout.TileWidth)
	raw, err = ReadFile(filepath.Join(dir, filepath.FromSlash(path(width))), maxTile)
	if errors.Is(err, fs.ErrNotExist) && width > 0 {
		raw, err = ReadFile(filepath.Join(dir, filepath.FromSlash(path(0))), maxTile)
		return raw, false, err
	}
	return raw, true, err
}
