package docs_test

import (
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	// code is what links nowhere: fenced blocks and what stands between backticks.
	code = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	// link is [text](target) or ![text](target "title").
	link = regexp.MustCompile(`\]\(([^()\s]+)(?:\s+"[^"]*")?\)`)
	// heading is a line that a fragment can lead to.
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
)

func TestEveryRelativeLinkLeadsToSomething(t *testing.T) {
	all := documents(t)
	for file, text := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			if why := broken(file, m[1], all); why != "" {
				t.Errorf("%s links to %s: %s", file, m[1], why)
			}
		}
	}
}

// broken says why a link in file leads nowhere; empty when it leads somewhere, or out of the repository.
func broken(file, target string, all map[string]string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "it cannot be read"
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	to := file
	if u.Path != "" {
		to = path.Join(path.Dir(file), u.Path)
	}
	if strings.HasPrefix(u.Path, "/") || !fs.ValidPath(to) {
		return "it leads out of the repository"
	}
	if _, err := fs.Stat(root, to); err != nil {
		return "there is no " + to
	}
	if u.Fragment != "" && !slices.Contains(anchors(all[to]), u.Fragment) {
		return to + " has no such heading"
	}
	return ""
}

// anchors are the fragments of a document's headings, as code hosts make them.
func anchors(text string) []string {
	var list []string
	for _, m := range heading.FindAllStringSubmatch(code.ReplaceAllStringFunc(text, keepInline), -1) {
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-', r == '_', r >= 'a' && r <= 'z', r >= '0' && r <= '9', r > 127:
				return r
			}
			return -1
		}, strings.ToLower(m[1])))
	}
	return list
}

// keepInline drops fenced blocks, in which a # begins a comment, and keeps what stands between single backticks.
func keepInline(s string) string {
	if strings.HasPrefix(s, "```") {
		return ""
	}
	return s
}

func TestLinksThatAreBrokenAreSeen(t *testing.T) {
	all := map[string]string{"docs/dependencies.md": "# Dependencies\n```\n# not one\n```\n## What `kong` does: it parses\n"}
	tests := []struct {
		name, file, target string
		broken             bool
	}{
		{"a file beside it", "docs/a.md", "dependencies.md", false},
		{"a file above it", "docs/a.md", "../main.go", false},
		{"a folder", "README.md", "docs/decisions/", false},
		{"a heading", "docs/a.md", "dependencies.md#what-kong-does-it-parses", false},
		{"another site", "docs/a.md", "https://example.com/x#y", false},
		{"a file that is not there", "docs/a.md", "none.md", true},
		{"a heading that is not there", "docs/a.md", "dependencies.md#none", true},
		{"a comment in a block of code is no heading", "docs/a.md", "dependencies.md#not-one", true},
		{"out of the repository", "docs/a.md", "../../x.md", true},
		{"from the machine's root", "docs/a.md", "/etc/passwd", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if why := broken(tt.file, tt.target, all); (why != "") != tt.broken {
				t.Fatalf("%s links to %s: %q", tt.file, tt.target, why)
			}
		})
	}
}
