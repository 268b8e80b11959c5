package event

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// several makes a record of many small segments and gives their first events.
func several(t *testing.T, n int) (dir string, l *Log, files []uint64) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "record")
	l = open(t, dir, func(o *Options) { o.SegmentSize = 3 << 10 })
	fill(t, l, n)
	files, err := segments(dir)
	if err != nil || len(files) < 4 {
		t.Fatalf("segments %v, %v", files, err)
	}
	return dir, l, files
}

func TestACursorBeginsWithTheEventThatItIsToBeginWith(t *testing.T) {
	_, l, files := several(t, 12)
	for seq := uint64(1); seq <= 12; seq++ {
		c, err := l.cursorBefore(seq)
		if err != nil {
			t.Fatal(err)
		}
		frame, err := c.frame()
		if err != nil || frame.Seq != seq {
			t.Errorf("with segments %v the cursor before event %d gives %d, %v", files, seq, frame.Seq, err)
		}
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAReaderThatStoppedAtASegmentsEndMissesNothing(t *testing.T) {
	_, l, files := several(t, 12)
	for _, first := range files {
		if err := l.o.Cursors.SetCursor(t.Context(), "test", first); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var got []uint64
		if err := l.Follow(ctx, "test", func(_ context.Context, batch []*Event) error {
			for _, e := range batch {
				got = append(got, e.Seq)
			}
			if got[len(got)-1] == 12 {
				cancel()
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		cancel()
		if len(got) != int(12-first+1) || !slices.IsSorted(got) || got[0] != first {
			t.Errorf("from event %d it reads %v", first, got)
		}
	}
}

func TestASegmentThatHoldsNothingYetIsNoEnd(t *testing.T) {
	dir, l, _ := several(t, 12)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// The process dies between beginning a segment and writing into it.
	l.o.Now = func() time.Time { return noon.Add(365 * 24 * time.Hour) }
	if err := l.writer.rotate(); err != nil {
		t.Fatal(err)
	}
	if err := l.writer.close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, nil)
	c, err := l.cursorBefore(13)
	if err != nil {
		t.Fatal(err)
	}
	if frame, err := c.frame(); err != nil || frame.Seq != 0 {
		t.Errorf("before anything was written: %d, %v", frame.Seq, err)
	}
	end, err := l.cursorAtEnd()
	if err != nil {
		t.Fatal(err)
	}
	if frame, err := end.frame(); err != nil || frame.Seq != 0 {
		t.Errorf("at the end: %d, %v", frame.Seq, err)
	}
	if err := l.Append(t.Context(), signIn(13)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*cursor{"before": c, "at the end": end} {
		if frame, err := c.frame(); err != nil || frame.Seq != 13 {
			t.Errorf("%s: %d, %v", name, frame.Seq, err)
		}
		if err := c.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestABatchIsBoundedByItsBytesToo(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	const n = 1200 // of some 8 KB: more bytes than a batch may have, and fewer events
	for i := range n {
		e := exchange(i)
		e.HTTP.Query = strings.Repeat("a=b&", 2000)
		if !l.Offer(e) || i%100 == 0 {
			if err := l.Append(t.Context(), signIn(n+i)); err != nil { // waits for what is under way
				t.Fatal(err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := l.Health().Durable
	var sizes []int
	if err := l.Follow(ctx, "test", func(_ context.Context, batch []*Event) error {
		if sizes = append(sizes, len(batch)); batch[len(batch)-1].Seq >= end {
			cancel()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(sizes) < 2 || slices.Max(sizes) > maxBatchBytes/8000+100 {
		t.Errorf("batches of %d events", sizes)
	}
}

func TestAReaderDoesNotStepOverASegmentThatIsGone(t *testing.T) {
	_, l, files := several(t, 12)
	if err := os.Remove(segmentPath(l.dir, files[1])); err != nil {
		t.Fatal(err)
	}
	c, err := l.cursorBefore(1)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); ; seq++ {
		frame, err := c.frame()
		if err != nil && seq == files[1] {
			break
		}
		if err != nil || frame.Seq != seq || seq >= files[1] {
			t.Fatalf("with segments %v and the second gone, event %d follows: %v", files, frame.Seq, err)
		}
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}
