package app

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
)

// block gives the README's first block of this kind.
func block(t *testing.T, kind string) string {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindSubmatch(readme)
	if found == nil {
		t.Fatalf("the README has no %s block", kind)
	}
	return string(found[1])
}

// load reads this text as tenward.yaml.
func load(t *testing.T, text string) error {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("tenward.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := loadConfig("tenward.yaml", config.Options{KeepReferences: true})
	return err
}

func TestTheReadmesConfigurationIsValid(t *testing.T) {
	if err := load(t, block(t, "yaml")); err != nil {
		t.Error(err)
	}
}

func TestTheReadmesConfigurationIsValidWithTheSecretItShows(t *testing.T) {
	if err := load(t, strings.Replace(block(t, "yaml"), "# store:", "store:", 1)); err != nil {
		t.Error(err)
	}
}

func TestTheReadmesMistakeIsSaidAsTheReadmeSays(t *testing.T) {
	shown := block(t, "console")
	err := load(t, strings.Replace(block(t, "yaml"), "mode: block", "mode: blok", 1))
	var invalid *config.Invalid
	if !errors.As(err, &invalid) {
		t.Fatalf("the mistake was not found: %v", err)
	}
	var said bytes.Buffer
	(&terminal{err: &said}).complain(invalid)
	if _, want, _ := strings.Cut(shown, "\n"); said.String() != want {
		t.Errorf("it says\n%s\nthe README says\n%s", &said, want)
	}
}

func TestTheReadmesLinesToPasteAreTheDemos(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.NewReplacer("{{.Application}}", "https://notes.localhost:8443", "{{.Portal}}", "https://login.localhost:8443", "{{.CA}}", ".tenward/ca.pem", "{{.Program}}", "go run .", "{{.Config}}", "")
	pasted := 0
	for line := range strings.SplitSeq(lines.Replace(demoText), "\n") {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "curl ") || strings.HasPrefix(line, "go run ") {
			pasted++
			if !bytes.Contains(readme, []byte("\n"+line+"\n")) {
				t.Errorf("the README lacks the demo's line %s", line)
			}
		}
	}
	if pasted != 6 {
		t.Errorf("the demo prints %d lines to paste, want 6", pasted)
	}
}
