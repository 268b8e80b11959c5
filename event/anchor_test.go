package event

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/event/tiles"
)

// The folder alone cannot say that it is an older copy, or that all of it was made anew. A checkpoint and a key that
// were kept elsewhere can.
func TestWhatIsKeptElsewhereShowsWhatTheFolderCannot(t *testing.T) {
	s, _ := aCopy(t)
	newest, err := tiles.ReadCheckpoint(treeDir(s.dir))
	if err != nil {
		t.Fatal(err)
	}
	earlier, err := tiles.ReadCheckpoint(treeDir(s.earlier))
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(t *testing.T, dir string) {
		t.Helper()
		frames := slices.Clone(s.frames)
		frames[1].Payload = slices.Concat(frames[1].Payload[:len(frames[1].Payload)-1], []byte(" \n"))
		forge(t, dir, frames)
	}
	tests := []struct {
		name    string
		older   bool // the folder is the record as it stood earlier
		tamper  func(t *testing.T, dir string)
		options VerifyOptions
		want    []DamageKind
		anchor  Anchor
	}{
		{name: "the newest checkpoint and the key", options: VerifyOptions{Key: s.key.Public(), Checkpoint: newest}, anchor: Anchor{4, 10}},
		{name: "an earlier checkpoint", options: VerifyOptions{Checkpoint: earlier}, anchor: Anchor{2, 5}},
		{name: "an older copy, seen from within", older: true},
		{name: "an older copy, beside the newest checkpoint", older: true, options: VerifyOptions{Checkpoint: newest}, want: []DamageKind{Rollback}, anchor: Anchor{Size: 4}},
		{
			name:   "all of it made anew by whoever has the signing key, seen from within",
			tamper: func(t *testing.T, dir string) { t.Helper(); rewrite(t, dir); resign(t, dir, s.key) },
		},
		{
			name:    "all of it made anew by whoever has the signing key, beside a checkpoint",
			tamper:  func(t *testing.T, dir string) { t.Helper(); rewrite(t, dir); resign(t, dir, s.key) },
			options: VerifyOptions{Checkpoint: earlier}, want: []DamageKind{Fork}, anchor: Anchor{2, 2},
		},
		{
			name:   "all of it made anew under another key, seen from within",
			tamper: func(t *testing.T, dir string) { t.Helper(); rewrite(t, dir); resign(t, dir, anotherKey(t)) },
		},
		{
			name:    "all of it made anew under another key, beside the key",
			tamper:  func(t *testing.T, dir string) { t.Helper(); rewrite(t, dir); resign(t, dir, anotherKey(t)) },
			options: VerifyOptions{Key: s.key.Public()}, want: []DamageKind{BadTree},
		},
		{
			name:    "a key with a line break behind it",
			options: VerifyOptions{Key: s.key.Public() + "\n", Checkpoint: newest}, anchor: Anchor{4, 10},
		},
		{
			name:   "no checkpoint in the folder",
			tamper: func(t *testing.T, dir string) { t.Helper(); remove(t, tiles.CheckpointFile(treeDir(dir))) },
			want:   []DamageKind{BadTree},
		},
		{
			name:    "no checkpoint in the folder, beside the newest one",
			tamper:  func(t *testing.T, dir string) { t.Helper(); remove(t, tiles.CheckpointFile(treeDir(dir))) },
			options: VerifyOptions{Checkpoint: newest}, want: []DamageKind{BadTree, Rollback}, anchor: Anchor{Size: 4},
		},
		{
			name:    "the leaves cannot be read, so they cannot be compared",
			tamper:  func(t *testing.T, dir string) { t.Helper(); remove(t, filepath.Join(dir, "log", "tile", "entries")) },
			options: VerifyOptions{Checkpoint: newest}, want: []DamageKind{BadTree}, anchor: Anchor{Size: 4},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, dir := aCopy(t)
			if tt.older {
				dir = filepath.Join(t.TempDir(), "older")
				if err := os.CopyFS(dir, os.DirFS(s.earlier)); err != nil {
					t.Fatal(err)
				}
			}
			if tt.tamper != nil {
				tt.tamper(t, dir)
			}
			r := verified(t, dir, tt.options)
			var got []DamageKind
			for _, d := range r.Damage {
				got = append(got, d.Kind)
			}
			if !slices.Equal(got, tt.want) || r.OK() != (len(tt.want) == 0) {
				t.Fatalf("got %+v", r.Damage)
			}
			if r.OwnKey != (tt.options.Key == "") {
				t.Errorf("own key: %v", r.OwnKey)
			}
			if (r.Anchor != nil) != (tt.options.Checkpoint != nil) || r.Anchor != nil && *r.Anchor != tt.anchor {
				t.Errorf("anchor %+v", r.Anchor)
			}
		})
	}
}

func anotherKey(t *testing.T) SigningKey {
	t.Helper()
	text, err := NewSigningKey("a")
	if err != nil {
		t.Fatal(err)
	}
	k, err := ParseSigningKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestWhatCannotBeUsedIsRefusedWithTheNextStep(t *testing.T) {
	s, dir := aCopy(t)
	newest, err := tiles.ReadCheckpoint(treeDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	other, err := tiles.Begin(filepath.Join(t.TempDir(), "other"), anotherKey(t).signer)
	if err != nil || other.Size() != 0 {
		t.Fatal(err)
	}
	lower := s.key
	for strings.ToUpper(parts(lower)[1]) == parts(lower)[1] { // digits only
		lower = anotherKey(t)
	}
	name, hash, text := parts(lower)[0], parts(lower)[1], parts(lower)[2]
	tests := []struct {
		name, dir, code string
		options         VerifyOptions
	}{
		{"a folder that is not there", filepath.Join(dir, "no"), "event.record.missing", VerifyOptions{}},
		{"a folder that is not there, with a key", filepath.Join(dir, "no"), "event.record.missing", VerifyOptions{Key: s.key.Public()}},
		{"a folder without a key", filepath.Join(dir, "log"), "event.record.missing", VerifyOptions{}},
		{"a key that is none", dir, "event.key.malformed", VerifyOptions{Key: "tenward/a"}},
		{"a key whose digits are upper case", dir, "event.key.malformed", VerifyOptions{Key: name + "+" + strings.ToUpper(hash) + "+" + text}},
		{"a key with a line break within", dir, "event.key.malformed", VerifyOptions{Key: name + "+" + hash + "+\n" + text}},
		{"a checkpoint that is none", dir, "event.checkpoint.unusable", VerifyOptions{Checkpoint: []byte("x")}},
		{"a checkpoint with bytes behind it", dir, "event.checkpoint.unusable", VerifyOptions{Checkpoint: append(newest, '\n')}},
		{"a checkpoint of another key", dir, "event.checkpoint.unusable", VerifyOptions{Checkpoint: newest, Key: anotherKey(t).Public()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Verify(t.Context(), tt.dir, tt.options)
			if err == nil || codeOf(err) != tt.code {
				t.Fatalf("%+v, %v", r, err)
			}
		})
	}
}

// parts are a public key's name, hash and text.
func parts(k SigningKey) []string { return strings.SplitN(k.Public(), "+", 3) }
