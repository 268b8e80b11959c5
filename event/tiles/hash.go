package tiles

import "crypto/sha256"

// Hash is a SHA-256 sum.
type Hash = [sha256.Size]byte

// emptyRoot is the root of a tree without leaves.
var emptyRoot = sha256.Sum256(nil)

// LeafHash is the hash of one leaf's data, RFC 6962 section 2.1.
func LeafHash(data []byte) Hash {
	h := sha256.New()
	h.Write([]byte{0})
	h.Write(data)
	return Hash(h.Sum(nil))
}

// Root is the Merkle tree hash over leaf hashes, RFC 6962 section 2.1. It uses hashes up.
func Root(hashes []Hash) Hash {
	if len(hashes) == 0 {
		return emptyRoot
	}
	return fold(hashes)
}

// fold joins hashes level by level. The last of a level that stands alone goes up as it is, so the last hash may be
// that of a smaller tree than the others are. It uses hashes up.
func fold(hashes []Hash) Hash {
	var pair [1 + 2*sha256.Size]byte
	pair[0] = 1
	for n := len(hashes); n > 1; n = (n + 1) / 2 {
		for i := 0; i+1 < n; i += 2 {
			copy(pair[1:], hashes[i][:])
			copy(pair[1+sha256.Size:], hashes[i+1][:])
			hashes[i/2] = sha256.Sum256(pair[:])
		}
		if n%2 == 1 {
			hashes[n/2] = hashes[n-1]
		}
	}
	return hashes[0]
}
