package tiles

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
)

// Checkpoint is what is signed: how many leaves the tree has, and their root.
type Checkpoint struct {
	Size uint64
	Root Hash
}

// maxCheckpoint bounds a checkpoint's text: three lines and a few signatures.
const maxCheckpoint = 64 << 10

// CheckpointFile is where the newest signed checkpoint of the tree in dir stands.
func CheckpointFile(dir string) string { return filepath.Join(dir, layout.CheckpointPath) }

// ReadCheckpoint reads the newest signed checkpoint of the tree in dir, unparsed.
func ReadCheckpoint(dir string) ([]byte, error) { return ReadFile(CheckpointFile(dir), maxCheckpoint) }

// ParseCheckpoint reads a checkpoint of the log whose key it is and refuses any other, and any other form of it.
func ParseCheckpoint(raw []byte, key note.Verifier) (Checkpoint, error) {
	c, rest, signed, err := log.ParseCheckpoint(raw, key.Name(), key)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("read checkpoint: %s", strings.TrimPrefix(err.Error(), "note: "))
	}
	// The note library does not mind the last bits of a base64 text. One checkpoint has one form.
	for _, s := range signed.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("read checkpoint: its signature: %w", err)
		}
	}
	out := Checkpoint{Size: c.Size}
	if len(c.Hash) != len(out.Root) || len(rest) > 0 {
		return Checkpoint{}, errors.New("read checkpoint: it is not three lines with a SHA-256 root")
	}
	copy(out.Root[:], c.Hash)
	return out, nil
}

// sign gives the checkpoint's signed text.
func (c Checkpoint) sign(signer note.Signer) ([]byte, error) {
	text := log.Checkpoint{Origin: signer.Name(), Size: c.Size, Hash: c.Root[:]}.Marshal()
	raw, err := note.Sign(&note.Note{Text: string(text)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return raw, nil
}
