package config

import (
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func itoa(i int) string { return strconv.Itoa(i) }

// position gives a node's line and column, inside the file whatever the parser says.
func (d *decoder) position(n ast.Node) (line, column int) {
	line, column = 1, 1
	if m, ok := n.(*ast.MappingValueNode); ok {
		n = m.Key
	}
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && m.Start != nil && m.Start.Value != "{" {
		n = m.Values[0].Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		line, column = clampLine(t.Position.Line, len(d.invalid.lines)), max(t.Position.Column, 1)
	}
	return line, column
}

func (d *decoder) note(n ast.Node, path string) {
	p := d.source.places[path]
	p.line, p.column = d.position(n)
	d.source.places[path] = p
}

func (d *decoder) noteKey(key ast.Node, path string) {
	p := d.source.places[path]
	p.keyLine, p.keyColumn = d.position(key)
	d.source.places[path] = p
}

func (d *decoder) add(i Issue) { d.invalid.Issues = append(d.invalid.Issues, i) }

// complain about a node.
func (d *decoder) complain(n ast.Node, path, mend, sentence string) {
	line, column := d.position(n)
	d.failed[path] = true
	d.add(Issue{Line: line, Column: column, Path: path, Sentence: sentence, Mend: mend})
}

// complainAt complains about a path: at its value, else at the nearest thing around it that the file has.
func (d *decoder) complainAt(path, mend, sentence string) {
	d.failed[path] = true
	issue := Issue{Line: 1, Column: 1, Path: path, Sentence: sentence, Mend: mend}
	for p := path; ; p = parent(p) {
		if at, ok := d.source.places[p]; ok {
			issue.Line, issue.Column = at.line, at.column
			if p != path && at.keyLine > 0 {
				issue.Line, issue.Column = at.keyLine, at.keyColumn
			}
			break
		}
		if p == "" {
			break
		}
	}
	d.add(issue)
}

func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }
