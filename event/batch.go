package event

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event/segment"
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

func (b batch) last() uint64 { return b.first + b.count - 1 }

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

// emptyRoot is the root of a tree without leaves.
var emptyRoot = sha256.Sum256(nil)

// leafHash is RFC 6962's hash of a leaf.
func leafHash(data []byte) segment.Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return segment.Hash(h.Sum(nil))
}

// rootOf is the Merkle tree hash of RFC 6962 section 2.1 with the chain hashes as its leaves. It uses hashes up.
func rootOf(hashes []segment.Hash) segment.Hash {
	var leaf [1 + sha256.Size]byte
	for i := range hashes {
		copy(leaf[1:], hashes[i][:])
		hashes[i] = sha256.Sum256(leaf[:])
	}
	return fold(hashes)
}

// fold joins leaf hashes to their root, level by level. It uses hashes up.
func fold(hashes []segment.Hash) segment.Hash {
	var pair [1 + 2*sha256.Size]byte
	pair[0] = 1
	for n := len(hashes); n > 1; n = (n + 1) / 2 {
		for i := 0; i+1 < n; i += 2 {
			copy(pair[1:], hashes[i][:])
			copy(pair[1+sha256.Size:], hashes[i+1][:])
			hashes[i/2] = sha256.Sum256(pair[:])
		}
		if n%2 == 1 { // the lone last one goes up as it is
			hashes[n/2] = hashes[n-1]
		}
	}
	return hashes[0]
}
