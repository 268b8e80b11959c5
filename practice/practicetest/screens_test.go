package practicetest_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
)

// bed is what a page with rows shows, sign what one without shows.
type (
	bed  struct{ Roses []string }
	sign struct{ Text string }
)

func TestTheSuiteSeesPagesThatNobodyShows(t *testing.T) {
	golden := map[string]string{
		"testdata/roses-none.html": "<ul></ul>", "testdata/roses-one.html": "<ul><li></ul>", "testdata/roses-many.html": "<ul><li><li></ul>",
		"screens_test.go": `Golden("roses-none") Golden("roses-one") Golden("roses-many")`,
	}
	for _, tt := range []struct {
		name string
		data any
		with map[string]string // files that are others; empty: they are missing
		want string            // empty: it is sound
	}{
		{"shown with none, one and many", &bed{}, nil, ""},
		{"never shown with one", &bed{}, map[string]string{"testdata/roses-one.html": ""}, "no golden file testdata/roses-one.html"},
		{"the same with many as with one", &bed{}, map[string]string{"testdata/roses-many.html": "<ul><li></ul>"}, "shows the same with rows one and many"},
		{"a file that no test reads", &bed{}, map[string]string{"screens_test.go": `Golden("roses-none") Golden("roses-one")`}, "no test holds it to that"},
		{"without rows, and shown", &sign{}, map[string]string{"testdata/roses-fixed.html": "<p>", "screens_test.go": `Golden("roses-fixed")`}, ""},
		{"without rows, and not shown", &sign{}, nil, "no golden file testdata/roses-fixed.html"},
		{"with rows, and shown as if it had none", &bed{}, map[string]string{
			"testdata/roses-none.html": "", "testdata/roses-fixed.html": "<p>", "screens_test.go": `Golden("roses-fixed")`,
		}, "no golden file testdata/roses-none.html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			files := maps.Clone(golden)
			maps.Copy(files, tt.with)
			if err := os.Mkdir(filepath.Join(folder, "testdata"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range files {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := sound()
			p.Pages = []practice.Page{{Path: "/roses", Files: fstest.MapFS{}, Templates: []string{"pages/roses.html", "pages/rows.html"}, Data: tt.data}}
			faults := strings.Join(practicetest.ScreenFaults(p, folder), "\n")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("the suite says %q, want %q", faults, tt.want)
			}
		})
	}
}
