package practicetest

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/practice"
)

// Shown loads one of a practice's pages for somebody and renders it, without the shell around it. The page is named by its
// path, the query holds the path's values too. Ids, which are others each time, become id-1, id-2 … in their order.
func Shown(t *testing.T, ctx context.Context, p practice.Practice, path string, query url.Values) string { //nolint:revive // t comes first in tests
	t.Helper()
	i := slices.IndexFunc(p.Pages, func(p practice.Page) bool { return p.Path == path })
	if i < 0 {
		t.Fatalf("%s has no page %s", p.Slug, path)
	}
	page := p.Pages[i]
	look, err := ui.New()
	if err != nil {
		t.Fatal(err)
	}
	body, err := look.Parse(page.Files, page.Templates...)
	if err != nil {
		t.Fatal(err)
	}
	data, err := page.Load(ctx, query)
	if err != nil {
		t.Fatalf("load %s: %v", path, err)
	}
	var shown bytes.Buffer
	if err := body.Execute(&shown, data); err != nil {
		t.Fatalf("render %s: %v", path, err)
	}
	for _, mishap := range []string{"%!", "ZgotmplZ", "<no value>"} {
		if strings.Contains(shown.String(), mishap) {
			t.Errorf("%s shows %s", path, mishap)
		}
	}
	return numbered(shown.String())
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// numbered gives ids names that are the same each time.
func numbered(text string) string {
	var known []string
	return uuid.ReplaceAllStringFunc(text, func(id string) string {
		i := slices.Index(known, id)
		if i < 0 {
			i, known = len(known), append(known, id)
		}
		return "id-" + strconv.Itoa(i+1)
	})
}

// Golden holds what a page shows against testdata/NAME.html, which it rewrites when told to.
func Golden(t *testing.T, name, shown string, update bool) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if update {
		if err := os.WriteFile(file, []byte(shown+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file) //nolint:gosec // a golden file of this repository
	if err != nil {
		t.Fatal(err)
	}
	if shown+"\n" != string(want) {
		t.Errorf("%s differs (rewrite it with -update and look at it); got:\n%s", file, shown)
	}
}
