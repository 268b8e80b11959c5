package gate

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestNormalisePath(t *testing.T) {
	tests := []struct {
		name, raw, escaped, decoded string
		refused                     bool
	}{
		{name: "root", raw: "/", escaped: "/", decoded: "/"},
		{name: "plain path", raw: "/notes/7", escaped: "/notes/7", decoded: "/notes/7"},
		{name: "hidden file", raw: "/.env", escaped: "/.env", decoded: "/.env"},
		{name: "unreserved escapes are decoded", raw: "/%6eotes%2d1", escaped: "/notes-1", decoded: "/notes-1"},
		{name: "other escapes are kept in upper case", raw: "/a%3ab%c3%a9", escaped: "/a%3Ab%C3%A9", decoded: "/a:bé"},
		{name: "dots are resolved", raw: "/a/./b/../c", escaped: "/a/c", decoded: "/a/c"},
		{name: "encoded dots are dots", raw: "/a/%2e%2E/b", escaped: "/b", decoded: "/b"},
		{name: "trailing dots leave a slash", raw: "/a/b/..", escaped: "/a/", decoded: "/a/"},
		{name: "slashes merge", raw: "//a///b/", escaped: "/a/b/", decoded: "/a/b/"},
		{name: "parameters stay", raw: "/a;v=1/b", escaped: "/a;v=1/b", decoded: "/a;v=1/b"},
		{name: "a space is escaped", raw: "/a b", escaped: "/a%20b", decoded: "/a b"},
		{name: "a percent sign is a name's right", raw: "/100%25.txt", escaped: "/100%25.txt", decoded: "/100%.txt"},
		{name: "three dots are a name", raw: "/.../a", escaped: "/.../a", decoded: "/.../a"},

		{name: "empty", raw: "", refused: true},
		{name: "asterisk form", raw: "*", refused: true},
		{name: "leaves the root", raw: "/../etc/passwd", refused: true},
		{name: "leaves the root late", raw: "/a/../../etc", refused: true},
		{name: "encoded slash", raw: "/a%2fb", refused: true},
		{name: "encoded backslash", raw: "/a%5c..", refused: true},
		{name: "backslash", raw: `/a\..\b`, refused: true},
		{name: "encoded NUL", raw: "/a%00.png", refused: true},
		{name: "encoded line feed", raw: "/a%0ab", refused: true},
		{name: "dots with a parameter", raw: "/public/..;x/admin", refused: true},
		{name: "encoded dots with a parameter", raw: "/public/%2e%2e;/admin", refused: true},
		{name: "double encoding", raw: "/a%252fb", refused: true},
		{name: "half an escape", raw: "/a%2", refused: true},
		{name: "no escape at all", raw: "/a%zz", refused: true},
		{name: "overlong slash", raw: "/a%c0%afb", refused: true},
		{name: "invalid UTF-8", raw: "/a%ff", refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			escaped, decoded, err := normalisePath(tt.raw)
			if tt.refused {
				if !errors.Is(err, errPath) {
					t.Fatalf("normalisePath(%q) = %q, %v; want it refused", tt.raw, escaped, err)
				}
				return
			}
			if err != nil || escaped != tt.escaped || decoded != tt.decoded {
				t.Fatalf("normalisePath(%q) = %q, %q, %v; want %q, %q", tt.raw, escaped, decoded, err, tt.escaped, tt.decoded)
			}
		})
	}
}

func TestPlainPathsCostNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { _, _, _ = normalisePath("/assets/app.2f.css") }); n != 0 {
		t.Fatalf("%v allocations for a plain path, want none", n)
	}
}

func FuzzNormalisePath(f *testing.F) {
	for _, s := range []string{"/", "/a/../b", "/%2e%2e/", "/a;b", "//a", "/a%2fb", "/é", "/a b", "/%25"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		escaped, decoded, err := normalisePath(raw)
		if err != nil {
			return
		}
		for _, p := range []string{escaped, decoded} {
			if p[0] != '/' || strings.Contains(p, "//") || strings.Contains(p+"/", "/../") || strings.Contains(p+"/", "/./") || strings.ContainsAny(p, "\\\x00\r\n") {
				t.Fatalf("normalisePath(%q) let %q through", raw, p)
			}
		}
		if got, err := url.PathUnescape(escaped); err != nil || got != decoded {
			t.Fatalf("%q: escaped %q says %q, decoded says %q (%v)", raw, escaped, got, decoded, err)
		}
		again, _, err := normalisePath(escaped)
		if err != nil || again != escaped {
			t.Fatalf("normalising %q twice gives %q then %q (%v)", raw, escaped, again, err)
		}
		u := url.URL{Path: decoded, RawPath: escaped}
		if u.EscapedPath() != escaped {
			t.Fatalf("net/url would send %q for %q", u.EscapedPath(), escaped)
		}
	})
}
