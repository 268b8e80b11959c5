package practicetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
)

// bed is what the page shows.
type bed struct{ Roses []string }

// sign is what a page without rows shows.
type sign struct{ Text string }

const shown = `{{define "page"}}<ul>{{range .Roses}}<li>{{.}}</li>{{else}}<li>No roses</li>{{end}}</ul>{{end}}`

// beds is the practice with one page, which shows this.
func beds(text string, data any) practice.Practice {
	p := sound()
	p.Pages = []practice.Page{{Path: "/roses", Files: fstest.MapFS{"page.html": {Data: []byte(text)}}, Templates: []string{"page.html"}, Data: data}}
	return p
}

func TestTheSuiteSeesPagesThatAreNotShownAsTheyShouldBe(t *testing.T) {
	with := func(data any) func(*testing.T) any { return func(*testing.T) any { return data } }
	rows := practicetest.Rows{
		None: with(&bed{}), One: with(&bed{Roses: []string{"01890a5d-ac96-774b-bcce-b302099a8057"}}), Many: with(&bed{Roses: []string{"red", "<b>"}}),
	}
	golden := map[string]string{
		"roses-none": "<ul><li>No roses</li></ul>", "roses-one": "<ul><li>ID1</li></ul>", "roses-many": "<ul><li>red</li><li>&lt;b&gt;</li></ul>",
	}
	for _, tt := range []struct {
		name   string
		p      practice.Practice
		screen practicetest.Screens
		golden map[string]string
		want   string // empty: it is sound
	}{
		{"as it was", beds(shown, &bed{}), practicetest.Screens{"/roses": rows}, golden, ""},
		{"no data", beds(shown, &bed{}), nil, golden, "no data to be shown with"},
		{"no rows only", beds(shown, &bed{}), practicetest.Screens{"/roses": {None: rows.None}}, golden, "not shown with many"},
		{"data for a page that is not there", sound(), practicetest.Screens{"/roses": rows}, golden, "does not exist"},
		{"data of another type", beds(shown, &sign{}), practicetest.Screens{"/roses": rows}, golden, "says that it shows a *practicetest_test.sign"},
		{"the same with rows and without", beds(`{{define "page"}}x{{end}}`, &bed{}), practicetest.Screens{"/roses": rows}, golden, "shows the same"},
		{"something else than it was", beds(strings.Replace(shown, "No roses", "None", 1), &bed{}), practicetest.Screens{"/roses": rows}, golden, "not shown any more"},
		{"less than it was", beds(shown, &bed{}), practicetest.Screens{"/roses": rows}, map[string]string{"roses-none": golden["roses-none"] + "\nmore", "roses-one": golden["roses-one"], "roses-many": golden["roses-many"]}, "lines that are not shown"},
		{"no golden file", beds(shown, &bed{}), practicetest.Screens{"/roses": rows}, nil, "no golden file"},
		{"a template that fails", beds(`{{define "page"}}{{.Tulips}}{{end}}`, &bed{}), practicetest.Screens{"/roses": rows}, golden, "cannot be shown"},
		{"a template that cannot be read", beds(`{{define "page"}}{{if}}{{end}}`, &bed{}), practicetest.Screens{"/roses": rows}, golden, "parse page"},
		{"a page without rows", beds(`{{define "page"}}{{.Text}}{{end}}`, &sign{}), practicetest.Screens{"/roses": {Fixed: with(&sign{"roses"})}}, map[string]string{"roses-fixed": "roses"}, ""},
		{"rows that are said to be none", beds(shown, &bed{}), practicetest.Screens{"/roses": {Fixed: rows.One}}, map[string]string{"roses-fixed": golden["roses-one"]}, "has rows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.MkdirAll(filepath.Join(folder, "testdata", "screens"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.golden {
				if err := os.WriteFile(filepath.Join(folder, "testdata", "screens", name+".html"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			faults := strings.Join(practicetest.ScreenFaults(t, tt.p, tt.screen, folder), "\n")
			if tt.want == "" && faults != "" || !strings.Contains(faults, tt.want) {
				t.Errorf("the suite says %q, want %q", faults, tt.want)
			}
		})
	}
}
