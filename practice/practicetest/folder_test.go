package practicetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenward/tenward/practice/practicetest"
)

func TestTheSuiteSeesEachFaultOfTheFolder(t *testing.T) {
	const (
		source = "practice/gardening/gardening.go"
		page   = "docs/practices/gardening.md"
		tables = "store/migrations/0001_gardening_rose.sql"
	)
	good := map[string]string{
		source: "// Package gardening has roses bloom.\n//\n// Sources: a book.\npackage gardening\n\nconst kindCut = \"gardening.rose.cut\"\n\n" +
			"const query = \"SELECT id FROM gardening_rose JOIN identity_person\"\n",
		page:                                 "# Gardening\n\n| check | asks |\n|---|---|\n| `gardening/roses-bloom` | do they bloom? |\n",
		tables:                               "CREATE TABLE gardening_rose (id TEXT);\n",
		"store/migrations/0002_identity.sql": "CREATE TABLE identity_person (id TEXT);\n",
		"store/migrations/0003_access_x.sql": "CREATE TABLE access_grant (id TEXT);\n",
	}
	for _, tt := range []struct {
		name, file, text string
		folder           string
		want             string // empty: it is sound
	}{
		{name: "as it should be"},
		{name: "another folder", folder: "cooking", want: `the folder "cooking"`},
		{name: "no file of that name", file: source, want: "where everybody looks first"},
		{name: "a comment without sources", file: source, text: "// Package gardening has roses bloom.\npackage gardening\n", want: "names no sources"},
		{name: "a comment of another package", file: source, text: "// Package cooking is it. Sources: a book.\npackage gardening\n", want: "first sentence"},
		{name: "no page", file: page, want: "does not say what it does"},
		{name: "a page without the check", file: page, text: "# Gardening\n", want: "does not stand in the table"},
		{name: "a page with another check", file: page, text: good[page] + "| `gardening/no-weeds` | are there weeds? |\n", want: `a check "gardening/no-weeds", and there is none`},
		{name: "a table of another name", file: tables, text: good[tables] + "CREATE TABLE flowers (id TEXT);\n", want: `the table "flowers"`},
		{name: "no such table", file: source, text: good[source] + "const other = \"DELETE FROM gardening_tulip\"\n", want: "which no migration makes"},
		{name: "another practice's table", file: source, text: good[source] + "const other = \"SELECT role FROM access_grant\"\n", want: "another practice's"},
		{name: "events of another practice", file: source, text: good[source] + "const kindSoup = \"cooking.soup.eaten\"\n", want: `the kind "cooking.soup.eaten"`},
		{name: "a field with another practice's kind", file: source, text: good[source] + "var e = T{Kind: \"cooking.soup.eaten\"}\n", want: `the kind "cooking.soup.eaten"`},
		{name: "a check that waits for what nothing makes", file: source, text: strings.Replace(good[source], "rose.cut", "rose.picked", 1), want: "which nothing makes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range good {
				if file == tt.file {
					text = tt.text
				}
				if text == "" {
					continue
				}
				if tt.folder != "" {
					file = strings.ReplaceAll(file, "practice/gardening", "practice/"+tt.folder)
				}
				at := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			folder := tt.folder
			if folder == "" {
				folder = "gardening"
			}
			faults := strings.Join(practicetest.FolderFaults(sound(), filepath.Join(root, "practice", folder)), "\n")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("the suite says %q, want %q", faults, tt.want)
			}
		})
	}
}
