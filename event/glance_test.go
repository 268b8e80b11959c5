package event

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

func TestAGlanceAtARecord(t *testing.T) {
	s, dir := aCopy(t)
	signed := time.Now().Add(-time.Hour).Truncate(time.Second)
	if err := os.Chtimes(tiles.CheckpointFile(treeDir(dir)), signed, signed); err != nil {
		t.Fatal(err)
	}
	g, err := Glance(dir)
	if err != nil || !g.Made || g.Origin != s.key.verifier.Name() || g.Leaves == 0 || g.Segments < 2 || !g.Signed.Equal(signed) || g.Written.Before(signed) {
		t.Errorf("it is %+v: %v", g, err)
	}
	if g, err := Glance(filepath.Join(dir, "nowhere")); err != nil || g.Made {
		t.Errorf("where nothing is it is %+v: %v", g, err)
	}
	if g, err := Glance(t.TempDir()); err != nil || g.Made {
		t.Errorf("in an empty folder it is %+v: %v", g, err)
	}
}

func TestAGlanceSeesWhatIsWrongAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		harm       func(t *testing.T, dir string)
	}{
		{"a checkpoint that nobody signed", "event.record.checkpoint", func(t *testing.T, dir string) {
			t.Helper()
			file := tiles.CheckpointFile(treeDir(dir))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text[len(text)-10] ^= 1
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"no public key", "event.record.missing", func(t *testing.T, dir string) { t.Helper(); remove(t, keyFile(dir)) }},
		{"a file in its place", "event.record.unreadable", func(t *testing.T, dir string) {
			t.Helper()
			remove(t, dir)
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, dir := aCopy(t)
			tt.harm(t, dir)
			if _, err := Glance(dir); problem.Of(err).Code != tt.code {
				t.Errorf("it says %v, want %s", err, tt.code)
			}
		})
	}
	_, dir := aCopy(t)
	remove(t, tiles.CheckpointFile(treeDir(dir)))
	if g, err := Glance(dir); err != nil || !g.Signed.IsZero() || !g.Made {
		t.Errorf("before the first checkpoint it is %+v: %v", g, err)
	}
}
