// Package docs_test holds the documents against the repository: what they name is there, and what is there is named.
package docs_test

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// root is the repository: tests run in their own folder.
var root = os.DirFS("..")

// documents are all Markdown files of the repository, by path, but for what tools put there.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := fs.WalkDir(root, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "dist"}, d.Name())):
			return fs.SkipDir
		case d.IsDir() || path.Ext(file) != ".md":
			return nil
		}
		text, err := fs.ReadFile(root, file)
		found[file] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/architecture.md", "docs/dependencies.md"} {
		if found[file] == "" {
			t.Errorf("%s is missing or empty", file)
		}
	}
	return found
}

// machine matches paths that exist on somebody's own machine only.
var machine = regexp.MustCompile(`(?:^|[\s"'(=` + "`" + `:])((?:/(?:home|Users|root|work|private|tmp|mnt|media|builds?|workspace)/|[A-Za-z]:\\)[^\s"'` + "`" + `)]*)`)

func TestNoDocumentNamesADevelopersMachine(t *testing.T) {
	for file, text := range documents(t) {
		for _, m := range machine.FindAllStringSubmatch(text, -1) {
			t.Errorf("%s names %s, which is on one machine only", file, m[1])
		}
	}
	for _, s := range []string{"see /home/ann/x", "`/tmp/y`", `C:\Users\ann`, "cd /Users/ann/z", "PATH=/root/go/bin"} {
		if !machine.MatchString(s) {
			t.Errorf("%q is not seen", s)
		}
	}
	for _, s := range []string{"/var/lib/tenward", "/etc/tenward/tenward.yaml", "https://example.com/home/ann/", "/search"} {
		if machine.MatchString(s) {
			t.Errorf("%q is taken for a developer's", s)
		}
	}
}

func TestEveryDirectDependencyIsDocumented(t *testing.T) {
	text, err := fs.ReadFile(root, "docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := tableRows(string(text))
	used := map[string]bool{}
	for _, file := range []string{"go.mod", "tools/go.mod", "test/browser/go.mod", "test/grpc/go.mod"} {
		for module, version := range direct(t, file) {
			used[module] = true
			if documented, ok := rows[module]; !ok {
				t.Errorf("%s needs %s, and docs/dependencies.md does not say why", file, module)
			} else if documented != version {
				t.Errorf("%s needs %s %s, and docs/dependencies.md speaks of %q", file, module, version, documented)
			}
		}
	}
	for module := range rows {
		if !used[module] {
			t.Errorf("docs/dependencies.md speaks of %s, and nothing needs it directly", module)
		}
	}
	if len(used) < 10 {
		t.Fatalf("found %d direct dependencies: the reading has lost its way", len(used))
	}
}

// direct are the modules that a module needs itself: required and not marked indirect, or the tools of it.
func direct(t *testing.T, file string) map[string]string {
	t.Helper()
	raw, err := fs.ReadFile(root, file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // no such module
	}
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse(file, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	needed := map[string]string{}
	for _, r := range mod.Require {
		tool := slices.ContainsFunc(mod.Tool, func(t *modfile.Tool) bool { return strings.HasPrefix(t.Path+"/", r.Mod.Path+"/") })
		if r.Mod.Path != "github.com/tenward/tenward" && (!r.Indirect || tool) {
			needed[r.Mod.Path] = r.Mod.Version
		}
	}
	return needed
}

// row is a line of a table that begins with a module's path and its version.
var row = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^ |]+)")

func tableRows(text string) map[string]string {
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		rows[m[1]] = m[2]
	}
	return rows
}
