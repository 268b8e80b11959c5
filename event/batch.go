package event

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
)

// batch is one leaf of the Merkle tree: a run of frames, by the root over their chain hashes.
type batch struct {
	node  string
	first uint64
	count uint64
	root  segment.Hash
}

const batchTitle = "tenward batch v1"

// maxBatch is how many frames one leaf covers at most.
const maxBatch = 1 << 16

var errBatch = errors.New("not a batch leaf")

// last is the sequence number of the last frame; 0 of the zero batch.
func (b batch) last() uint64 {
	if b.count == 0 {
		return 0
	}
	return b.first + b.count - 1
}

// marshal is the leaf's one text form.
func (b batch) marshal() []byte {
	return fmt.Appendf(nil, "%s\n%s\n%d\n%d\n%s\n", batchTitle, b.node, b.first, b.count, base64.StdEncoding.EncodeToString(b.root[:]))
}

// parseBatch reads marshal's form and nothing else.
func parseBatch(text []byte) (batch, error) {
	lines := strings.Split(string(text), "\n")
	if len(lines) != 6 || lines[0] != batchTitle || lines[5] != "" {
		return batch{}, errBatch
	}
	first, err1 := strconv.ParseUint(lines[2], 10, 64)
	count, err2 := strconv.ParseUint(lines[3], 10, 64)
	root, err3 := base64.StdEncoding.Strict().DecodeString(lines[4])
	b := batch{node: lines[1], first: first, count: count}
	if err := errors.Join(err1, err2, err3); err != nil || len(root) != len(b.root) || first == 0 || count == 0 || count > maxBatch || first+count < first {
		return batch{}, errBatch
	}
	copy(b.root[:], root)
	if string(b.marshal()) != string(text) {
		return batch{}, errBatch
	}
	return b, nil
}

// rootOf is the Merkle tree hash with the chain hashes as its leaves' data. It uses hashes up.
func rootOf(hashes []segment.Hash) segment.Hash {
	for i := range hashes {
		hashes[i] = tiles.LeafHash(hashes[i][:])
	}
	return tiles.Root(hashes)
}
