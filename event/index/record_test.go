package index

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// keys has a key for everybody until they are erased.
type keys struct {
	mu     sync.Mutex
	erased map[string]bool
}

func (k *keys) For(ctx context.Context, subject string, _ time.Time) (event.Key, error) {
	return k.Find(ctx, "key-"+subject)
}

func (k *keys) Find(_ context.Context, id string) (event.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.erased[id] {
		return event.Key{}, event.ErrKeyErased
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return event.Key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return event.Key{ID: id, AEAD: aead}, err
}

// start is where every reader begins.
type start struct{}

func (start) Cursor(context.Context, string) (uint64, bool, error) { return 0, false, nil }

func (start) SetCursor(context.Context, string, uint64) error { return nil }

func TestTheRecordIsFedFoundAndMadeAnewWithoutWhatWasErased(t *testing.T) {
	text, err := event.NewSigningKey("a")
	if err != nil {
		t.Fatal(err)
	}
	signing, err := event.ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	k := &keys{erased: map[string]bool{}}
	record, err := event.Open(t.Context(), filepath.Join(t.TempDir(), "record"), event.Options{
		Node: "a", Signing: signing, Keys: k, Cursors: start{},
		Now: func() time.Time { return noon }, // events are looked for within a day of their segment
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := record.Close(); err != nil {
			t.Error(err)
		}
	})
	const n = 40
	for i := range n {
		if err := record.Append(t.Context(), telling(noon.Add(-time.Duration(i)*time.Second), []string{"p1", "p2"}[i%2], "zebraagent", "192.0.2.1")); err != nil {
			t.Fatal(err)
		}
	}
	follow := func(x *Index) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if err := record.Follow(ctx, "index", func(ctx context.Context, batch []*event.Event) error {
			if batch[len(batch)-1].Seq == n {
				defer cancel()
			}
			return x.Feed(context.WithoutCancel(ctx), batch)
		}); err != nil {
			t.Fatal(err)
		}
	}
	x := open(t, t.TempDir(), Options{})
	follow(x)
	follow(x)
	rows := all(t, x, parse(t, "zebraagent person:p1 client:192.0.2.0/24"), 7)
	if len(rows) != n/2 {
		t.Fatalf("%d rows, want %d", len(rows), n/2)
	}
	e, _, err := record.Find(t.Context(), rows[0].ID)
	if err != nil || e.Seq != rows[0].Seq || !e.Time.Equal(rows[0].Time) || e.HTTP.Path != rows[0].Path {
		t.Errorf("the record has %+v, %v; the row is %+v", e, err, rows[0])
	}
	k.mu.Lock()
	k.erased["key-p1"] = true
	k.mu.Unlock()
	anew := open(t, t.TempDir(), Options{})
	follow(anew)
	for word, want := range map[string]int64{"zebraagent": n / 2, "person:p1": n / 2, "person:p1 client:*": 0, "erased": 0} {
		if got := count(t, anew, parse(t, word)); got != want {
			t.Errorf("made anew, %s finds %d rows, want %d", word, got, want)
		}
	}
}
