package ui_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/console/ui"
)

func TestVisibleSpellsOutWhatHasNoLookOfItsOwn(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain text", "/search?q=milk", "/search?q=milk"},
		{"letters of other languages", "/città/日本/שלום", "/città/日本/שלום"},
		{"line breaks", "a\r\nb\tc", `a\r\nb\tc`},
		{"a terminal's escape", "\x1b[31mred", `\x1b[31mred`},
		{"a second control set", "a\u0085b", `a\x85b`},
		{"a direction override", "exe.\u202egpj", `exe.\u{202e}gpj`},
		{"a direction isolate", "a\u2066b\u2069", `a\u{2066}b\u{2069}`},
		{"zero width", "ad\u200bmin\ufeff", `ad\u{200b}min\u{feff}`},
		{"a space that is none", "a\u00a0b", `a\xa0b`},
		{"invisible tags", "a\U000e0041", `a\u{e0041}`},
		{"bytes that are no text", "a\xff\xfeb", `a\xff\xfeb`},
		{"a replacement character that was sent", "a\ufffdb", "a\ufffdb"},
		{"an accent", "e\u0301", "e\u0301"},
		{"a tower of accents", "e" + strings.Repeat("\u0301", 5), "e" + strings.Repeat("\u0301", 3) + strings.Repeat(`\u{0301}`, 2)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := ui.Plain(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestMarkedMarksEveryMatch(t *testing.T) {
	for _, tt := range []struct {
		name    string
		in      string
		matches []string
		want    []string // what is marked
	}{
		{"nothing to mark", "abc", nil, nil},
		{"an empty match", "abc", []string{""}, nil},
		{"one in the middle", "q=1' OR '1'='1&x=2", []string{"1' OR '1'='1"}, []string{"1' OR '1'='1"}},
		{"twice", "a-a", []string{"a"}, []string{"a", "a"}},
		{"the longest of those that begin together", "abcd", []string{"ab", "abc"}, []string{"abc"}},
		{"with something invisible in it", "x\u202ey", []string{"x\u202ey"}, []string{"x", `\u{202e}`, "y"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range ui.Marked(tt.in, tt.matches) {
				if r.Match {
					got = append(got, r.Text)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("marked %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCutKeepsWholeCharacters(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "äöüß": "äöü…", "abcd": "abc…"} {
		if got := ui.Cut(in, 3); got != want {
			t.Errorf("Cut(%q, 3) = %q, want %q", in, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\u202eb\xff\x00")
	f.Add("e\u0301\u0301\u0301\u0301\U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		got := ui.Plain(s)
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		for _, r := range got {
			if r != ' ' && !unicode.IsPrint(r) {
				t.Fatalf("%U is shown as it is in %q", r, got)
			}
		}
	})
}
