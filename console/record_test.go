package console_test

import (
	"bufio"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
)

// oneKey seals every event's personal fields until it is erased.
type oneKey struct {
	aead   cipher.AEAD
	erased bool
}

func newOneKey(t *testing.T) *oneKey {
	t.Helper()
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		t.Fatal(err)
	}
	return &oneKey{aead: aead}
}

func (k *oneKey) For(context.Context, string, time.Time) (event.Key, error) {
	return event.Key{ID: "20261123", AEAD: k.aead}, nil
}

func (k *oneKey) Find(ctx context.Context, _ string) (event.Key, error) {
	if k.erased {
		return event.Key{}, event.ErrKeyErased
	}
	return k.For(ctx, "", noon)
}

// openRecord opens a real record.
func openRecord(t *testing.T, keys event.Keys) *event.Log {
	t.Helper()
	raw, err := event.NewSigningKey("a")
	if err != nil {
		t.Fatal(err)
	}
	signing, err := event.ParseSigningKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	log, err := event.Open(t.Context(), t.TempDir(), event.Options{Node: "a", Signing: signing, Keys: keys, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return log
}

// *event.Log is the record that the console shows.
var _ console.Events = (*event.Log)(nil)

func TestARealRecordIsShownLive(t *testing.T) {
	keys := newOneKey(t)
	log := openRecord(t, keys)
	x := newRecord(t).index
	s := newSiteOn(t, log, x)
	s.enter()

	r, err := http.NewRequest(http.MethodGet, s.origin+"/events/live", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
		t.Fatalf("the live page answers %s %s", answer.Proto, answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	next := func() string { // the data of the next update
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		t.Fatalf("the live page ended: %v", lines.Err())
		return ""
	}
	if first := next(); !strings.Contains(first, "Nothing has happened in this time") {
		t.Fatalf("an empty record shows %s", first)
	}
	e := hostile(1)
	e.Rules = refusal(1).Rules
	e.Time = time.Now()
	e.UID = event.NewID(e.Time)
	if err := log.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := x.Feed(t.Context(), []*event.Event{e}); err != nil {
		t.Fatal(err)
	}
	s.clock.add(time.Since(noon) + time.Second)
	if second := next(); !strings.Contains(second, e.UID.String()) {
		t.Fatalf("the event is not in %s", second)
	}

	page := s.get(t, "/events/"+e.UID.String()).body
	for _, want := range []string{"203.0.113.47", "942100", "tenward&#34;: {"} {
		if !strings.Contains(page, want) {
			t.Errorf("the event's page lacks %q", want)
		}
	}
	keys.erased = true
	page = s.get(t, "/events/"+e.UID.String()).body
	if strings.Contains(page, "203.0.113.47") || !strings.Contains(page, "[erased]") {
		t.Error("after its key was erased the page still shows the address, or does not say that it is erased")
	}
}
