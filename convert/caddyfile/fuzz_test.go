package caddyfile_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/convert/caddyfile"
)

// two are two files: the first, and what every other name leads to.
type two struct{ first, other []byte }

func (f two) Read(name string) ([]byte, error) {
	switch {
	case name == "Caddyfile":
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

// Whatever stands in the files, reading them ends, and what is left out has its place and can be shown.
func FuzzRead(f *testing.F) {
	found, err := filepath.Glob("testdata/*/Caddyfile")
	if err != nil || found == nil {
		f.Fatal("no examples", err)
	}
	for _, name := range found {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, []byte("(x) {\n log\n}\n"))
	}
	f.Fuzz(func(t *testing.T, first, other []byte) {
		plan, err := caddyfile.Read("Caddyfile", two{first, other})
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
