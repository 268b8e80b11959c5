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

// lateKeys are keys whose store answers late. Those of somebody are in memory, those of the anonymous once the store has
// given the day's.
type lateKeys struct {
	testKeys
	mu    sync.Mutex
	after time.Duration // how long the store takes
	known map[string]bool
}

var errStore = errors.New("the store was given up")

func (k *lateKeys) For(ctx context.Context, subject string, at time.Time) (Key, error) {
	day := at.UTC().Format(time.DateOnly)
	k.mu.Lock()
	known, after := k.known[day] || subject != "", k.after
	k.mu.Unlock()
	if !known {
		timer := time.NewTimer(after)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return Key{}, errors.Join(errStore, context.Cause(ctx))
		case <-timer.C:
		}
		k.mu.Lock()
		k.known[day] = true
		k.mu.Unlock()
	}
	return k.testKeys.For(ctx, subject, at)
}

func keysAfter(d time.Duration) *lateKeys { return &lateKeys{after: d, known: map[string]bool{}} }

// answer sets how long the store takes from now on.
func (k *lateKeys) answer(after time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.after = after
}

func of(subject string, e *Event) *Event {
	e.Subject = subject
	return e
}

func TestAStoreThatDoesNotGiveAKeyHoldsNobodyForLongerThanADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "record")
		keys := keysAfter(time.Hour)
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
		keys, disk := keysAfter(1500*time.Millisecond), &slow{}
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
		keys := keysAfter(time.Hour)
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

func TestTheKeyOfADayIsInMemoryBeforeTheDayBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := keysAfter(time.Second)
		l := open(t, filepath.Join(t.TempDir(), "record"), func(o *Options) { o.Keys, o.Now = keys, time.Now })
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		for _, at := range []struct {
			before time.Duration
			store  time.Duration
		}{
			{50 * time.Minute, time.Hour}, // the store hangs when it is asked first
			{25 * time.Minute, time.Second},
			{time.Minute, time.Hour}, // and from now on
			{-time.Minute, time.Hour},
		} {
			<-time.After(time.Until(midnight.Add(-at.before)))
			keys.answer(at.store)
		}
		begun := time.Now()
		e := exchange(0)
		e.Time = begun
		if !l.Offer(e) || time.Since(begun) > 0 {
			t.Errorf("the day's first event was held for %s", time.Since(begun))
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}
