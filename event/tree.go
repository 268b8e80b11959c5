package event

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// tree is the Merkle tree of sealed batches, kept in the public tile format (C2SP tlog-tiles) by Tessera.
type tree struct {
	appender *tessera.Appender
	reader   tessera.LogReader
	stop     func(context.Context) error
	cancel   context.CancelFunc
	size     uint64
	last     batch // zero for an empty tree
}

// openTree opens or begins the tree in dir. every is the time between two checkpoints.
func openTree(ctx context.Context, dir string, signer note.Signer, every time.Duration) (*tree, error) {
	driver, err := posix.New(ctx, posix.Config{Path: dir})
	if err != nil {
		return nil, fmt.Errorf("open tree: %w", err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	appender, stop, reader, err := tessera.NewAppender(life, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCheckpointInterval(every).
		// The same tree signed again says nothing new.
		WithCheckpointRepublishInterval(0).
		WithBatching(1, time.Millisecond))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open tree: %w", err)
	}
	t := &tree{appender: appender, reader: reader, stop: stop, cancel: cancel}
	if t.size, err = reader.IntegratedSize(ctx); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("read tree size: %w", err), t.close(ctx))
	}
	if t.size > 0 {
		if t.last, err = t.leaf(ctx, t.size-1); err != nil {
			return nil, errors.Join(err, t.close(ctx))
		}
	}
	return t, nil
}

func (t *tree) leaf(ctx context.Context, index uint64) (batch, error) {
	raw, err := t.reader.ReadEntryBundle(ctx, index/layout.EntryBundleWidth, layout.PartialTileSize(0, index/layout.EntryBundleWidth, t.size))
	if err != nil {
		return batch{}, fmt.Errorf("read leaf %d: %w", index, err)
	}
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(raw); err != nil {
		return batch{}, fmt.Errorf("read leaf %d: %w", index, err)
	}
	at := int(index % layout.EntryBundleWidth)
	if at >= len(bundle.Entries) {
		return batch{}, fmt.Errorf("read leaf %d: the bundle ends before it", index)
	}
	return parseBatch(bundle.Entries[at])
}

// add appends a batch and returns when it is integrated; the next checkpoint covers it.
func (t *tree) add(ctx context.Context, b batch) error {
	index, err := t.appender.Add(ctx, tessera.NewEntry(b.marshal()))()
	if err != nil {
		return fmt.Errorf("add batch %d to %d: %w", b.first, b.last(), err)
	}
	t.size, t.last = index.Index+1, b
	return nil
}

// close waits until a checkpoint covers everything that was added.
func (t *tree) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, errors.New("no last checkpoint came"))
	defer cancel()
	err := t.stop(ctx)
	t.cancel()
	if err != nil {
		return fmt.Errorf("close tree: %w", err)
	}
	return nil
}

// checkpointFile is where the newest signed checkpoint stands.
func checkpointFile(dir string) string { return filepath.Join(dir, "log", layout.CheckpointPath) }

// parseCheckpoint reads a signed checkpoint of the log whose key it is.
func parseCheckpoint(raw []byte, key note.Verifier) (*log.Checkpoint, error) {
	c, _, _, err := log.ParseCheckpoint(raw, key.Name(), key)
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %s", strings.TrimPrefix(err.Error(), "note: "))
	}
	return c, nil
}
