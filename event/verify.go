package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/segment"
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
	raw, err := os.ReadFile(checkpointFile(dir))
	if errors.Is(err, fs.ErrNotExist) {
		r.damage(Damage{Kind: BadTree, Sentence: "there is no signed checkpoint, so nothing here is covered by a signature"})
		raw, err = nil, nil
	}
	if err != nil {
		return nil, problem.New("event.record.unreadable", "The record's checkpoint cannot be read.", "Check who may read "+dir+".").Because(err)
	}
	var leaves []batch
	if raw != nil {
		leaves, err = r.readTree(dir, raw, key)
	}
	if err == nil && len(o.Checkpoint) > 0 {
		err = r.anchor(o.Checkpoint, key, leaves)
	}
	if err != nil {
		return nil, err
	}
	v := &walk{ctx: ctx, dir: dir, report: r, leaves: leaves, progress: o.Progress}
	if err := v.run(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Report) damage(d Damage) { r.Damage = append(r.Damage, d) }

func verifier(dir, key string) (note.Verifier, bool, error) {
	own := key == ""
	if own {
		raw, err := os.ReadFile(keyFile(dir))
		if err != nil {
			return nil, own, problem.New("event.record.missing", fmt.Sprintf("There is no record in %s: it has no key.pub.", dir),
				"Name the folder of a record, such as /var/lib/tenward/record, or give its public key with --key.").Because(err)
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
func (r *Report) readTree(dir string, raw []byte, key note.Verifier) ([]batch, error) {
	c, err := parseCheckpoint(raw, key)
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the newest checkpoint is not signed with this key: " + err.Error()})
		return nil, nil
	}
	r.Checkpoint = c.Size
	node := strings.TrimPrefix(key.Name(), Origin(""))
	var leaves []batch
	var hashes []segment.Hash
	for i := range (c.Size + layout.EntryBundleWidth - 1) / layout.EntryBundleWidth {
		name := layout.EntriesPath(i, layout.PartialTileSize(0, i, c.Size))
		var bundle api.EntryBundle
		text, err := readTile(dir, name, layout.EntriesPath(i, 0))
		if err == nil {
			err = bundle.UnmarshalText(text)
		}
		want := min(c.Size-i*layout.EntryBundleWidth, layout.EntryBundleWidth)
		if err != nil || uint64(len(bundle.Entries)) < want {
			r.damage(Damage{Kind: BadTree, File: "log/" + name, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("%d leaves of the tree are missing or unreadable", want)})
			return leaves, nil
		}
		for j, entry := range bundle.Entries[:want] {
			b, err := parseBatch(entry)
			if err != nil || b.node != node || b.first != nextSeq(leaves) {
				r.damage(Damage{Kind: BadTree, File: "log/" + name, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("leaf %d is not the batch that must stand there", i*layout.EntryBundleWidth+uint64(j))}) //nolint:gosec // an index
				return leaves, nil
			}
			leaves = append(leaves, b)
			hashes = append(hashes, leafHash(entry))
		}
	}
	root := emptyRoot
	if len(hashes) > 0 {
		root = fold(append([]segment.Hash{}, hashes...))
	}
	if !bytes.Equal(root[:], c.Hash) {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "the leaves are not those that the checkpoint was signed over"})
	}
	r.checkTiles(dir, c.Size, hashes)
	if len(leaves) > 0 {
		r.Sealed = leaves[len(leaves)-1].last()
	}
	return leaves, nil
}

func nextSeq(leaves []batch) uint64 {
	if len(leaves) == 0 {
		return 1
	}
	return leaves[len(leaves)-1].last() + 1
}

// checkTiles compares the stored hashes with those of the leaves: others build their proofs from them.
func (r *Report) checkTiles(dir string, size uint64, hashes []segment.Hash) {
	for level := uint64(0); size > 0; level++ {
		var above []segment.Hash
		for i := range (size + layout.TileWidth - 1) / layout.TileWidth {
			part := hashes[i*layout.TileWidth : min((i+1)*layout.TileWidth, size)]
			name := layout.TilePath(level, i, layout.PartialTileSize(level, i, r.Checkpoint))
			text, err := readTile(dir, name, layout.TilePath(level, i, 0))
			var want []byte
			for _, h := range part {
				want = append(want, h[:]...)
			}
			if err != nil || !bytes.HasPrefix(text, want) {
				r.damage(Damage{Kind: BadTree, File: "log/" + name, Sentence: "a tile of the tree is missing or does not hold its leaves' hashes"})
			}
			if len(part) == layout.TileWidth {
				above = append(above, fold(append([]segment.Hash{}, part...)))
			}
		}
		hashes, size = above, uint64(len(above))
	}
}

// readTile reads a partial tile or, when it was filled since, the full one.
func readTile(dir, partial, full string) ([]byte, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "log", filepath.FromSlash(partial)))
	if errors.Is(err, fs.ErrNotExist) && partial != full {
		raw, err = os.ReadFile(filepath.Join(dir, "log", filepath.FromSlash(full)))
	}
	return raw, err
}

// anchor compares with a checkpoint kept elsewhere.
func (r *Report) anchor(raw []byte, key note.Verifier, leaves []batch) error {
	c, err := parseCheckpoint(raw, key)
	if err != nil {
		return problem.New("event.checkpoint.unusable", "The checkpoint kept elsewhere is not signed with this log's key.",
			"Give a checkpoint of the same log, as it stood in its log/checkpoint.").Because(err)
	}
	r.Anchor = &Anchor{Size: c.Size}
	if c.Size > uint64(len(leaves)) {
		r.damage(Damage{Kind: Rollback, Seq: nextSeq(leaves), Sentence: fmt.Sprintf("a checkpoint kept elsewhere covers %d leaves, this folder has only %d: it is an older copy, or its end was taken off", c.Size, len(leaves))})
		return nil
	}
	root := emptyRoot
	if c.Size > 0 {
		var hashes []segment.Hash
		for _, b := range leaves[:c.Size] {
			hashes = append(hashes, leafHash(b.marshal()))
		}
		root = fold(hashes)
		r.Anchor.Events = leaves[c.Size-1].last()
	}
	if !bytes.Equal(root[:], c.Hash) {
		r.damage(Damage{Kind: Fork, Sentence: fmt.Sprintf("the first %d leaves are not those that the checkpoint kept elsewhere was signed over", c.Size)})
	}
	return nil
}
