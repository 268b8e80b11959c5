package event

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// lateKeys are keys whose store answers late. Those of somebody are in memory; those of the anonymous must be asked for
// until the store has answered once.
type lateKeys struct {
	testKeys
	mu    sync.Mutex
	after time.Duration // how long the store takes
	known bool
}

var errStore = errors.New("the store was given up")

func (k *lateKeys) For(ctx context.Context, subject string, at time.Time) (Key, error) {
	k.mu.Lock()
	known, after := k.known || subject != "", k.after
	k.mu.Unlock()
	if !known {
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return Key{}, errors.Join(errStore, context.Cause(ctx))
		case <-timer.C:
			k.answer(0)
		}
	}
	return k.testKeys.For(ctx, subject, at)
}

// answer sets how long the store takes; at once, and the key is in memory.
func (k *lateKeys) answer(after time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.after, k.known = after, after == 0
}

func of(subject string, e *Event) *Event {
	e.Subject = subject
	return e
}

func TestAStoreThatDoesNotGiveAKeyHoldsNobodyForLongerThanADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "record")
		keys := &lateKeys{}
		keys.answer(time.Hour)
		l := open(t, dir, func(o *Options) { o.Keys = keys })
		if took := refusedIn(t, l, signIn(1)); took != 2*time.Second {
			t.Errorf("refused after %s", took)
		}
		begun := time.Now()
		if l.Offer(exchange(2)) || time.Since(begun) != 2*time.Second {
			t.Errorf("an exchange's event was held for %s", time.Since(begun))
		}
		begun = time.Now()
		if err := l.Append(t.Context(), of("p1", signIn(3))); err != nil || time.Since(begun) >= time.Second {
			t.Errorf("an event whose key is known is written after %s: %v", time.Since(begun), err)
		}
		keys.answer(time.Second)
		if !l.Offer(exchange(4)) {
			t.Error("an event was lost whose key came in time")
		}
		if err := l.Append(t.Context(), of("p1", signIn(5))); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if _, lost := told(t, dir); !slices.Equal(lost, []string{"1"}) {
			t.Errorf("lost, as the record says: %v", lost)
		}
	})
}

func TestTheWaitForAKeyAndForTheDiskIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys, disk := &lateKeys{}, &slow{}
		keys.answer(1500 * time.Millisecond)
		l := open(t, filepath.Join(t.TempDir(), "record"), func(o *Options) { o.Keys, o.sync = keys, disk.sync })
		release := disk.hold()
		if took := refusedIn(t, l, signIn(1)); took != 2*time.Second {
			t.Errorf("refused after %s", took)
		}
		release()
	})
}

func TestTheStopWaitsForTheKeyOfAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "record")
		keys := &lateKeys{}
		keys.answer(time.Hour)
		l := open(t, dir, func(o *Options) { o.Keys = keys })
		if l.Offer(exchange(1)) {
			t.Fatal("taken without a key")
		}
		synctest.Wait()
		keys.answer(time.Second)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if kinds, lost := told(t, dir); !slices.Equal(kinds, []string{"monitoring.record.gap"}) || !slices.Equal(lost, []string{"1"}) {
			t.Errorf("recorded %v, lost %v", kinds, lost)
		}
	})
}
