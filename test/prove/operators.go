package main

import (
	"go/ast"
	"go/token"
)

// mutation is one fault: the bytes from begin to end are replaced.
type mutation struct {
	file       string
	line       int
	begin, end int
	text       string
	what       string
}

// swapped turns an operator into the one whose confusion is the likeliest mistake.
var swapped = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD,
}

// mutationsOf lists every fault that the operators can make in a file.
func mutationsOf(fset *token.FileSet, name string, file *ast.File) []mutation {
	var list []mutation
	add := func(from, to token.Pos, text, what string) {
		at := fset.Position(from)
		list = append(list, mutation{name, at.Line, at.Offset, fset.Position(to).Offset, text, what})
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.CONST || n.Tok == token.VAR // not imports and types
		case *ast.IfStmt:
			add(n.Cond.Pos(), n.Cond.Pos(), "!(", "the condition is turned round")
			list[len(list)-1].text = "\x00" // completed below: two places at once
			list[len(list)-1].end = fset.Position(n.Cond.End()).Offset
		case *ast.BinaryExpr:
			if to, ok := swapped[n.Op]; ok && !isText(n) {
				add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to.String(), n.Op.String()+" becomes "+to.String())
			}
		case *ast.ExprStmt:
			if _, ok := n.X.(*ast.CallExpr); ok {
				add(n.Pos(), n.End(), "", "a call is left out")
			}
		case *ast.IncDecStmt:
			add(n.Pos(), n.End(), "", "a count is left out")
		case *ast.BasicLit:
			if n.Kind == token.INT && n.Value != "0" {
				add(n.Pos(), n.End(), "("+n.Value+"+1)", n.Value+" becomes one more")
			}
		}
		return true
	})
	return list
}

// isText says whether a + joins texts: a minus would not compile.
func isText(n *ast.BinaryExpr) bool {
	if n.Op != token.ADD {
		return false
	}
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			found = true
		}
		return !found
	})
	return found
}

// apply gives the file's text with the fault in it.
func (m mutation) apply(src []byte) []byte {
	text := m.text
	if text == "\x00" {
		text = "!(" + string(src[m.begin:m.end]) + ")"
	}
	return append(append(append([]byte{}, src[:m.begin]...), text...), src[m.end:]...)
}
