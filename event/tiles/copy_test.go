package tiles_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tenward/tenward/event/tiles"
)

// A tree that has grown since still gives the files of each of its checkpoints, also where partial ones are gone.
func TestFilesOfAnEarlierTreeStandAlone(t *testing.T) {
	for _, size := range []int{0, 1, 3, 255, 256, 257, 700} {
		dir := filepath.Join(t.TempDir(), "log")
		tree, err := tiles.Begin(dir, anything{})
		if err != nil {
			t.Fatal(err)
		}
		if size > 0 {
			if err := tree.Add(leaves(0, size)...); err != nil {
				t.Fatal(err)
			}
		}
		checkpoint, err := tiles.ReadCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Add(leaves(size, size+600)...); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "log")
		put := func(path string, data []byte) error {
			path = filepath.Join(to, filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				return err
			}
			return os.WriteFile(path, data, 0o600)
		}
		if err := put("checkpoint", checkpoint); err != nil {
			t.Fatal(err)
		}
		if err := tiles.Files(dir, uint64(size), put); err != nil {
			t.Fatal(err)
		}
		copied, err := tiles.Open(to, anything{}, anything{})
		if err != nil {
			t.Fatalf("%d leaves: %v", size, err)
		}
		last, err := tiles.LastOf(dir, uint64(size))
		if err != nil || string(last) != string(copied.Last()) {
			t.Errorf("the last of %d leaves is %q, %v; want %q", size, last, err, copied.Last())
		}
		if wrong := wrongs(t, to, size); len(wrong) > 0 {
			t.Errorf("%d leaves: %v", size, wrong)
		}
		if err := copied.Add(leaves(size, size+1)...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACutBundleOrTileIsNotCopied(t *testing.T) {
	for _, name := range []string{"tile/entries/000.p/3", "tile/0/000.p/3"} {
		dir := filepath.Join(t.TempDir(), "log")
		tree, err := tiles.Begin(dir, anything{})
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Add(leaves(0, 3)...); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw[:len(raw)-1], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := tiles.Files(dir, 3, func(string, []byte) error { return nil }); err == nil {
			t.Errorf("%s is cut, and was copied", name)
		}
	}
}
