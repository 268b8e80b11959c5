package event

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// treeDir is where the Merkle tree of sealed batches stands.
func treeDir(dir string) string { return filepath.Join(dir, "log") }

// openTree opens the tree of the record in dir, and says what its last leaf seals. It begins one only where there
// are no events yet: events without a tree have lost it, and a new one over them would vouch for what nobody knows.
func openTree(dir string, k SigningKey) (*tiles.Tree, batch, error) {
	tree, err := tiles.Open(treeDir(dir), k.signer, k.verifier)
	if errors.Is(err, fs.ErrNotExist) {
		var files []uint64
		if files, err = segments(dir); err == nil && len(files) == 0 {
			tree, err = tiles.Begin(treeDir(dir), k.signer)
		} else if err == nil {
			err = errors.New("there are events, but no tree")
		}
	}
	var last batch
	if err == nil && tree.Size() > 0 {
		last, err = parseBatch(tree.Last())
	}
	if err == nil && last.count > 0 && Origin(last.node) != k.signer.Name() {
		err = fmt.Errorf("its last leaf is of the node %q", last.node)
	}
	if err != nil {
		return nil, batch{}, problem.New("event.tree.unusable", "The record's Merkle tree cannot be opened.",
			"Run `tenward log verify`, then restore the record from a backup, or move "+dir+" aside to begin a new one.").Because(err)
	}
	return tree, last, nil
}
