package event

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenward/tenward/event/segment"
)

func TestWhatAFailedWriteLeftIsCutOffBeforeTheNextDaysSegment(t *testing.T) {
	for name, before := range map[string]int{"three events stand before it": 3, "only a header stands before it": 0} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "record")
			now := noon
			l := open(t, dir, func(o *Options) { o.Now = func() time.Time { return now } })
			fill(t, l, before)
			if err := l.Close(); err != nil { // the writer is this test's now
				t.Fatal(err)
			}
			w, err := newWriter(l, l.writer.at)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.rotate(); err != nil {
				t.Fatal(err)
			}
			if _, err := w.file.WriteAt([]byte("what a write has left that failed, as its truncation did"), w.at.size); err != nil {
				t.Fatal(err)
			}
			w.dirty = true
			now = now.Add(24 * time.Hour)
			it, err := l.encode(t.Context(), signIn(before+1))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.write([]item{it}); err != nil {
				t.Fatal(err)
			}
			if err := w.close(); err != nil {
				t.Fatal(err)
			}
			l = open(t, dir, nil)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Sealed != uint64(before+1) {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestALogWhoseUnsealedBeginningIsMissingDoesNotGoOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, func(o *Options) { o.SegmentSize, o.CheckpointEvery = 3<<10, time.Hour })
	fill(t, l, 12)
	files, err := segments(dir)
	if err != nil || len(files) < 4 || l.Health().Sealed > 0 {
		t.Fatalf("segments %v, %d sealed, %v", files, l.Health().Sealed, err)
	}
	for name, take := range map[string]func(path string) error{
		"the first file is gone":                    os.Remove,
		"the first file ends behind its header":     func(path string) error { return os.Truncate(path, segment.HeaderSize) },
		"the first file ends within its header":     func(path string) error { return os.Truncate(path, 10) },
		"the first file ends within its last event": func(path string) error { return os.Truncate(path, segment.HeaderSize+200) },
	} {
		copied := filepath.Join(t.TempDir(), "record") // as it is now
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := take(segmentPath(copied, files[0])); err != nil {
			t.Fatal(err)
		}
		if _, err := tryOpen(t, copied, func(o *Options) { o.Signing = l.o.Signing }); codeOf(err) != "event.record.damaged" {
			t.Errorf("%s, and it goes on: %v", name, err)
		}
	}
}
