package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
)

// sample is a small record: four segments, four leaves over ten events, and behind the newest checkpoint two events
// more, each from a write of its own. It is made once; tests work on copies.
type sample struct {
	dir     string
	earlier string // the same record when it had two leaves over five events
	key     SigningKey
	frames  []stood
}

const (
	sampleSealed = 10
	sampleEvents = 12
)

// stood is a frame and where it stood.
type stood struct {
	file string
	end  int64
	segment.Frame
}

var sampleRoot = filepath.Join(os.TempDir(), fmt.Sprintf("tenward-record-%d", os.Getpid()))

var makeSample = sync.OnceValues(func() (s sample, err error) {
	root := sampleRoot
	if err := os.Mkdir(root, 0o700); err != nil {
		return s, err
	}
	text, err := NewSigningKey("a")
	if err != nil {
		return s, err
	}
	if s.key, err = ParseSigningKey(text); err != nil {
		return s, err
	}
	work := filepath.Join(root, "work")
	s.dir, s.earlier = filepath.Join(root, "record"), filepath.Join(root, "earlier")
	for i, events := range []int{3, 2, 3, 2, 2} {
		l, err := Open(context.Background(), work, Options{
			Node: "a", Signing: s.key, Keys: &testKeys{}, SegmentSize: 1100, CheckpointEvery: time.Hour, Now: func() time.Time { return noon },
		})
		if err != nil {
			return s, err
		}
		for range events {
			if err := l.Append(context.Background(), small(int(l.Health().Durable))); err != nil {
				return s, err
			}
		}
		if i == 4 { // before it is sealed
			err = os.CopyFS(s.dir, os.DirFS(work))
		}
		if err = errors.Join(err, l.Close()); err == nil && i == 1 {
			err = os.CopyFS(s.earlier, os.DirFS(work))
		}
		if err != nil {
			return s, err
		}
	}
	s.frames, err = framesOf(s.dir)
	return s, err
})

func TestMain(m *testing.M) {
	if os.Getenv(childFolder) != "" {
		os.Exit(child())
	}
	code := m.Run()
	_ = os.RemoveAll(sampleRoot)
	os.Exit(code)
}

// small is an event of few bytes.
func small(i int) *Event {
	at := noon.Add(time.Duration(i) * time.Millisecond)
	return &Event{UID: NewID(at), Time: at, Class: AccountChange, Activity: OtherActivity, Kind: "authentication.factor.added"}
}

// aCopy gives a copy of the sample in a folder of the test's own.
func aCopy(t *testing.T) (sample, string) {
	t.Helper()
	s, err := makeSample()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "record")
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// framesOf reads all frames of a record that is whole.
func framesOf(dir string) (list []stood, err error) {
	files, err := segments(dir)
	if err != nil {
		return nil, err
	}
	for _, first := range files {
		raw, err := os.ReadFile(segmentPath(dir, first))
		if err != nil {
			return nil, err
		}
		r, err := segment.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		for {
			f, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			f.Payload = bytes.Clone(f.Payload)
			list = append(list, stood{segment.Name(first), r.Offset(), f})
		}
	}
	return list, nil
}

// forge writes the segments of a record anew over other frames, with numbers, checksums and chain as the log itself
// would have made them. Each frame goes into the segment it names.
func forge(t *testing.T, dir string, frames []stood) {
	t.Helper()
	files, err := segments(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, first := range files {
		remove(t, segmentPath(dir, first))
	}
	var chain segment.Hash
	var raw []byte
	var first uint64
	file := ""
	for i, f := range frames {
		f.Seq = uint64(i + 1)
		if f.file != file {
			file, first = f.file, f.Seq
			h := segment.Header{Node: "a", First: first, Start: noon.UnixMicro(), Prev: chain}
			if raw, err = h.Append(nil); err != nil {
				t.Fatal(err)
			}
			chain = h.Seed()
		}
		raw, chain = segment.AppendFrame(raw, chain, f.Frame)
		write(t, segmentPath(dir, first), raw)
	}
}

// resign puts a new tree over whatever stands in the segments, signed with a key.
func resign(t *testing.T, dir string, k SigningKey) {
	t.Helper()
	frames, err := framesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, treeDir(dir))
	remove(t, keyFile(dir))
	if err := publishKey(dir, k); err != nil {
		t.Fatal(err)
	}
	tree, err := tiles.Begin(treeDir(dir), k.signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if err := tree.Add(batch{"a", f.Seq, 1, rootOf([]segment.Hash{f.Chain})}.marshal()); err != nil {
			t.Fatal(err)
		}
	}
}

func write(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
