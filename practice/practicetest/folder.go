package practicetest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tenward/tenward/practice"
)

// FolderFaults are what is wrong with the practice's folder, and with the repository around it: one word has to be the
// same in the folder's name, in the tables, in the kinds of events and in the documents.
func FolderFaults(p practice.Practice, folder string) []string {
	root := filepath.Join(folder, "..", "..")
	var faults []string
	if name := filepath.Base(folder); name != p.Slug {
		faults = append(faults, fmt.Sprintf("the slug is %q, the folder %q", p.Slug, name))
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, p.Slug+".go"), nil, parser.ParseComments|parser.PackageClauseOnly)
	switch {
	case err != nil:
		faults = append(faults, "the file "+p.Slug+".go, where everybody looks first, cannot be read: "+err.Error())
	case !strings.HasPrefix(file.Doc.Text(), "Package "+p.Slug+" ") || !strings.Contains(file.Doc.Text(), "Source"):
		faults = append(faults, "the package comment does not say in its first sentence what it is, or names no sources")
	}
	if p.Built() {
		faults = append(faults, documentFaults(p, filepath.Join(root, "docs", "practices", p.Slug+".md"))...)
	}
	tables, err := migrations(root, p.Slug)
	if err != nil {
		return append(faults, err.Error())
	}
	sources, err := sourcesBelow(folder)
	if err != nil {
		return append(faults, err.Error())
	}
	faults = append(faults, tableFaults(p.Slug, tables, sources)...)
	faults = append(faults, kindFaults(p.Slug, sources)...)
	return append(faults, staleFaults(p, root)...)
}

// row is a line of a table whose first cell is a check.
var row = regexp.MustCompile("(?m)^\\| `([a-z]+/[a-z-]+)` \\|")

// documentFaults holds the practice's page to its checks: what it does not name nobody knows of, and what it names
// must be there.
func documentFaults(p practice.Practice, page string) []string {
	text, err := os.ReadFile(page) //nolint:gosec // a document of this repository
	if err != nil {
		return []string{"it is built, and docs/practices/" + p.Slug + ".md does not say what it does"}
	}
	var written, faults []string
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		written = append(written, m[1])
	}
	for _, c := range p.Checks {
		if !slices.Contains(written, c.ID) {
			faults = append(faults, fmt.Sprintf("check %q does not stand in the table of docs/practices/%s.md", c.ID, p.Slug))
		}
	}
	for _, id := range written {
		if !slices.ContainsFunc(p.Checks, func(c practice.Check) bool { return c.ID == id }) {
			faults = append(faults, fmt.Sprintf("docs/practices/%s.md speaks of a check %q, and there is none", p.Slug, id))
		}
	}
	return faults
}

var (
	// created is a statement that makes a table; asked is one that reads or writes one, as this repository writes SQL.
	created = regexp.MustCompile(`(?i)CREATE (?:VIRTUAL )?TABLE (?:IF NOT EXISTS )?([a-z_]+)`)
	asked   = regexp.MustCompile(`\b(?:FROM|JOIN|INTO|UPDATE) ([a-z]+_[a-z_]+)`)
	// kind is what a constant or a field of that name holds; what has no dots is no event's.
	kind = regexp.MustCompile(`\b(?:kind[A-Z]\w*\s*=|Kind:)\s*"([^" ]*\.[^" ]*)"`)
	// dottedText is any text that may be an event's kind.
	dottedText = regexp.MustCompile(`"([a-z]+(?:\.[a-z][a-z-]*)+)\.?"`)
)

// migrations are the tables that the timeline makes, each with the word that its file is named for.
func migrations(root, own string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "store", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no migrations are found for %s: %w", own, err)
	}
	tables := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of this repository
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(filepath.Base(file), "_")
		word, _, _ := strings.Cut(rest, "_")
		for _, m := range created.FindAllStringSubmatch(string(text), -1) {
			tables[m[1]] = word
		}
	}
	return tables, nil
}

// tableFaults: a migration that is named for the practice makes its tables only, and its code asks no other practice's.
func tableFaults(own string, tables map[string]string, sources map[string]string) []string {
	var faults []string
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		if tables[table] == own && !strings.HasPrefix(table, own+"_") {
			faults = append(faults, fmt.Sprintf("the table %q is made in a migration of this practice, and does not begin with its slug", table))
		}
	}
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		for _, m := range asked.FindAllStringSubmatch(sources[file], -1) {
			word, _, _ := strings.Cut(m[1], "_")
			if tables[m[1]] == "" {
				faults = append(faults, fmt.Sprintf("%s asks the table %q, which no migration makes", file, m[1]))
			} else if word != own && slices.Contains(slugs, word) {
				faults = append(faults, fmt.Sprintf("%s asks the table %q, which is another practice's", file, m[1]))
			}
		}
	}
	return faults
}

// slugs are the ten.
var slugs = []string{
	"encryption", "authentication", "patching", "firewall", "validation", "hardening", "access", "monitoring", "training", "audits",
}

// kindFaults: the kinds of a practice's events begin with its slug.
func kindFaults(own string, sources map[string]string) []string {
	var faults []string
	for _, file := range slices.Sorted(maps.Keys(sources)) {
		for _, m := range kind.FindAllStringSubmatch(sources[file], -1) {
			if !strings.HasPrefix(m[1], own+".") {
				faults = append(faults, fmt.Sprintf("%s makes events of the kind %q, which does not begin with the slug", file, m[1]))
			}
		}
	}
	return faults
}

// staleFaults: a check waits for events that something in the repository makes, so that a kind that was renamed does not
// leave an answer standing that nobody believes any more.
func staleFaults(p practice.Practice, root string) []string {
	if !slices.ContainsFunc(p.Checks, func(c practice.Check) bool { return len(c.Stale) > 0 }) {
		return nil
	}
	sources, err := sourcesBelow(root)
	if err != nil {
		return []string{err.Error()}
	}
	known := map[string]bool{}
	for file, text := range sources {
		if strings.HasSuffix(file, "checks.go") {
			continue // a check's own word for it proves nothing
		}
		for _, m := range dottedText.FindAllStringSubmatch(text, -1) {
			known[m[1]] = true
		}
	}
	var faults []string
	for _, c := range p.Checks {
		for _, stale := range c.Stale {
			made := known[stale]
			for one := range known {
				made = made || strings.HasSuffix(stale, ".") && strings.HasPrefix(one, stale)
			}
			if !made {
				faults = append(faults, fmt.Sprintf("check %q waits for events of the kind %q, which nothing makes", c.ID, stale))
			}
		}
	}
	return faults
}

// sourcesBelow are the Go files in and below a folder, without tests.
func sourcesBelow(folder string) (map[string]string, error) {
	sources := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != folder && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "node_modules", "dist"}, d.Name())):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path) //nolint:gosec // a file of this repository
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		sources[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the sources in %s: %w", folder, err)
	}
	return sources, nil
}
