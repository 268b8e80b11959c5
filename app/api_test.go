package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/openapi"
)

// What the API answers is registered in one place, out of the same list that it is described from. That each part of the
// list really answers, and as it is described, is tested with the whole program (test/door).
func TestNothingIsServedBesidesWhatIsDescribed(t *testing.T) {
	found := 0
	for file := range goFiles(t, "..") {
		name := filepath.ToSlash(file)
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "test/") || strings.HasPrefix(name, "demo/") {
			continue
		}
		for _, pattern := range patternsOf(t, filepath.Join("..", file)) {
			switch {
			case name == "console/api.go" && (strings.Contains(pattern, "one.Path") || strings.Contains(pattern, "actionsBelow")):
				found++
			case name == "app/replace.go" && slices.ContainsFunc(ofProcess(), func(o openapi.Operation) bool { return pattern == strconv.Quote(o.Method+" "+o.Path) }):
			case strings.Contains(pattern, "api") || strings.Contains(pattern, "Below"):
				t.Errorf("%s serves %s, which the description of the API does not know", name, pattern)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d patterns are served out of the description's list, want that of the answers and that of the actions", found)
	}
}

// A route of this face would be served without a word about it.
func TestNoPracticeAnswersProgramsByItself(t *testing.T) {
	for file := range goFiles(t, filepath.Join("..", "practice")) {
		if strings.HasSuffix(file, "_test.go") || strings.HasPrefix(filepath.ToSlash(file), "practicetest/") {
			continue
		}
		parsed := parsedFile(t, filepath.Join("..", "practice", file))
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "API" {
				if of, ok := s.X.(*ast.Ident); ok && of.Name == "practice" {
					t.Errorf("%s has a route of the API, and nothing describes it: make it a page or an action", file)
				}
			}
			return true
		})
	}
}

func parsedFile(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// patternsOf are what a file gives to handlers: the names and texts that each pattern is made of.
func patternsOf(t *testing.T, file string) []string {
	t.Helper()
	var all []string
	ast.Inspect(parsedFile(t, file), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) != 2 {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "Handle" || s.Sel.Name == "HandleFunc") {
			all = append(all, spelt(call.Args[0]))
		}
		return true
	})
	return all
}

// spelt is an expression of texts and names, as far as patterns have them.
func spelt(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Value
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return spelt(e.X) + "." + e.Sel.Name
	case *ast.BinaryExpr:
		return spelt(e.X) + " + " + spelt(e.Y)
	default:
		return ""
	}
}
