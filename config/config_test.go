package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and review the change\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestAGoodFile(t *testing.T) {
	var got sample
	src, err := config.Parse("t.yaml", []byte(good), &got, config.Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	notes := got.Services["notes"]
	switch {
	case got.Node != "b", got.Listen != ":443", got.Mode != "block":
		t.Errorf("scalars: %+v", got)
	case got.Limits != limits{Count: 100, Body: 2 << 20, Idle: config.Duration(90 * time.Second), Deep: true}:
		t.Errorf("limits: %+v", got.Limits)
	case notes.Hosts[0] != "notes.example.com", notes.Upstream.String() != "http://127.0.0.1:3000/base", notes.Public[1] != "/assets/**":
		t.Errorf("service: %+v", notes)
	case got.Store.Postgres.Reveal() != "postgres://u:hunter2@db/x":
		t.Error("the secret was not resolved")
	case src.Line("services.notes.upstream") != 8 || src.Line("listen") != 0:
		t.Errorf("upstream on line %d, listen on %d", src.Line("services.notes.upstream"), src.Line("listen"))
	}
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n"} {
		var got sample
		if _, err := config.Parse("t.yaml", []byte(text), &got, config.Options{}); err != nil || got.Limits.Count != 100 {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
}

// Each file in testdata/bad holds mistakes that people make; the golden file beside it is what they are told.
func TestMistakes(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files of mistakes (%v)", len(files), err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var got sample
			_, err = config.Parse("t.yaml", data, &got, config.Options{Env: env})
			var invalid *config.Invalid
			if !errors.As(err, &invalid) {
				t.Fatalf("no issue was found: %v", err)
			}
			var b strings.Builder
			if err := invalid.Render(&b); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(b.String()+invalid.Error(), "hunter2") {
				t.Error("a message gives the secret away")
			}
			golden(t, "bad/"+strings.TrimSuffix(filepath.Base(f), ".yaml")+".txt", b.String())
		})
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	var got sample
	src, err := config.Parse("t.yaml", []byte(good), &got, config.Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, format, got)
		fmt.Fprintf(&out, format, got.Store.Postgres)
		fmt.Fprintf(&out, format, &got.Store)
		fmt.Fprintf(&out, format, struct{ unexported config.Secret }{got.Store.Postgres})
		fmt.Fprintf(&out, format, &struct{ unexported *config.Secret }{&got.Store.Postgres})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "config", got, "secret", got.Store.Postgres)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "config", got, "secret", got.Store.Postgres)
	if err := json.NewEncoder(&out).Encode(got); err != nil {
		t.Fatal(err)
	}
	if err := config.Show(&out, src, &got); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter2")) {
		t.Fatalf("printed: %s", out.String())
	}
	if !strings.Contains(out.String(), "${env:DSN}") {
		t.Error("the reference should be shown")
	}
}

func TestSecretFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good", "s3cret\n", 0o600)
	write("group", "s3cret", 0o640)
	write("open", "s3cret", 0o644)
	write("empty", "\n", 0o600)
	write("huge", strings.Repeat("x", 65<<10), 0o600)
	tests := []struct{ name, ref, value, says string }{
		{"relative to the file's folder", "${file:good}", "s3cret", ""},
		{"absolute", "${file:" + dir + "/good}", "s3cret", ""},
		{"readable by the group", "${file:group}", "s3cret", ""},
		{"readable by everybody", "${file:open}", "", "chmod 600"},
		{"missing", "${file:none}", "", "cannot be read"},
		{"empty", "${file:empty}", "", "is empty"},
		{"a folder", "${file:.}", "", "is no file"},
		{"too large", "${file:huge}", "", "larger than 64 KiB"},
		{"an unset variable", "${env:NONE}", "", "the environment has no NONE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got sample
			_, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte("store: {postgres: \""+tt.ref+"\"}"), &got, config.Options{Env: env})
			if tt.says == "" {
				if err != nil || got.Store.Postgres.Reveal() != tt.value {
					t.Fatalf("%q, %v", got.Store.Postgres.Reveal(), err)
				}
				return
			}
			var invalid *config.Invalid
			if !errors.As(err, &invalid) {
				t.Fatal(err)
			}
			var b strings.Builder
			_ = invalid.Render(&b)
			if !strings.Contains(b.String(), tt.says) || strings.Contains(b.String(), "s3cret") {
				t.Fatalf("says %s", b.String())
			}
		})
	}
}

func TestShowReadsBackTheSame(t *testing.T) {
	var first, second sample
	src, err := config.Parse("t.yaml", []byte(good), &first, config.Options{Env: env})
	if err != nil {
		t.Fatal(err)
	}
	var shown bytes.Buffer
	if err := config.Show(&shown, src, &first); err != nil {
		t.Fatal(err)
	}
	golden(t, "show.txt", shown.String())
	if _, err := config.Parse("shown.yaml", shown.Bytes(), &second, config.Options{Env: env}); err != nil {
		t.Fatalf("%v\n%s", err, shown.String())
	}
	first.Store.Postgres, second.Store.Postgres = config.Secret{}, config.Secret{} // functions are never equal
	if !reflect.DeepEqual(first, second) {
		t.Errorf("read back %+v, want %+v", second, first)
	}
}

func TestSchema(t *testing.T) {
	s := new(sample)
	s.Defaults()
	s.Limits.Defaults()
	text, err := config.Schema(s, "https://tenward.example/schema.json", "Tenward")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", string(text))
}

func TestMissingFile(t *testing.T) {
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), new(sample), config.Options{})
	if problem.Of(err).Code != "config.file.missing" {
		t.Fatal(err)
	}
	_, err = config.Load(t.TempDir(), new(sample), config.Options{})
	if problem.Of(err).Code != "config.file.unreadable" {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(good)
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(string(data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got sample
		_, err := config.Parse("t.yaml", []byte(text), &got, config.Options{Env: func(string) (string, bool) { return "", false }})
		var invalid *config.Invalid
		if err == nil {
			return
		}
		if !errors.As(err, &invalid) || len(invalid.Issues) == 0 {
			t.Fatalf("an error that holds no issue: %v", err)
		}
		for _, i := range invalid.Issues {
			if i.Line < 1 || i.Line > strings.Count(text, "\n")+1 || i.Column < 1 {
				t.Fatalf("issue at %d:%d of %d lines: %s", i.Line, i.Column, strings.Count(text, "\n")+1, i.Sentence)
			}
		}
		var b strings.Builder
		if err := invalid.Render(&b); err != nil {
			t.Fatal(err)
		}
	})
}

// What nests deeper than the parser should recurse is refused before it does, in the time that it takes to read it.
func TestWhatNestsTooDeepIsNotParsed(t *testing.T) {
	for name, text := range map[string]string{
		"lists":           strings.Repeat("- ", 300_000),
		"lists in a key":  "a:\n  " + strings.Repeat("- ", 129) + "x",
		"brackets":        strings.Repeat("[", 129),
		"braces":          strings.Repeat("{a: ", 129),
		"in the 2nd line": "a: 1\n" + strings.Repeat("-   ", 129),
	} {
		var v struct{}
		if _, err := config.Parse("t.yaml", []byte(text), &v, config.Options{}); err == nil || !strings.Contains(err.Error(), "nested far deeper") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"a line of dashes in a comment": "# " + strings.Repeat("-", 300),
		"a document's end":              "---\n",
		"dashes in a text":              "a: " + strings.Repeat("x-", 300),
		"closed again":                  "a: [" + strings.Repeat("[], ", 300) + "[]]",
	} {
		var v struct {
			A string `yaml:"a"`
		}
		if _, err := config.Parse("t.yaml", []byte(text), &v, config.Options{}); err != nil && strings.Contains(err.Error(), "nested far deeper") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
