package event

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// slow is a disk that hangs while it is held.
type slow struct{ held atomic.Pointer[chan struct{}] }

func (s *slow) hold() (release func()) {
	c := make(chan struct{})
	s.held.Store(&c)
	return func() { s.held.Store(nil); close(c) }
}

func (s *slow) sync(fd int) error {
	if c := s.held.Load(); c != nil {
		<-*c
	}
	return syscall.Fdatasync(fd)
}

// refusedIn appends a protected event that must be refused, and says how long that took.
func refusedIn(t *testing.T, l *Log, e *Event) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := l.Append(t.Context(), e); codeOf(err) != ErrUnwritable.Code {
		t.Fatalf("not refused: %v", err)
	}
	return time.Since(begun)
}

// told gives, of each recorded event, its kind, and of a gap how many events it says are missing.
func told(t *testing.T, dir string) (kinds []string, lost []string) {
	t.Helper()
	frames, err := framesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		e, err := decode(t.Context(), &testKeys{}, f.Payload)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, e.Kind)
		if e.Kind == "monitoring.record.gap" {
			lost = append(lost, e.Details[0].Value)
		}
	}
	return kinds, lost
}

func kind(i int, name string) *Event {
	e := small(i)
	e.Kind = name
	return e
}

func TestAHangingDiskRefusesProtectedEventsAndCountsThePlainOnesThatAreLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "record")
		disk := &slow{}
		l := open(t, dir, func(o *Options) { o.sync, o.Queue = disk.sync, 4 })
		fill(t, l, 1)
		release := disk.hold()
		if took := refusedIn(t, l, kind(1, "test.first.hung")); took != 2*time.Second {
			t.Errorf("refused after %s", took)
		}
		if took := refusedIn(t, l, kind(2, "test.second.waited")); took != 2*time.Second {
			t.Errorf("refused after %s", took)
		}
		if h := l.Health(); h.Writable || h.Durable != 1 || !errors.Is(h.Err, errHung) || h.Since.IsZero() {
			t.Errorf("%+v", h)
		}
		taken := 0
		for i := range 6 {
			if l.Offer(exchange(i)) {
				taken++
			}
		}
		if h := l.Health(); taken != 3 || h.Gap != 3 { // the refused one still stands in the queue of four
			t.Errorf("%d were taken, %+v", taken, h)
		}
		release()
		if err := l.Append(t.Context(), kind(3, "test.third.written")); err != nil {
			t.Fatal(err)
		}
		if h := l.Health(); !h.Writable || h.Err != nil {
			t.Errorf("%+v", h)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		kinds, lost := told(t, dir)
		want := []string{"authentication.login.accepted", "test.first.hung", "gate.request.passed", "gate.request.passed", "gate.request.passed", "test.third.written", "monitoring.record.gap"}
		slices.Sort(kinds)
		slices.Sort(want)
		if !slices.Equal(kinds, want) || !slices.Equal(lost, []string{"3"}) {
			t.Errorf("recorded %v, lost %v", kinds, lost)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != uint64(len(want)) {
			t.Errorf("%+v", r)
		}
	})
}

func TestClosingDoesNotWaitForADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &slow{}
		l := open(t, filepath.Join(t.TempDir(), "record"), func(o *Options) { o.sync = disk.sync })
		release := disk.hold()
		l.Offer(exchange(0))
		synctest.Wait()
		begun := time.Now()
		if err := l.Close(); err == nil || time.Since(begun) != patience*2*time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		release()
		close(l.seal)
		l.writing.Wait()
		l.sealing.Wait()
	})
}

// A folder that is moved away takes writes as if nothing were; a folder that is gone takes none.
func TestAFolderThatVanishesIsNoticedAndGoneOnWithWhenItIsBack(t *testing.T) {
	for _, size := range []int64{64 << 20, 700} { // what is open goes on, and: a new segment for nearly each event
		t.Run(strconv.FormatInt(size, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "record")
				// The wait ends between two tries: a write that is under way at its end may still succeed.
				l := open(t, dir, func(o *Options) { o.SegmentSize, o.Queue, o.Wait = size, 2, 2*time.Second+retry/2 })
				fill(t, l, 3)
				if err := os.Rename(dir, dir+".aside"); err != nil {
					t.Fatal(err)
				}
				if took := refusedIn(t, l, kind(1, "test.first.refused")); took != 2*time.Second+retry/2 {
					t.Errorf("refused after %s", took)
				}
				if h := l.Health(); h.Writable || !errors.Is(h.Err, os.ErrNotExist) {
					t.Errorf("%+v", h)
				}
				lost := 0
				for i := range 5 {
					if !l.Offer(exchange(i)) {
						lost++
					}
				}
				if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
					t.Error("a new record was put in its place")
				}
				if err := os.Rename(dir+".aside", dir); err != nil {
					t.Fatal(err)
				}
				if err := l.Append(t.Context(), kind(2, "test.second.written")); err != nil {
					t.Fatal(err)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				kinds, said := told(t, dir)
				if slices.Contains(kinds, "test.first.refused") || !slices.Contains(kinds, "test.second.written") || lost == 0 || !slices.Equal(said, []string{strconv.Itoa(lost)}) {
					t.Errorf("recorded %v, %d lost, said %v", kinds, lost, said)
				}
				if r := verified(t, dir, VerifyOptions{}); !r.OK() {
					t.Errorf("%+v", r.Damage)
				}
			})
		})
	}
}
