package config_test

import (
	"encoding"
	"fmt"
	"testing"

	"github.com/tenward/tenward/config"
)

func TestScalars(t *testing.T) {
	tests := []struct {
		into encoding.TextUnmarshaler
		text string
		want string // empty: refused
	}{
		{new(config.Duration), "300ms", "300ms"}, {new(config.Duration), "90s", "1m30s"}, {new(config.Duration), "2h", "2h"},
		{new(config.Duration), "2h30m", "2h30m"}, {new(config.Duration), "13d", "13d"}, {new(config.Duration), "48h", "2d"}, {new(config.Duration), "0s", "0s"},
		{new(config.Duration), "10m", "10m"}, {new(config.Duration), "20h10m", "20h10m"},
		{new(config.Duration), "30", ""}, {new(config.Duration), "-1s", ""}, {new(config.Duration), "", ""}, {new(config.Duration), "99999999d", ""}, {new(config.Duration), "1 s", ""},

		{new(config.Size), "512B", "512B"}, {new(config.Size), "1024B", "1KiB"}, {new(config.Size), "1MiB", "1MiB"}, {new(config.Size), "5MB", "5MB"}, {new(config.Size), "0B", "0B"},
		{new(config.Size), "1", ""}, {new(config.Size), "-1B", ""}, {new(config.Size), "+1B", ""}, {new(config.Size), "1.5MiB", ""}, {new(config.Size), "MiB", ""}, {new(config.Size), "9999999999GiB", ""}, {new(config.Size), "1M", ""},

		{new(config.Listen), ":443", ":443"}, {new(config.Listen), "127.0.0.1:9444", "127.0.0.1:9444"}, {new(config.Listen), "[::1]:1", "[::1]:1"},
		{new(config.Listen), "443", ""}, {new(config.Listen), ":99999", ""}, {new(config.Listen), "host:1", ""}, {new(config.Listen), ":", ""}, {new(config.Listen), ":00443", ""},

		{new(config.HostName), "Notes.Example.com", "notes.example.com"}, {new(config.HostName), "xn--mller-kva.example", "xn--mller-kva.example"}, {new(config.HostName), "localhost", "localhost"},
		{new(config.HostName), "https://x", ""}, {new(config.HostName), "x:443", ""}, {new(config.HostName), "*.x", ""}, {new(config.HostName), "x.", ""}, {new(config.HostName), "müller.example", ""},
		{new(config.HostName), "-x", ""}, {new(config.HostName), "a..b", ""}, {new(config.HostName), "127.0.0.1", ""}, {new(config.HostName), "a_b", ""}, {new(config.HostName), "", ""},

		{new(config.URL), "http://127.0.0.1:3000", "http://127.0.0.1:3000"}, {new(config.URL), "https://app.internal/base", "https://app.internal/base"}, {new(config.URL), "http://[::1]:80", "http://[::1]:80"},
		{new(config.URL), "h2c://127.0.0.1:3000", ""}, {new(config.Upstream), "h2c://127.0.0.1:3000/base", "h2c://127.0.0.1:3000/base"}, {new(config.Upstream), "ws://127.0.0.1:3000", ""}, {new(config.Upstream), "h2c://u:p@x", ""},
		{new(config.URL), "127.0.0.1:3000", ""}, {new(config.URL), "ftp://x", ""}, {new(config.URL), "http://u:p@x", ""}, {new(config.URL), "http://x?q", ""}, {new(config.URL), "http://x/a/../b", ""},
		{new(config.URL), "http://x:0", ""}, {new(config.URL), "http://x:99999", ""}, {new(config.URL), "http://", ""}, {new(config.URL), "http://x/%2f", ""}, {new(config.URL), "http:///x", ""},

		{new(config.PathPattern), "/", "/"}, {new(config.PathPattern), "/a/*/b", "/a/*/b"}, {new(config.PathPattern), "/**", "/**"},
		{new(config.PathPattern), "a", ""}, {new(config.PathPattern), "/a/**/b", ""}, {new(config.PathPattern), "/a*", ""}, {new(config.PathPattern), "/a/../b", ""},
		{new(config.PathPattern), "//a", ""}, {new(config.PathPattern), "/a?b", ""}, {new(config.PathPattern), "/%61", ""}, {new(config.PathPattern), "", ""},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%T %q", tt.into, tt.text), func(t *testing.T) {
			err := tt.into.UnmarshalText([]byte(tt.text))
			if tt.want == "" {
				if err == nil {
					t.Fatalf("%q was taken", tt.text)
				}
				return
			}
			var got string
			switch v := tt.into.(type) {
			case *config.Listen:
				got = string(*v)
			case *config.HostName:
				got = string(*v)
			case *config.PathPattern:
				got = string(*v)
			default:
				got = fmt.Sprint(v)
			}
			if err != nil || got != tt.want {
				t.Fatalf("%q became %q, want %q (%v)", tt.text, got, tt.want, err)
			}
		})
	}
}

func TestPathPatterns(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{"/search", []string{"/search"}, []string{"/search/", "/searches", "/", "", "/Search", "/a/search"}},
		{"/", []string{"/"}, []string{"/a", ""}},
		{"/assets/**", []string{"/assets", "/assets/", "/assets/a", "/assets/a/b.css"}, []string{"/assetsx", "/asset", "/"}},
		{"/**", []string{"/", "/a", "/a/b/c"}, nil},
		{"/a/*/b", []string{"/a/x/b"}, []string{"/a/b", "/a//b", "/a/x/y/b", "/a/x/b/"}},
		{"/a/*", []string{"/a/x"}, []string{"/a/", "/a", "/a/x/y"}},
		{"/a/*/**", []string{"/a/x", "/a/x/y/z"}, []string{"/a", "/a/"}},
	}
	for _, tt := range tests {
		var p config.PathPattern
		if err := p.UnmarshalText([]byte(tt.pattern)); err != nil {
			t.Fatal(err)
		}
		for _, path := range tt.yes {
			if !p.Match(path) {
				t.Errorf("%s does not match %q", tt.pattern, path)
			}
		}
		for _, path := range tt.no {
			if p.Match(path) {
				t.Errorf("%s matches %q", tt.pattern, path)
			}
		}
	}
	p := config.PathPattern("/a/*/**")
	if n := testing.AllocsPerRun(100, func() { p.Match("/a/b/c/d") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
