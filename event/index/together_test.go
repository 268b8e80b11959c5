package index

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestManyAskWhileItIsFed(t *testing.T) {
	x := open(t, t.TempDir(), Options{Files: 2, Searches: 3})
	events := randomEvents(11, 1000, 3)
	feed(t, x, events[:200]...)
	fed := make(chan struct{})
	var dropping atomic.Bool
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for last := int64(0); ; {
				select {
				case <-fed:
					return
				default:
				}
				n, err := x.Count(t.Context(), Query{})
				if err != nil || n < last && !dropping.Load() {
					t.Errorf("counted %d after %d, %v", n, last, err)
					return
				}
				last = n
				if _, err := x.Search(t.Context(), parse(t, conditions[i].word), "", 10); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := 200; i < len(events); i += 100 {
		feed(t, x, events[i:i+100]...)
	}
	dropping.Store(true)
	if err := x.Drop(t.Context(), noon.Add(-48*time.Hour)); err != nil {
		t.Error(err)
	}
	close(fed)
	group.Wait()
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	x := open(t, t.TempDir(), Options{Searches: 1})
	feed(t, x, randomEvents(12, 50, 2)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, parse(t, "api"), "", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if days, err := x.Incomplete(); err != nil || len(days) != 0 {
		t.Errorf("a context that ended made %v incomplete, %v", days, err)
	}
	done, err := x.ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := x.ask(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a place: %v", err)
	}
}
