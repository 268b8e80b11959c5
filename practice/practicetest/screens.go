package practicetest

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/tenward/tenward/practice"
)

// ScreenFaults are pages that no golden file shows. A page is known by the name of its first template: people.html is
// shown with no, one and many rows by the tests' Golden "people-none", "people-one" and "people-many", three different
// ones. A page that has no rows is shown once, by "NAME-fixed".
func ScreenFaults(p practice.Practice, folder string) []string {
	if len(p.Pages) == 0 {
		return nil
	}
	tests, err := testsIn(folder)
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for _, page := range p.Pages {
		if len(page.Templates) == 0 {
			continue // which is a fault of the value
		}
		name := strings.TrimSuffix(path.Base(page.Templates[0]), ".html")
		wanted := []string{"none", "one", "many"}
		if !holdsRows(reflect.TypeOf(page.Data), map[reflect.Type]bool{}) {
			wanted = []string{"fixed"}
		}
		seen := map[string]string{}
		for _, rows := range wanted {
			golden := name + "-" + rows
			text, err := os.ReadFile(filepath.Join(folder, "testdata", golden+".html")) //nolint:gosec // a golden file of this repository
			switch {
			case err != nil:
				faults = append(faults, fmt.Sprintf("page %q has no golden file testdata/%s.html", page.Path, golden))
			case !strings.Contains(tests, `"`+golden+`"`):
				faults = append(faults, fmt.Sprintf("page %q has a golden file %s, and no test holds it to that", page.Path, golden))
			case seen[string(text)] != "":
				faults = append(faults, fmt.Sprintf("page %q shows the same with rows %s and %s", page.Path, seen[string(text)], rows))
			}
			seen[string(text)] = rows
		}
	}
	return faults
}

// testsIn are the tests of a folder, as text.
func testsIn(folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		return "", fmt.Errorf("find the tests in %s: %w", folder, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of this repository
		if err != nil {
			return "", fmt.Errorf("read the tests in %s: %w", folder, err)
		}
		all.Write(text)
	}
	return all.String(), nil
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
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && holdsRows(f.Type, met) {
				return true
			}
		}
	default:
	}
	return false
}
