package attack

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// A tag is "v1.<run>.<n>.<expiry>.<mac>": which run of the corpus, the number of the request in it, the Unix second at
// which it is over, and an HMAC-SHA-256 (RFC 2104) over these and all that the tag is bound to. It is written in small
// letters, digits, dashes and dots only, so that no rule takes it for something else.

// Why a tag is not believed.
var (
	ErrMalformed = errors.New("it is no tag")
	ErrForged    = errors.New("it was not made here, or not for this request")
	ErrExpired   = errors.New("its time is over")
	ErrSpent     = errors.New("it was used before")
)

// Bond is what a tag is bound to. Whoever sees one cannot use it from elsewhere, in another session, or for another
// request. The body is not part of it: it has not come yet when the tag is read.
type Bond struct {
	Source               netip.Addr // who sends it
	Session              string     // the session's token
	Method, Host, Target string     // the request's first line, and its host
}

// counters are the cluster's: a tag that was used at one node is spent at all.
type counters interface {
	Count(ctx context.Context, key string, n int64, window time.Duration) (int64, error)
}

// Tags makes tags, and takes each once.
type Tags struct {
	key   []byte
	spent counters
	now   func() time.Time
}

const keySecret = "attack.tag"

// OpenTags uses the key that all nodes share, which is made at the first start. spent counts for all of them.
func OpenTags(ctx context.Context, secrets *store.Secrets, spent counters, now func() time.Time) (*Tags, error) {
	key, err := secrets.GetOrMake(ctx, keySecret, func() ([]byte, error) {
		key := make([]byte, sha256.Size)
		_, err := rand.Read(key)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	if len(key) != sha256.Size {
		return nil, fmt.Errorf("use secret %s: it has %d bytes, not %d", keySecret, len(key), sha256.Size)
	}
	return &Tags{key, spent, now}, nil
}

// Mark is what a tag says.
type Mark struct {
	Run event.ID
	N   uint32
}

// Issue makes the tag of one request.
func (t *Tags) Issue(m Mark, b Bond) string {
	head := version + "." + m.Run.String() + "." + strconv.FormatUint(uint64(m.N), 10) + "." + strconv.FormatInt(t.now().Add(Life).Unix(), 10)
	return head + "." + hex.EncodeToString(t.mac(head, b))
}

const version = "v1"

// maxTag bounds what is looked at: no tag is longer.
const maxTag = 160

// Redeem takes a tag that came with a request, once. Where the counters do not answer it is not taken: a tag of which
// nobody knows whether it is spent is worth nothing.
func (t *Tags) Redeem(ctx context.Context, tag string, b Bond) (Mark, error) {
	m, expiry, head, mac, ok := parse(tag)
	if !ok {
		return Mark{}, ErrMalformed
	}
	if !hmac.Equal(mac, t.mac(head, b)) {
		return Mark{}, ErrForged
	}
	// One that is good for longer than any that is made would outlive the mark that it is spent.
	if now := t.now(); !now.Before(expiry) || expiry.Sub(now) > 2*Life {
		return Mark{}, ErrExpired
	}
	n, err := t.spent.Count(ctx, "attack.tag:"+m.Run.String()+"."+strconv.FormatUint(uint64(m.N), 10), 1, 3*Life)
	if err != nil {
		return Mark{}, fmt.Errorf("mark tag as used: %w", err)
	}
	if n != 1 {
		return Mark{}, ErrSpent
	}
	return m, nil
}

// mac covers each part with its length, so that no two bonds read alike.
func (t *Tags) mac(head string, b Bond) []byte {
	h := hmac.New(sha256.New, t.key)
	for _, part := range [...]string{head, b.Source.String(), b.Session, b.Method, b.Host, b.Target} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}

// parse takes a tag apart. It takes only the one spelling that Issue has.
func parse(tag string) (m Mark, expiry time.Time, head string, mac []byte, ok bool) {
	if len(tag) > maxTag {
		return m, expiry, "", nil, false
	}
	parts := strings.Split(tag, ".")
	if len(parts) != 5 || parts[0] != version {
		return m, expiry, "", nil, false
	}
	run, err := event.ParseID(parts[1])
	if err != nil || run.String() != parts[1] {
		return m, expiry, "", nil, false
	}
	n, err := strconv.ParseUint(parts[2], 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != parts[2] {
		return m, expiry, "", nil, false
	}
	seconds, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != parts[3] {
		return m, expiry, "", nil, false
	}
	if mac, err = hex.DecodeString(parts[4]); err != nil || len(mac) != sha256.Size || hex.EncodeToString(mac) != parts[4] {
		return m, expiry, "", nil, false
	}
	return Mark{Run: run, N: uint32(n)}, time.Unix(seconds, 0), strings.Join(parts[:4], "."), mac, true
}
