package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// clause is a condition on events, as e. A counted one names only columns that the minutes have too.
type clause struct {
	sql     string
	args    []any
	counted bool
}

// never is the clause that nothing satisfies.
var never = clause{sql: "0", counted: true}

// turned gives the clause's opposite. No column of a clause is NULL when it is turned: what could be is tested first.
func (c clause) turned() clause {
	c.sql = "NOT (" + c.sql + ")"
	return c
}

// clause translates one term, before it is turned around.
func (f *file) clause(ctx context.Context, t term) (clause, error) {
	if t.field == nil {
		return clause{sql: "e.row IN (SELECT rowid FROM words WHERE words MATCH ?)", args: []any{match(t)}}, nil
	}
	column := "e." + t.field.column
	c := clause{counted: t.field.counted}
	switch t.field.form {
	case formName:
		switch {
		case t.anything():
			c.sql = column + " <> 0"
		case t.pattern:
			c.sql, c.args = column+" IN (SELECT id FROM names WHERE name GLOB ?)", []any{glob(t.value)}
		default:
			id, err := f.nameID(ctx, t.value)
			if err != nil {
				return clause{}, err
			}
			if id == 0 {
				return never, nil
			}
			c.sql, c.args = column+" = ?", []any{id}
		}
	case formText:
		switch {
		case t.anything():
			c.sql = column + " IS NOT NULL"
		case t.pattern:
			c.sql, c.args = "ifnull("+column+" GLOB ?, 0)", []any{glob(t.value)}
		default:
			c.sql, c.args = "ifnull("+column+" = ?, 0)", []any{t.value}
		}
	case formRule:
		switch {
		case t.anything():
			c.sql = "e.rules IS NOT NULL"
		case t.pattern:
			c.sql, c.args = "e.row IN (SELECT row FROM rules WHERE rule IN (SELECT id FROM names WHERE name GLOB ?))", []any{glob(t.value)}
		default:
			id, err := f.nameID(ctx, t.value)
			if err != nil {
				return clause{}, err
			}
			if id == 0 {
				return never, nil
			}
			c.sql, c.args = "EXISTS (SELECT 1 FROM rules WHERE rule = ? AND rules.row = e.row)", []any{id}
		}
	case formAddress:
		if t.anything() {
			c.sql = "e.client IS NOT NULL"
			break
		}
		low, high := t.range16()
		c.sql, c.args = "ifnull(e.client BETWEEN ? AND ?, 0)", []any{low[:], high[:]}
	case formID:
		c.sql, c.args = "e.uid = ?", []any{t.id[:]}
	default:
		c.sql, c.args = column+" BETWEEN ? AND ?", []any{t.low, t.high}
		if t.anything() {
			c.sql, c.args = column+" <> 0", nil
		}
	}
	return c, nil
}

// nameID gives the number of a word that repeats; 0 when it does not stand in this day.
func (f *file) nameID(ctx context.Context, name string) (id int64, err error) {
	err = f.read.QueryRowContext(ctx, "SELECT id FROM names WHERE name = ?", name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find name: %w", err)
	}
	return id, nil
}

// match is a free word in FTS5's language: a phrase in quotes, within which nothing is an operator.
func match(t term) string {
	phrase := `"` + strings.ReplaceAll(strings.TrimSuffix(t.value, star(t)), `"`, `""`) + `"`
	return phrase + star(t)
}

// pathMatch is what the text index can say of a path, or of its beginning: its words, in their order. Empty where that
// is nothing, or where this would have to know more of letters than those of ASCII. The column itself is asked too.
func pathMatch(t term) string {
	if t.field.Name != "path" {
		return ""
	}
	text, cutOff := t.value, false
	if t.pattern {
		text, _, cutOff = strings.Cut(t.value, "*")
	}
	word := func(r rune) bool { return r < utf8.RuneSelf && searchable(r) }
	if strings.IndexFunc(text, word) < 0 || strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		return ""
	}
	phrase := `path : "` + strings.ReplaceAll(text, `"`, `""`) + `"`
	if cutOff && word(rune(text[len(text)-1])) {
		phrase += "*"
	}
	return phrase
}

func star(t term) string {
	if t.pattern {
		return "*"
	}
	return ""
}

// glob is a pattern in SQLite's language, in which ? and [ mean something too.
func glob(pattern string) string {
	return strings.NewReplacer("?", "[?]", "[", "[[]").Replace(pattern)
}
