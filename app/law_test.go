package app

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/tenward/tenward/"

// law is who may import whom: each level only what stands above it. Packages of one level never import each
// other, but for a folder and its own sub-folders. The longest matching prefix decides a package's level.
var law = map[string]int{
	"problem": 1,
	"event":   2, "config": 2,
	"store": 3, "cluster": 3,
	"detect": 4, "attack": 4, "tlsscan": 4, "event/index": 4,
	"doctor": 4, "convert": 4,
	"event/outbox": 4, "cluster/clustertest": 4, "console/ui": 4,
	"identity": 5, "host": 5, "job": 5, "notice": 5, "gate/upstream": 5,
	"gate":     6,
	"practice": 7,
	"evidence": 8, "practice/practicetest": 8,
	"practice/*": 9, "console": 9,
	"app": 10, "": 11,
}

// alone stand outside the law: they may import nothing of ours.
var alone = []string{"demo"}

// outside are not part of the product: they drive it from outside and may import what they need.
var outside = []string{"test", "tools", "docs"}

func level(pkg string) (level int, room string) {
	if rest, ok := strings.CutPrefix(pkg, "practice/"); ok && pkg != "practice/practicetest" {
		name, _, _ := strings.Cut(rest, "/")
		return law["practice/*"], "practice/" + name
	}
	for p := pkg; ; {
		if l, ok := law[p]; ok {
			return l, p
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return 0, ""
		}
		p = p[:i]
	}
}

func TestImportLaw(t *testing.T) {
	files := goFiles(t, "..")
	if len(files) < 30 {
		t.Fatalf("found %d Go files: the walk has lost its way", len(files))
	}
	for file, imports := range files {
		pkg := filepath.ToSlash(filepath.Dir(file))
		if pkg == "." {
			pkg = ""
		}
		for _, imp := range imports {
			if why := forbidden(pkg, imp, strings.HasSuffix(file, "_test.go")); why != "" {
				t.Errorf("%s imports %s: %s", file, imp, why)
			}
		}
	}
}

// forbidden says why package pkg may not import imp; empty when it may.
func forbidden(pkg, imp string, test bool) string {
	top, _, _ := strings.Cut(pkg, "/")
	if slices.Contains(outside, top) {
		return ""
	}
	if slices.Contains(alone, top) {
		if imp != pkg {
			return "this folder stands alone"
		}
		return ""
	}
	from, room := level(pkg)
	to, other := level(imp)
	switch {
	case imp == pkg, room == other && room != "":
		return ""
	case slices.Contains(alone, imp) && room == "app":
		return ""
	case from == 0:
		return "the folder has no level in the import law: give it one"
	case to == 0:
		return "the imported folder has no level in the import law"
	case test && (strings.HasSuffix(imp, "test") && to <= from+1):
		return ""
	case from <= to:
		return "level " + strconv.Itoa(from) + " may import only from levels above its own, not from level " + strconv.Itoa(to)
	}
	return ""
}

func TestImportLawForbids(t *testing.T) {
	tests := []struct {
		name, pkg, imp string
		allowed        bool
	}{
		{"a practice uses the gate", "practice/access", "gate", true},
		{"a practice never uses another", "practice/access", "practice/validation", false},
		{"a practice uses its own engine", "practice/validation", "practice/validation/waf", true},
		{"an engine never uses another practice", "practice/validation/waf", "practice/access", false},
		{"the console names no practice", "console", "practice/access", false},
		{"the console uses the contract", "console", "practice", true},
		{"the gate knows no practice", "gate", "practice", false},
		{"the way to upstreams knows no exchanges", "gate/upstream", "gate", false},
		{"the gate uses it", "gate", "gate/upstream", true},
		{"the record knows no store", "event", "store", false},
		{"engines never use each other", "detect", "attack", false},
		{"the demo stands alone", "demo", "problem", false},
		{"only app uses the demo", "console", "demo", false},
		{"app uses the demo", "app", "demo", true},
		{"an unknown folder is nobody's", "helpers", "problem", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if why := forbidden(tt.pkg, tt.imp, false); (why == "") != tt.allowed {
				t.Fatalf("%s imports %s: %q", tt.pkg, tt.imp, why)
			}
		})
	}
}

func TestNoForbiddenFolderNames(t *testing.T) {
	for file := range goFiles(t, "..") {
		for part := range strings.SplitSeq(filepath.ToSlash(filepath.Dir(file)), "/") {
			if slices.Contains([]string{"internal", "pkg", "util", "utils", "common", "core", "types", "models", "helpers"}, part) {
				t.Errorf("%s: a folder is named after its subject, not %q", file, part)
			}
		}
	}
}

// goFiles gives each Go file below root with those of its imports that are ours, without the module's prefix.
// It parses the files: Go's test cache does not see what `go list` reads, but it sees these.
func goFiles(t *testing.T, root string) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	dir := os.DirFS(root)
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files[path] = nil
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if ours, ok := strings.CutPrefix(name, module); ok {
				files[path] = append(files[path], ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
