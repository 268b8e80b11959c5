package event

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// VerifyOptions say what is trusted.
type VerifyOptions struct {
	Key        string                  // the log's public key; empty: the folder's own, which proves less
	Checkpoint []byte                  // a signed checkpoint kept elsewhere; empty: none
	Progress   func(done, total int64) // bytes; may be nil
}

// Verify reads a copy of a record and finds every flip, deletion, insertion, reorder and truncation in what its
// newest signed checkpoint covers. It needs nothing but the folder and the public key. The error is for what kept it
// from looking; what it saw is in the report.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*Report, error) {
	key, own, err := verifier(dir, o.Key)
	if err != nil {
		return nil, err
	}
	r := &Report{Origin: key.Name(), OwnKey: own, Damage: []Damage{}}
	raw, err := tiles.ReadCheckpoint(treeDir(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, tiles.ErrFile) {
		return nil, problem.New("event.record.unreadable", "The record's checkpoint cannot be read.", "Check who may read "+dir+".").Because(err)
	}
	var leaves []batch
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "there is no signed checkpoint, so nothing here is covered by a signature"})
	} else {
		leaves = r.readTree(dir, raw, key)
	}
	if len(o.Checkpoint) > 0 {
		if err := r.anchor(o.Checkpoint, key, leaves); err != nil {
			return nil, err
		}
	}
	v := &walk{ctx: ctx, dir: dir, report: r, leaves: leaves, progress: o.Progress}
	if err := v.run(); err != nil {
		return nil, err
	}
	return r, nil
}

func verifier(dir, key string) (note.Verifier, bool, error) {
	missing := problem.New("event.record.missing", fmt.Sprintf("There is no record in %s: it has no key.pub.", dir),
		"Name the folder of a record, such as /var/lib/tenward/record, or give its public key with --key.")
	if _, err := os.Stat(dir); err != nil {
		return nil, false, missing.Because(err)
	}
	own := key == ""
	if own {
		raw, err := tiles.ReadFile(keyFile(dir), maxKey)
		if err != nil {
			return nil, own, missing.Because(err)
		}
		key = string(raw)
	}
	v, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		return nil, own, problem.New("event.key.malformed", "The public key cannot be read.",
			"It is one line: the log's name, eight hexadecimal digits and a base64 text, joined by plus signs.").Because(err)
	}
	return v, own, nil
}

// readTree reads all leaves and shows that the checkpoint is theirs, and that the tiles are too.
func (r *Report) readTree(dir string, raw []byte, key note.Verifier) []batch {
	c, err := tiles.ParseCheckpoint(raw, key)
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the newest checkpoint is not signed with this key: " + err.Error()})
		return nil
	}
	r.Checkpoint = c.Size
	node := strings.TrimPrefix(key.Name(), Origin(""))
	var leaves []batch
	var hashes []tiles.Hash
	path, err := tiles.Leaves(treeDir(dir), c.Size, func(path string, leaf []byte) bool {
		b, err := parseBatch(leaf)
		if err != nil || b.node != node || b.first != nextSeq(leaves) {
			r.damage(Damage{Kind: BadTree, File: "log/" + path, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("leaf %d is not the batch that must stand there", len(leaves))})
			return false
		}
		leaves, hashes = append(leaves, b), append(hashes, tiles.LeafHash(leaf))
		return true
	})
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/" + path, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("leaves of the tree are missing or unreadable from leaf %d on", len(leaves))})
	}
	if len(leaves) > 0 {
		r.Sealed = leaves[len(leaves)-1].last()
	}
	if uint64(len(leaves)) < c.Size {
		return leaves
	}
	if tiles.Root(slices.Clone(hashes)) != c.Root {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the leaves are not those that the checkpoint was signed over"})
	}
	tiles.Check(treeDir(dir), func(i uint64) []byte { return leaves[i].marshal() }, hashes, func(path string, _ error) {
		r.damage(Damage{Kind: BadTree, File: "log/" + path, Sentence: "this file of the tree is missing or does not hold what its leaves say"})
	})
	return leaves
}

func nextSeq(leaves []batch) uint64 {
	if len(leaves) == 0 {
		return 1
	}
	return leaves[len(leaves)-1].last() + 1
}

// anchor compares with a checkpoint kept elsewhere.
func (r *Report) anchor(raw []byte, key note.Verifier, leaves []batch) error {
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
