package event

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestEventsComeBackAfterARestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, nil)
	ids := fill(t, l, 5)
	if !l.Offer(exchange(5)) {
		t.Fatal("a plain event was not taken")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, nil)
	e, raw, err := l.Find(t.Context(), ids[2])
	if err != nil || e.Seq != 3 || e.User.Name != "Ada Lovelace" || len(raw) == 0 {
		t.Fatalf("%+v, %v", e, err)
	}
	recent, err := l.Recent(t.Context(), 3)
	if err != nil || len(recent) != 3 || recent[0].Seq != 6 || recent[2].Seq != 4 {
		t.Fatalf("%d recent, %v", len(recent), err)
	}
	if err := l.Append(t.Context(), signIn(9)); err != nil {
		t.Fatal(err)
	}
	if h := l.Health(); h.Durable != 7 || !h.Writable {
		t.Fatalf("%+v", h)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 7 || r.Unsealed != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestFindSeesWhatWasJustOffered(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), func(o *Options) { o.Gather = time.Hour; o.Now = func() time.Time { return noon } })
	e := exchange(1)
	if !l.Offer(e) {
		t.Fatal("not taken")
	}
	got, _, err := l.Find(t.Context(), e.UID)
	if err != nil || got.UID != e.UID {
		t.Fatalf("%v, %v", got, err)
	}
	if _, _, err := l.Find(t.Context(), NewID(noon)); !errors.Is(err, ErrNoEvent) {
		t.Fatal(err)
	}
}

func TestSegmentsRotateAndEverythingIsFoundInThem(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	now := noon
	l := open(t, dir, func(o *Options) { o.SegmentSize = 4 << 10; o.Now = func() time.Time { return now } })
	ids := fill(t, l, 30)
	now = now.Add(24 * time.Hour)
	if err := l.Append(t.Context(), signIn(31)); err != nil {
		t.Fatal(err)
	}
	files, err := segments(dir)
	if err != nil || len(files) < 5 || files[len(files)-1] != 31 {
		t.Fatalf("segments %v, %v", files, err)
	}
	for i, id := range ids {
		if e, _, err := l.Find(t.Context(), id); err != nil || e.Seq != uint64(i+1) {
			t.Fatalf("event %d: %v, %v", i+1, e, err)
		}
	}
	if recent, err := l.Recent(t.Context(), 31); err != nil || len(recent) != 31 || recent[30].Seq != 1 {
		t.Fatalf("%d, %v", len(recent), err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 31 {
		t.Fatalf("%+v", r)
	}
}

func TestAReaderGetsEveryEventInOrderAndGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "record")
		cursors := &memory{}
		set := func(o *Options) { o.Cursors = cursors; o.SegmentSize = 8 << 10 }
		l := open(t, dir, set)
		fill(t, l, 40)
		var got []uint64
		follow := func(l *Log, until uint64) {
			ctx, cancel := context.WithCancel(t.Context())
			failed := false
			err := l.Follow(ctx, "test", func(_ context.Context, batch []*Event) error {
				if !failed && until == 40 { // fails once: the same events come again
					failed = true
					return errors.New("not now")
				}
				for _, e := range batch {
					got = append(got, e.Seq)
				}
				if got[len(got)-1] >= until {
					cancel()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			cancel()
		}
		follow(l, 40)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, dir, set)
		var wg sync.WaitGroup
		wg.Go(func() { follow(l, 60) })
		fill(t, l, 20)
		wg.Wait()
		want := make([]uint64, 60)
		for i := range want {
			want[i] = uint64(i + 1)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %v", got)
		}
	})
}

func TestWatchingSeesWhatComesAndNothingBefore(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	fill(t, l, 10)
	ctx, cancel := context.WithCancel(t.Context())
	tail := l.Tail(ctx)
	fill(t, l, 3)
	var got []uint64
	for len(got) < 3 {
		for _, e := range <-tail {
			got = append(got, e.Seq)
		}
	}
	if !slices.Equal(got, []uint64{11, 12, 13}) {
		t.Fatalf("got %v", got)
	}
	cancel()
	for range tail { // closed at the end
	}
}

func TestClosingEndsWhoWatches(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	tail := l.Tail(t.Context())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tail := range map[string]<-chan []*Event{"before": tail, "after": l.Tail(t.Context())} {
		select {
		case _, more := <-tail:
			if more {
				t.Errorf("%s the stop: an event that nobody wrote", name)
			}
		default:
			t.Errorf("who began to watch %s the stop still does", name)
		}
	}
}

func TestManyAtOnceAreAllAcknowledgedAndInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, nil)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 100 {
				if i%2 == 0 {
					if err := l.Append(t.Context(), signIn(g*100+i)); err != nil {
						t.Error(err)
					}
				} else if !l.Offer(exchange(g*100 + i)) {
					t.Error("not taken")
				}
			}
		})
	}
	wg.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 1600 {
		t.Fatalf("%+v", r)
	}
}

func TestATornTailIsCutAndKept(t *testing.T) {
	for _, torn := range []string{"\x00", "\x00\x00\x02\x00abcd", string(make([]byte, 100)), "\xff\xff\xff\xff" + string(make([]byte, 300))} {
		dir := filepath.Join(t.TempDir(), "record")
		l := open(t, dir, nil)
		fill(t, l, 3)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		path := segmentPath(dir, 1)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(torn); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Torn != int64(len(torn)) {
			t.Errorf("%q: verify says %+v", torn, r)
		}
		l = open(t, dir, nil)
		fill(t, l, 2)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 5 {
			t.Errorf("%q: %+v", torn, r)
		}
		if kept, err := filepath.Glob(path + ".*.torn"); err != nil || len(kept) != 1 {
			t.Errorf("kept %v, %v", kept, err)
		}
	}
}

func TestASegmentWhoseHeaderWasTornIsBegunAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, nil)
	fill(t, l, 3)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(segmentPath(dir, 4), []byte("TENW"), 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, nil)
	fill(t, l, 2)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != 5 {
		t.Fatalf("%+v", r)
	}
}

func TestTheLogDoesNotGoOnOverDamage(t *testing.T) {
	tests := []struct {
		name, code string
		damage     func(t *testing.T, dir string)
	}{
		{"the end was taken off", "event.record.cut", func(t *testing.T, dir string) { t.Helper(); truncate(t, segmentPath(dir, 1), -600) }},
		{"all segments are gone", "event.record.cut", func(t *testing.T, dir string) { t.Helper(); remove(t, segmentPath(dir, 1)) }},
		{"another key", "event.record.foreign", func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(filepath.Dir(dir), "signing.key")) }},
		{"a tree of another log", "event.tree.unusable", func(t *testing.T, dir string) {
			t.Helper()
			files, _ := filepath.Glob(filepath.Join(dir, "log", "tile", "entries", "*"))
			for _, f := range files {
				remove(t, f)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "record")
			l := open(t, dir, nil)
			fill(t, l, 3)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			tt.damage(t, dir)
			l, err := tryOpen(t, dir, nil)
			if err == nil {
				_ = l.Close()
				t.Fatal("opened")
			}
			if got := codeOf(err); got != tt.code {
				t.Fatalf("%s: %v", got, err)
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string, by int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()+by); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkOffer(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "record"), func(o *Options) { o.Keys = &cachedKey{}; o.Gather = 50 * time.Millisecond })
	e := exchange(1)
	b.ReportAllocs()
	lost := 0
	for b.Loop() {
		if !l.Offer(e) {
			lost++
		}
	}
	b.ReportMetric(float64(lost)/float64(b.N), "lost/op")
}

func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{16, 256, 1024} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			l := open(b, filepath.Join(b.TempDir(), "record"), func(o *Options) { o.Keys = &cachedKey{}; o.CheckpointEvery = time.Second })
			took := make([]time.Duration, b.N)
			var wg sync.WaitGroup
			next := make(chan int, callers)
			b.ReportAllocs()
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for i := range next {
						begun := time.Now()
						if err := l.Append(context.Background(), signIn(i)); err != nil {
							b.Error(err)
						}
						took[i] = time.Since(begun)
					}
				})
			}
			for i := range b.N {
				next <- i
			}
			close(next)
			wg.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
