package event

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/problem"
)

// testKeys has a key for each day; erase makes one gone.
type testKeys struct {
	mu     sync.Mutex
	erased map[string]bool
	fixed  bool // a nonce that is always the same, for golden files
}

func (k *testKeys) For(_ context.Context, subject string, at time.Time) (Key, error) {
	return k.key("k" + subject + at.UTC().Format("20060102"))
}

func (k *testKeys) Find(_ context.Context, id string) (Key, error) { return k.key(id) }

func (k *testKeys) key(id string) (Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.erased[id] {
		return Key{}, ErrKeyErased
	}
	secret := sha256.Sum256([]byte(id))
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return Key{}, err
	}
	if k.fixed {
		aead, err := cipher.NewGCM(block)
		return Key{id, fixedNonce{aead}}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Key{id, aead}, err
}

func (k *testKeys) erase(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.erased == nil {
		k.erased = map[string]bool{}
	}
	k.erased[id] = true
}

// fixedNonce makes sealed values that a golden file can hold.
type fixedNonce struct{ cipher.AEAD }

func (f fixedNonce) NonceSize() int { return 0 }

func (f fixedNonce) Seal(dst, _, plain, aad []byte) []byte {
	return f.AEAD.Seal(dst, make([]byte, 12), plain, aad)
}

func (f fixedNonce) Open(dst, _, box, aad []byte) ([]byte, error) {
	return f.AEAD.Open(dst, make([]byte, 12), box, aad)
}

// memory keeps cursors.
type memory struct {
	mu sync.Mutex
	at map[string]uint64
}

func (m *memory) Cursor(_ context.Context, reader string) (uint64, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next, ok := m.at[reader]
	return next, ok, nil
}

func (m *memory) SetCursor(_ context.Context, reader string, next uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil {
		m.at = map[string]uint64{}
	}
	m.at[reader] = next
	return nil
}

// signingKey is the same for one folder, as the store would keep it.
func signingKey(tb testing.TB, dir string) SigningKey {
	tb.Helper()
	path := filepath.Join(filepath.Dir(dir), "signing.key")
	text, err := os.ReadFile(path)
	if err != nil {
		if text, err = NewSigningKey("a"); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	k, err := ParseSigningKey(text)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// open opens a log in a folder below the test's own; the test closes it, or the end of the test does.
func open(tb testing.TB, dir string, change func(*Options)) *Log {
	tb.Helper()
	l, err := tryOpen(tb, dir, change)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	return l
}

func tryOpen(tb testing.TB, dir string, change func(*Options)) (*Log, error) {
	tb.Helper()
	o := Options{
		Node: "a", Signing: signingKey(tb, dir), Keys: &testKeys{}, Cursors: &memory{}, Logger: slog.New(slog.DiscardHandler),
		CheckpointEvery: 100 * time.Millisecond, Gather: time.Millisecond,
		Now: func() time.Time { return noon }, // events are looked for within a day of their segment: both stand at noon
	}
	if change != nil {
		change(&o)
	}
	return Open(tb.Context(), dir, o)
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123_456_000, time.UTC)

// exchange is a plain event; signIn a protected one.
func exchange(i int) *Event {
	return &Event{
		UID: NewID(noon.Add(time.Duration(i) * time.Millisecond)), Time: noon.Add(time.Duration(i) * time.Millisecond), Class: HTTPActivity,
		Activity: ActivityOfMethod("GET"), Severity: Informational, Kind: "gate.request.passed", Verdict: Passed, Service: "notes",
		HTTP:   &HTTP{Method: "GET", Scheme: "https", Host: "notes.test", Path: fmt.Sprintf("/notes/%d", i), UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", Version: "2", Status: 200, Sent: 512, Duration: 1234 * time.Microsecond},
		Source: netip.MustParseAddrPort("192.0.2.7:4711"),
	}
}

func signIn(i int) *Event {
	e := exchange(i)
	e.Class, e.Activity, e.Kind, e.HTTP, e.Verdict = Authentication, AuthenticateOn, "authentication.login.accepted", nil, None
	e.User = &User{UID: fmt.Sprintf("p%d", i), Name: "Ada Lovelace", Account: "ada", Email: "ada@example.test"}
	return e
}

func fill(tb testing.TB, l *Log, n int) []ID {
	tb.Helper()
	var ids []ID
	for i := range n {
		e := signIn(i)
		if err := l.Append(tb.Context(), e); err != nil {
			tb.Fatal(err)
		}
		ids = append(ids, e.UID)
	}
	return ids
}

func verified(tb testing.TB, dir string, o VerifyOptions) *Report {
	tb.Helper()
	r, err := Verify(tb.Context(), dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func codeOf(err error) string { return problem.Of(err).Code }
