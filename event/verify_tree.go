package event

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// leaf is a batch as it was read from the tree. It is proven when the signed checkpoint covers just these bytes:
// events are held against no other.
type leaf struct {
	batch
	proven bool
}

// readTree reads all leaves and shows that the checkpoint is theirs, and that the tiles are too.
func (r *Report) readTree(dir string, raw []byte, key note.Verifier) []leaf {
	c, err := tiles.ParseCheckpoint(raw, key)
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the newest checkpoint is not signed with this key: " + err.Error()})
		return nil
	}
	r.Checkpoint = c.Size
	leaves, hashes, paths := r.readLeaves(dir, c.Size, strings.TrimPrefix(key.Name(), Origin("")))
	if len(leaves) > 0 {
		r.Sealed = leaves[len(leaves)-1].last()
	}
	signed := hashes
	if whole := uint64(len(hashes)) == c.Size && rootIs(hashes, c); !whole {
		signed, err = tiles.LeafHashes(treeDir(dir), c.Size)
		if err != nil || !rootIs(signed, c) {
			r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the leaves are not those that the checkpoint was signed over"})
			return leaves
		}
	}
	for i := range leaves {
		if leaves[i].proven = hashes[i] == signed[i]; !leaves[i].proven {
			r.damage(Damage{Kind: BadTree, File: "log/" + paths[i], Seq: leaves[i].first, Sentence: fmt.Sprintf("leaf %d is not the one that the checkpoint was signed over", i)})
		}
	}
	if uint64(len(leaves)) == c.Size {
		tiles.Check(treeDir(dir), func(i uint64) []byte { return leaves[i].marshal() }, slices.Clone(signed), func(path string, _ error) {
			r.damage(Damage{Kind: BadTree, File: "log/" + path, Sentence: "this file of the tree is missing or does not hold what its leaves say"})
		})
	}
	return leaves
}

func rootIs(hashes []tiles.Hash, c tiles.Checkpoint) bool {
	return tiles.Root(slices.Clone(hashes)) == c.Root
}

// readLeaves reads as many leaves as follow from one another, their hashes, and which bundle each is from.
func (r *Report) readLeaves(dir string, size uint64, node string) (leaves []leaf, hashes []tiles.Hash, paths []string) {
	path, err := tiles.Leaves(treeDir(dir), size, func(path string, raw []byte) bool {
		b, err := parseBatch(raw)
		if err != nil || b.node != node || b.first != nextSeq(leaves) {
			r.damage(Damage{Kind: BadTree, File: "log/" + path, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("leaf %d is not the batch that must stand there", len(leaves))})
			return false
		}
		leaves, hashes, paths = append(leaves, leaf{batch: b}), append(hashes, tiles.LeafHash(raw)), append(paths, path)
		return true
	})
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/" + path, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("leaves of the tree are missing or unreadable from leaf %d on", len(leaves))})
	}
	return leaves, hashes, paths
}

func nextSeq(leaves []leaf) uint64 {
	if len(leaves) == 0 {
		return 1
	}
	return leaves[len(leaves)-1].last() + 1
}

// anchor compares with a checkpoint kept elsewhere.
func (r *Report) anchor(raw []byte, key note.Verifier, leaves []leaf) error {
	c, err := tiles.ParseCheckpoint(raw, key)
	if err != nil {
		return problem.New("event.checkpoint.unusable", "The checkpoint kept elsewhere is not signed with this log's key.",
			"Give a checkpoint of the same log, as it stood in its log/checkpoint.").Because(err)
	}
	r.Anchor = &Anchor{Size: c.Size}
	if c.Size > r.Checkpoint {
		r.damage(Damage{Kind: Rollback, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("a checkpoint kept elsewhere covers %d leaves, this folder's own only %d: it is an older copy, or its end was taken off", c.Size, r.Checkpoint)})
		return nil
	}
	if c.Size > uint64(len(leaves)) {
		return nil // what is wrong with the leaves was said; they cannot be compared
	}
	hashes := make([]tiles.Hash, c.Size)
	for i := range hashes {
		hashes[i] = tiles.LeafHash(leaves[i].marshal())
	}
	if c.Size > 0 {
		r.Anchor.Events = leaves[c.Size-1].last()
	}
	if tiles.Root(hashes) != c.Root {
		r.damage(Damage{Kind: Fork, Sentence: fmt.Sprintf("the first %d leaves are not those that the checkpoint kept elsewhere was signed over", c.Size)})
	}
	return nil
}
