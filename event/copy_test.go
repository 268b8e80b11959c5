package event

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// place writes a copy's files into a folder of their own.
func placeCopy(t *testing.T, c *Copy, dir string) {
	t.Helper()
	if err := c.Each(func(name string, r io.Reader) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		if _, err := io.Copy(f, r); err != nil {
			return err
		}
		return f.Close()
	}); err != nil {
		t.Fatal(err)
	}
}

func TestACopyIsWholeWhileTheRecordGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, func(o *Options) { o.SegmentSize, o.CheckpointEvery = 4000, time.Millisecond })
	fill(t, l, 30)
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 30; ; i++ {
			select {
			case <-done:
				return
			default:
				l.Offer(exchange(i))
			}
		}
	})
	var copies []string
	for range 5 {
		before := l.Health().Durable
		c, err := l.Copy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if events, leaves := c.Extent(); events < before || leaves == 0 {
			t.Errorf("the copy has %d events in %d leaves, and there were %d before", events, leaves, before)
		}
		to := filepath.Join(t.TempDir(), "record")
		placeCopy(t, c, to)
		copies = append(copies, to)
	}
	close(done)
	writing.Wait()
	for _, to := range copies {
		r := verified(t, to, VerifyOptions{Key: l.o.Signing.Public()})
		if !r.OK() || r.Unsealed != 0 {
			t.Errorf("%+v", r)
		}
		// It goes on from there.
		again := open(t, to, func(o *Options) { o.Signing = l.o.Signing })
		fill(t, again, 3)
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		if after := verified(t, to, VerifyOptions{}); !after.OK() || after.Sealed != r.Sealed+3 {
			t.Errorf("after it went on: %+v", after)
		}
		left, _ := filepath.Glob(filepath.Join(to, "*.torn"))
		if len(left) > 0 {
			t.Errorf("the copy ends in the middle of a write: %v", left)
		}
	}
}

func TestACopyOfAnEmptyRecordBeginsOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, nil)
	c, err := l.Copy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "record")
	placeCopy(t, c, to)
	again := open(t, to, func(o *Options) { o.Signing = l.o.Signing })
	fill(t, again, 1)
}

func TestWhatCannotBeSealedIsNotCopied(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	l := open(t, dir, func(o *Options) { o.Wait = 50 * time.Millisecond })
	fill(t, l, 1)
	if _, err := l.Copy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(treeDir(dir)); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 1)
	if _, err := l.Copy(t.Context()); codeOf(err) != "event.record.unsealed" {
		t.Errorf("it says %v", err)
	}
}

func TestTheEventOfARestoreSaysSo(t *testing.T) {
	e := Restored(noon, Detail{"events", "7"})
	if !e.Class.Protected() || e.Severity != High || !strings.Contains(e.Message, "backup") || e.Detail("events") != "7" {
		t.Errorf("%+v", e)
	}
}
