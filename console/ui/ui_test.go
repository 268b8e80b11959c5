package ui_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tenward/tenward/console/ui"
)

func newUI(t *testing.T) *ui.UI {
	t.Helper()
	u, err := ui.New()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// addresses are those of the assets that a page loads.
func addresses(t *testing.T, u *ui.UI) []string {
	t.Helper()
	var b strings.Builder
	if err := u.Notice(&b, ui.Notice{Title: "t"}); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`/assets/[^"]+`).FindAllString(b.String(), -1)
}

func ask(u *ui.UI, path, encoding string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept-Encoding", encoding)
	u.Assets().ServeHTTP(w, r)
	return w
}

func TestAssetsAreSentSmallToWhoeverCanReadThem(t *testing.T) {
	u := newUI(t)
	for _, path := range addresses(t, u) {
		plain := ask(u, path, "").Body.String()
		for _, tt := range []struct {
			accepts string
			zipped  bool
		}{{"gzip", true}, {"br, GZIP;q=0.5", true}, {"deflate, gzip;q=1.0, *;q=0.5", true}, {"", false}, {"br", false}, {"gzip;q=0", false}, {"gzip; q=0.000", false}, {"xgzip", false}} {
			w := ask(u, path, tt.accepts)
			body := io.Reader(w.Body)
			if got := w.Header().Get("Content-Encoding") == "gzip"; got != tt.zipped {
				t.Errorf("%s with %q: zipped %v", path, tt.accepts, got)
				continue
			}
			if tt.zipped {
				var err error
				if body, err = gzip.NewReader(body); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := io.ReadAll(body); err != nil || string(got) != plain || plain == "" {
				t.Errorf("%s with %q is another file: %v", path, tt.accepts, err)
			}
			if w.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: a cache cannot tell the two apart", path)
			}
		}
	}
}

func TestAssetsHaveTheirKind(t *testing.T) {
	u := newUI(t)
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for _, path := range addresses(t, u) {
		if got := ask(u, path, "").Header().Get("Content-Type"); got != kinds[path[strings.LastIndex(path, "."):]] {
			t.Errorf("%s is %q", path, got)
		}
	}
}

func TestAssetsAreNothingElse(t *testing.T) {
	u := newUI(t)
	path := addresses(t, u)[0]
	for _, bad := range []string{"/assets/", path + "x", path[:strings.LastIndex(path, "/")+1], strings.Replace(path, "/assets/", "/assets/x", 1), path + "/../../ui.go"} {
		if w := ask(u, bad, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}

// The first page of a visit is at most 15 kB, style, script and icon included, and all script at most 20 kB.
func TestAFirstVisitIsSmall(t *testing.T) {
	u := newUI(t)
	total := 0
	for _, path := range addresses(t, u) {
		n := ask(u, path, "gzip").Body.Len()
		if total += n; strings.HasSuffix(path, ".js") && n > 20_000 {
			t.Errorf("%s has %d bytes", path, n)
		}
	}
	if total > 15_000 {
		t.Errorf("the assets have %d bytes", total)
	}
}

func TestTheThemeGoesRound(t *testing.T) {
	theme := ui.ParseTheme("")
	for _, want := range []ui.Theme{ui.Dark, ui.Light, ui.System} {
		if theme = theme.Next(); theme != want || ui.ParseTheme(theme.Word()) != want {
			t.Errorf("got %q (%s), want %q", theme, theme.Word(), want)
		}
	}
}

func TestAPageMustHaveATemplateOfThatName(t *testing.T) {
	u := newUI(t)
	files := fstest.MapFS{
		"none.html": {Data: []byte(`{{define "other"}}{{end}}`)}, "broken.html": {Data: []byte(`{{define "page"}}{{`)},
		"unknown.html": {Data: []byte(`{{define "page"}}{{shout .}}{{end}}`)}, "good.html": {Data: []byte(`{{define "page"}}{{count .}}{{end}}`)},
	}
	for _, name := range []string{"none.html", "broken.html", "unknown.html", "missing.html"} {
		if _, err := u.Parse(files, name); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	page, err := u.Parse(files, "good.html")
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[any]string{0: "0", 999: "999", 1000: "1,000", uint64(12345678): "12,345,678"} {
		var b strings.Builder
		if err := page.Execute(&b, value); err != nil || b.String() != want {
			t.Errorf("count %v = %q (%v), want %q", value, b.String(), err, want)
		}
	}
	if err := page.Execute(io.Discard, "many"); err == nil {
		t.Error("a text was counted")
	}
}

func TestNumbersAreWrittenForPeople(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 ms", 0: "0 ms", 800 * time.Microsecond: "0.8 ms", 14 * time.Millisecond: "14 ms", 2300 * time.Millisecond: "2.3 s", time.Hour: "1h0m0s",
	} {
		if got := ui.Took(d); got != want {
			t.Errorf("Took(%s) = %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1536: "1.5 kB", 3_200_000: "3.2 MB", 5_000_000_000: "5.0 GB"} {
		if got := ui.Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
}
