package event

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
)

// Bundles and tiles agree with each other and with the segments, and the checkpoint was signed over others.
func TestATreeThatWasMadeAnewUnderAnOldCheckpointIsFound(t *testing.T) {
	s, dir := aCopy(t)
	checkpoint := tiles.CheckpointFile(treeDir(dir))
	signed := read(t, checkpoint)
	rewritten(t, s, dir, 11)
	remove(t, treeDir(dir))
	tree, err := tiles.Begin(treeDir(dir), s.key.signer)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []batch{{"a", 1, 4, segment.Hash{1}}, {"a", 5, 1, segment.Hash{2}}, {"a", 6, 3, segment.Hash{3}}, {"a", 9, 2, segment.Hash{4}}} {
		if err := tree.Add(b.marshal()); err != nil {
			t.Fatal(err)
		}
	}
	write(t, checkpoint, signed)
	r := verified(t, dir, VerifyOptions{})
	if len(r.Damage) == 0 || r.Damage[0].Kind != BadTree || r.Damage[0].File != "log/checkpoint" {
		t.Fatalf("%+v", r.Damage)
	}
}

// The key may be right and the leaf nonetheless none that this log would have written.
func TestALeafThatThisLogWouldNotHaveWrittenIsFound(t *testing.T) {
	for name, leaf := range map[string][]byte{
		"another node":              batch{"b", 11, 2, segment.Hash{1}}.marshal(),
		"events between are missed": batch{"a", 12, 1, segment.Hash{1}}.marshal(),
		"events stand in two":       batch{"a", 10, 3, segment.Hash{1}}.marshal(),
		"no batch":                  []byte("x"),
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := aCopy(t)
			tree, err := tiles.Open(treeDir(dir), s.key.signer, s.key.verifier)
			if err != nil {
				t.Fatal(err)
			}
			if err := tree.Add(leaf); err != nil {
				t.Fatal(err)
			}
			r := verified(t, dir, VerifyOptions{})
			if len(r.Damage) != 1 || r.Damage[0].Kind != BadTree || r.Damage[0].File != "log/tile/entries/000.p/5" || r.Damage[0].Seq != 11 || r.Sealed != sampleSealed {
				t.Fatalf("%+v", r)
			}
		})
	}
}

func TestALogIsNotGoneOnWithOverATreeThatIsNotItsOwn(t *testing.T) {
	tests := []struct {
		name   string
		tamper func(t *testing.T, s sample, dir string)
	}{
		{"there are events and no tree", func(t *testing.T, _ sample, dir string) { t.Helper(); remove(t, treeDir(dir)) }},
		{"its last leaf is another node's", func(t *testing.T, s sample, dir string) {
			t.Helper()
			tree, err := tiles.Open(treeDir(dir), s.key.signer, s.key.verifier)
			if err != nil {
				t.Fatal(err)
			}
			if err := tree.Add(batch{"b", 11, 2, segment.Hash{1}}.marshal()); err != nil {
				t.Fatal(err)
			}
		}},
		{"its last leaf is none", func(t *testing.T, s sample, dir string) {
			t.Helper()
			tree, err := tiles.Open(treeDir(dir), s.key.signer, s.key.verifier)
			if err != nil {
				t.Fatal(err)
			}
			if err := tree.Add([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}},
		{"the tree is a file", func(t *testing.T, _ sample, dir string) {
			t.Helper()
			remove(t, treeDir(dir))
			write(t, treeDir(dir), nil)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, dir := aCopy(t)
			tt.tamper(t, s, dir)
			l, err := Open(t.Context(), dir, Options{Node: "a", Signing: s.key, Keys: &testKeys{}})
			if err == nil {
				_ = l.Close()
				t.Fatal("opened")
			}
			if codeOf(err) != "event.tree.unusable" {
				t.Fatal(err)
			}
			if _, err := os.Stat(filepath.Join(dir, "log", "checkpoint")); tt.name == "there are events and no tree" && err == nil {
				t.Error("a new tree was begun over them")
			}
		})
	}
}
