package caddyfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenward/tenward/convert"
	"github.com/tenward/tenward/convert/caddyfile"
	"github.com/tenward/tenward/convert/converttest"
	"github.com/tenward/tenward/problem"
)

func TestExamplesAreTranslated(t *testing.T) { converttest.Translates(t, "Caddyfile", caddyfile.Read) }

func TestWhatIsNoConfigurationIsSaidWithItsPlace(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"no end of a block", "a.example.com {\n  log\n", "Caddyfile:1: a block has no end"},
		{"a block that nobody began", "a.example.com {\n}\n}\n", "Caddyfile:3: a } stands here, and no block is open"},
		{"no end of a quote", "a.example.com\nheader \"x\n", "Caddyfile:2: a quote has no end"},
		{"no end of a raw quote", "a.example.com\nheader `x\n", "Caddyfile:2: a quote has no end"},
		{"no end of a snippet", "(x) {\n log\n", "Caddyfile:1: the snippet (x) has no end"},
		{"a text over lines", "a.example.com\nrespond <<END\nx\nEND\n", "Caddyfile:2: a text over several lines (<<) is not read"},
		{"too deep", strings.Repeat("a {\n", 40), "stand in each other too deeply"},
		{"a snippet that imports itself", "(x) {\n import x\n}\na.example.com {\n import x\n}\n", "stand in each other too deeply"},
		{"a file that imports itself", "import Caddyfile\n", "stand in each other too deeply"},
		{"snippets that double each time", doubling(), "all that is imported goes on for too long"},
		{"an import of nothing", "import\n", "Caddyfile:1: import names nothing"},
		{"a zero byte", "a\x00b\n", "a zero byte stands here"},
		{"a file that is not there", "import nowhere\n", "nowhere cannot be read"},
		{"a word without end", "a " + strings.Repeat("x", 10_000), "a word goes on for too long"},
		{"too many words", strings.Repeat("a b c\n", 20_000), "goes on for too long"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "Caddyfile")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := caddyfile.Read(file, convert.Disk{})
			if p := problem.Of(err); err == nil || !strings.Contains(p.Sentence, tt.want) || p.Next == "" {
				t.Errorf("it says %v, want %s", err, tt.want)
			}
		})
	}
}

// doubling is a chain of snippets of which each takes the one before twice: a small file, and a large result.
func doubling() string {
	var b strings.Builder
	b.WriteString("(s0) {\n " + strings.Repeat("x", 4000) + "\n}\n")
	for i := range 14 {
		fmt.Fprintf(&b, "(s%d) {\n import s%d\n import s%d\n}\n", i+1, i, i)
	}
	b.WriteString("a.example.com {\n import s14\n}\n")
	return b.String()
}
