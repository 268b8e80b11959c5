package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A fuzz target that no group names is never given its hours.
func TestEveryFuzzTargetBelongsToAGroup(t *testing.T) {
	var listed, found []target
	for _, g := range groups {
		listed = append(listed, g.fuzz...)
	}
	name := regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		for _, m := range name.FindAllSubmatch(text, -1) {
			found = append(found, target{"./" + filepath.ToSlash(folder), string(m[1])})
		}
		return err
	})
	if err != nil || len(found) < 15 {
		t.Fatalf("found %d: %v", len(found), err)
	}
	for _, f := range found {
		if !slices.Contains(listed, f) {
			t.Errorf("no group names %s of %s", f.pattern, f.pkg)
		}
	}
	for _, l := range listed {
		if !slices.Contains(found, l) {
			t.Errorf("a group names %s of %s, which is not there", l.pattern, l.pkg)
		}
	}
}
