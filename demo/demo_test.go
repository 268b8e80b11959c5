package demo_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tenward/tenward/demo"
)

func open(t *testing.T, dir string) *demo.App {
	t.Helper()
	a, err := demo.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func ask(t *testing.T, a *demo.App, method, target, contentType, body string, cookies ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range cookies {
		r.Header.Add("Cookie", c)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

const form = "application/x-www-form-urlencoded"

// upload is a form with one file, its name as it is.
func upload(name, content string) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", fmt.Sprintf(`form-data; name="file"; filename=%q`, name))
	part, _ := w.CreatePart(h)
	_, _ = io.WriteString(part, content)
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}

func TestEachWeaknessWorks(t *testing.T) {
	search := func(q string) string { return "/search?q=" + url.QueryEscape(q) }
	tests := []struct {
		name, target, leaks string
	}{
		{"search gives passwords away (CWE-89)", search("zzz' UNION SELECT name, password, '' FROM people --"), "lovelace-1815"},
		{"search gives private notes away (CWE-89)", search("' OR private = 1 --"), "a telescope for Ada"},
		{"search echoes script (CWE-79)", search("<script>alert(1)</script>"), "<b><script>alert(1)</script></b>"},
		{"the API gives passwords away (CWE-89)", "/api/search?q=" + url.QueryEscape("zzz' UNION SELECT name, password, '' FROM people --"), "hopper-1906"},
		{"the API tells its statement's error (CWE-209)", "/api/search?q='", "SQL"},
		{"download leaves its folder (CWE-22)", "/download?file=../notes.db", "SQLite format 3"},
		{"download leaves the application (CWE-22)", "/download?file=" + strings.Repeat("../", 20) + "etc/passwd", "root:"},
	}
	a := open(t, t.TempDir())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if w := ask(t, a, "GET", tt.target, "", ""); !strings.Contains(w.Body.String(), tt.leaks) {
				t.Fatalf("%d without %q: %.400s", w.Code, tt.leaks, w.Body)
			}
		})
	}
	t.Run("a name signs in without the password (CWE-89)", func(t *testing.T) {
		w := ask(t, a, "POST", "/login", form, "name="+url.QueryEscape("admin' --")+"&password=x")
		if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Set-Cookie"), "session=3") {
			t.Fatalf("%d %v", w.Code, w.Header())
		}
	})
	t.Run("a guessed cookie is a session (CWE-330)", func(t *testing.T) {
		if w := ask(t, a, "GET", "/notes", "", "", "session=3"); !strings.Contains(w.Body.String(), "the new bands") {
			t.Fatal("the private note is not shown")
		}
	})
	t.Run("a note runs script for others (CWE-79)", func(t *testing.T) {
		const script = "<img src=x onerror=alert(1)>"
		ask(t, a, "POST", "/notes", form, "title=x&body="+url.QueryEscape(script))
		if w := ask(t, a, "GET", "/notes", "", ""); !strings.Contains(w.Body.String(), script) {
			t.Fatal("the note was escaped")
		}
	})
	t.Run("an upload leaves its folder (CWE-434)", func(t *testing.T) {
		dir := t.TempDir()
		contentType, body := upload("../planted.html", "<script>")
		w := ask(t, open(t, dir), "POST", "/upload", contentType, body)
		if got, err := os.ReadFile(filepath.Join(dir, "planted.html")); err != nil || string(got) != "<script>" {
			t.Fatalf("%d: %q %v", w.Code, got, err)
		}
	})
}

func TestHonestUseWorks(t *testing.T) {
	a := open(t, t.TempDir())
	if w := ask(t, a, "GET", "/search?q=milk", "", ""); w.Code != 200 || strings.Count(w.Body.String(), "<h2>") != 3 {
		t.Fatalf("search: %d %s", w.Code, w.Body)
	}
	w := ask(t, a, "POST", "/login", form, "name=ada&password=lovelace-1815")
	if w.Code != http.StatusSeeOther {
		t.Fatalf("login: %d", w.Code)
	}
	if w := ask(t, a, "GET", "/notes", "", "", w.Header().Get("Set-Cookie")); !strings.Contains(w.Body.String(), "Tuesday at nine") || !strings.Contains(w.Body.String(), "Sign ada out") {
		t.Fatal("her own private note is not shown")
	}
	if w := ask(t, a, "POST", "/login", form, "name=ada&password=wrong"); w.Code != http.StatusForbidden {
		t.Fatalf("wrong password: %d", w.Code)
	}
	if w := ask(t, a, "POST", "/api/notes", "application/json", `{"owner":"ada","title":"Tea","body":"Green"}`); w.Code != http.StatusCreated {
		t.Fatalf("API: %d %s", w.Code, w.Body)
	}
	if w := ask(t, a, "GET", "/api/notes", "", ""); !strings.Contains(w.Body.String(), `"title":"Tea"`) {
		t.Fatal("the new note is not listed")
	}
	contentType, body := upload("plan.txt", "the plan")
	ask(t, a, "POST", "/upload", contentType, body)
	if w := ask(t, a, "GET", "/download?file=plan.txt", "", ""); w.Body.String() != "the plan" {
		t.Fatalf("download: %s", w.Body)
	}
	for _, page := range []string{"/", "/search", "/login", "/files", "/assets/notes.css"} {
		if w := ask(t, a, "GET", page, "", ""); w.Code != 200 {
			t.Errorf("%s: %d", page, w.Code)
		}
	}
}

func TestASecondStartFindsEverything(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	ask(t, first, "POST", "/notes", form, "title=Remember&body=me")
	if w := ask(t, open(t, dir), "GET", "/search?q=Remember", "", ""); !strings.Contains(w.Body.String(), "<h2>Remember</h2>") {
		t.Fatal("the note is gone")
	}
}

func TestManyAtOnce(t *testing.T) {
	a := open(t, t.TempDir())
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			if i%2 == 0 {
				ask(t, a, "POST", "/notes", form, "title=x&body=y")
			}
			if w := ask(t, a, "GET", "/search?q=milk", "", ""); w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
}
