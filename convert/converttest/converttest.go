// Package converttest is what each reader of another proxy's configuration must pass: its examples have golden files,
// and whatever else it is given it ends.
package converttest

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/convert"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var places = convert.Places{
	Data: "/var/lib/tenward", Portal: "login.example.org", Console: "console.example.org", HTTPS: ":443", Admin: "127.0.0.1:9444", ConsoleListen: ":9443",
}

// Reader reads a configuration, as nginx.Read and caddyfile.Read do.
type Reader func(name string, files convert.Files) (*convert.Plan, error)

// Examples are the files of this name below testdata, of which there must be eight.
func Examples(tb testing.TB, name string) []string {
	tb.Helper()
	found, err := filepath.Glob("testdata/*/" + name)
	if err != nil || len(found) < 8 {
		tb.Fatalf("found %d examples: %v", len(found), err)
	}
	return found
}

// Translates holds the translation of each example to the golden file beside it, which is what `tenward init --from`
// writes; a test of app holds that against the configuration itself.
func Translates(t *testing.T, name string, read Reader) {
	t.Helper()
	for _, file := range Examples(t, name) {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			plan, err := read(file, convert.Disk{})
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := plan.Write(&got, places); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join(filepath.Dir(file), "tenward.yaml")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil { //nolint:gosec // a golden file of this repository
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden) //nolint:gosec // likewise
			if err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("it is\n%s, want\n%s (%v)", got.Bytes(), want, err)
			}
		})
	}
}

// two are two files: the first, and what every other name leads to.
type two struct {
	name         string
	first, other []byte
}

func (f two) Read(name string) ([]byte, error) {
	switch {
	case name == f.name:
		return f.first, nil
	case strings.Contains(name, "missing"):
		return nil, fs.ErrNotExist
	}
	return f.other, nil
}

func (two) Glob(pattern string) ([]string, error) {
	if _, err := filepath.Match(pattern, ""); err != nil {
		return nil, err
	}
	return []string{"a", "b"}, nil
}

// Fuzz claims that whatever stands in the files, reading them ends, and that what is left out has its place and can be
// shown. other begins as what the examples include.
func Fuzz(f *testing.F, name, other string, read Reader) {
	f.Helper()
	for _, file := range Examples(f, name) {
		text, err := os.ReadFile(file) //nolint:gosec // an example of this repository
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte(other))
	}
	f.Fuzz(func(t *testing.T, first, other []byte) {
		plan, err := read(name, two{name, first, other})
		if err != nil {
			return
		}
		for _, l := range plan.Left {
			if l.Place.Line < 1 || l.Place.File == "" || l.Why == "" {
				t.Fatalf("left out without a place or a reason: %+v", l)
			}
			if text := l.String(); strings.ContainsFunc(text, unicode.IsControl) || !utf8.ValidString(text) {
				t.Fatalf("not to be shown: %q", text)
			}
		}
		for _, s := range plan.Services {
			if len(s.Hosts) == 0 || len(s.Upstreams) == 0 || !strings.HasPrefix(s.Path, "/") || s.Place.Line < 1 {
				t.Fatalf("no service: %+v", s)
			}
		}
		var out bytes.Buffer
		if err := plan.Write(&out, places); err != nil {
			t.Fatal(err)
		}
	})
}
