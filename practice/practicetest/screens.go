package practicetest

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
)

// Screens are what each page shows, by its path.
type Screens map[string]Rows

// Rows give what a page's Load gives: while there is nothing, one row, and many. A page that shows no rows gives Fixed
// alone.
type Rows struct {
	None, One, Many, Fixed func(t *testing.T) any
}

// ScreenFaults renders each page and holds it to the golden files in testdata/screens below the folder. Ids are made
// anew in each test, so they stand there as ID1, ID2 and so on; clocks must stand still. With -update the files are
// written.
func ScreenFaults(t *testing.T, p practice.Practice, screens Screens, folder string) []string {
	t.Helper()
	look, err := ui.New()
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for _, page := range p.Pages {
		rows, ok := screens[page.Path]
		if !ok {
			faults = append(faults, fmt.Sprintf("page %q has no data to be shown with: with no, one and many rows", page.Path))
			continue
		}
		faults = append(faults, pageFaults(t, look, page, rows, folder)...)
	}
	for _, path := range slices.Sorted(maps.Keys(screens)) {
		if !slices.ContainsFunc(p.Pages, func(page practice.Page) bool { return page.Path == path }) {
			faults = append(faults, fmt.Sprintf("there is data for page %q, which does not exist", path))
		}
	}
	return faults
}

// pageFaults renders one page with each of its data.
func pageFaults(t *testing.T, look *ui.UI, page practice.Page, rows Rows, folder string) []string {
	t.Helper()
	body, err := look.Parse(page.Files, page.Templates...)
	if err != nil {
		return []string{fmt.Sprintf("page %q: %v", page.Path, err)}
	}
	shown := []struct {
		name string
		data func(*testing.T) any
	}{{"none", rows.None}, {"one", rows.One}, {"many", rows.Many}}
	if rows.Fixed != nil {
		shown = shown[:1]
		shown[0].name, shown[0].data = "fixed", rows.Fixed
	}
	var faults []string
	seen := map[string]string{}
	for _, one := range shown {
		if one.data == nil {
			faults = append(faults, fmt.Sprintf("page %q is not shown with %s", page.Path, one.name))
			continue
		}
		data := one.data(t)
		if a, b := reflect.TypeOf(data), reflect.TypeOf(page.Data); a != b {
			faults = append(faults, fmt.Sprintf("page %q is shown with a %v, and says that it shows a %v", page.Path, a, b))
		}
		if one.name == "fixed" && holdsRows(reflect.TypeOf(data), map[reflect.Type]bool{}) {
			faults = append(faults, fmt.Sprintf("page %q has rows: it has to be shown with none, one and many", page.Path))
		}
		var out bytes.Buffer
		if err := body.Execute(&out, data); err != nil {
			faults = append(faults, fmt.Sprintf("page %q cannot be shown with %s: %v", page.Path, one.name, err))
			continue
		}
		got := masked(out.String())
		if other := seen[got]; other != "" {
			faults = append(faults, fmt.Sprintf("page %q shows the same with %s and with %s", page.Path, other, one.name))
		}
		seen[got] = one.name
		faults = append(faults, goldenFaults(filepath.Join(folder, "testdata", "screens", fileOf(page.Path)+"-"+one.name+".html"), got)...)
	}
	return faults
}

// holdsRows says whether there is a list in what a page shows.
func holdsRows(t reflect.Type, met map[reflect.Type]bool) bool {
	if t == nil || met[t] {
		return false
	}
	met[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return t.Elem().Kind() != reflect.Uint8
	case reflect.Pointer:
		return holdsRows(t.Elem(), met)
	case reflect.Struct:
		for f := range t.Fields() {
			if f.IsExported() && holdsRows(f.Type, met) {
				return true
			}
		}
	}
	return false
}

var (
	uuid  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	holes = regexp.MustCompile(`[^a-z0-9]+`)
)

// masked gives ids names in the order in which they come.
func masked(page string) string {
	names := map[string]string{}
	return uuid.ReplaceAllStringFunc(page, func(id string) string {
		if names[id] == "" {
			names[id] = "ID" + strconv.Itoa(len(names)+1)
		}
		return names[id]
	})
}

// fileOf is a path as a file's name.
func fileOf(path string) string { return strings.Trim(holes.ReplaceAllString(path, "-"), "-") }

// goldenFaults holds what is shown to the file, or writes the file.
func goldenFaults(file, got string) []string {
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return []string{err.Error()}
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			return []string{err.Error()}
		}
		return nil
	}
	want, err := os.ReadFile(file) //nolint:gosec // a golden file of this repository
	if err != nil {
		return []string{"it has no golden file, go test -update writes it: " + err.Error()}
	}
	if string(want) == got {
		return nil
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range b {
		if i >= len(a) || a[i] != b[i] {
			return []string{fmt.Sprintf("%s is not shown any more, go test -update writes it anew; the first line that differs is %d: %s", filepath.Base(file), i+1, b[i])}
		}
	}
	return []string{filepath.Base(file) + " has lines that are not shown any more; go test -update writes it anew"}
}

var update = flag.Bool("update", false, "rewrite the golden files")
