package index

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// Facet is how often each value of a field stands in what a query finds.
type Facet struct {
	Field  string  `json:"field"`
	Values []Value `json:"values"` // the most frequent first, at most MaxValues
	Others int     `json:"others"` // how many values there are besides
}

// Value is one value of a field, as With takes it, and how many rows the query with it has.
type Value struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// MaxValues is how many values of one field are named.
const MaxValues = 20

// maxGroups is how many values of one field are counted; it bounds memory.
const maxGroups = 100_000

// Facets counts the values of fields in what a query finds. Rows without a value are not among them.
func (x *Index) Facets(ctx context.Context, q Query, names ...string) ([]Facet, error) {
	facets := make([]Facet, len(names))
	var together []*Field // those that the minutes can answer are asked for at once
	counts := make([]map[string]int64, len(names))
	for i, name := range names {
		f := fieldNamed(name)
		if f == nil || !f.Faceted {
			return nil, noFacet(name)
		}
		counts[i] = map[string]int64{}
		if f.counted {
			together = append(together, f)
		}
	}
	if len(together) > 0 {
		if err := x.countTogether(ctx, q, together, func(f *Field, value string, n int64) {
			for i, name := range names {
				if name == f.Name {
					counts[i][value] += n
				}
			}
		}); err != nil {
			return nil, err
		}
	}
	for i, name := range names {
		if f := fieldNamed(name); !f.counted {
			if err := x.countAlone(ctx, q, f, counts[i]); err != nil {
				return nil, err
			}
		}
		facets[i] = top(name, counts[i])
	}
	return facets, nil
}

func noFacet(name string) error {
	var can []string
	for _, f := range fields {
		if f.Faceted {
			can = append(can, f.Name)
		}
	}
	next := "Ask for another field."
	if near := config.Nearest(name, can); near != "" {
		next = fmt.Sprintf("Did you mean %s?", near)
	}
	return problem.New("index.facets.field", fmt.Sprintf("The values of %s are not counted.", token{text: name}.shown()), next)
}

// top puts the values into order and names the first of them.
func top(name string, counts map[string]int64) Facet {
	list := make([]Value, 0, len(counts))
	for v, n := range counts {
		list = append(list, Value{v, n})
	}
	slices.SortFunc(list, func(a, b Value) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value)) })
	most := min(len(list), MaxValues)
	return Facet{Field: name, Values: list[:most:most], Others: len(list) - most}
}

// countTogether counts the values of several fields in one pass over each day.
func (x *Index) countTogether(ctx context.Context, q Query, list []*Field, add func(*Field, string, int64)) error {
	columns := make([]string, len(list))
	for i, f := range list {
		columns[i] = "e." + f.column
	}
	return x.each(ctx, q, false, func(f *file, s span) (bool, error) {
		p, err := f.plan(ctx, q)
		if err != nil || p.never {
			return true, err
		}
		counts := make([]map[int64]int64, len(list))
		for i := range counts {
			counts[i] = map[int64]int64{}
		}
		if err := f.tally(ctx, p, rowsOf(f.day, s), columns, func(values []int64, n int64) error {
			for i, v := range values {
				counts[i][v] += n
			}
			return nil
		}); err != nil {
			return true, err
		}
		for i, field := range list {
			for v, n := range counts[i] {
				text, err := f.valueText(ctx, field, v)
				if err != nil {
					return true, err
				}
				if text != "" {
					add(field, text, n)
				}
			}
		}
		return true, nil
	})
}

// valueText is a column's number as a query names it; empty for what is no value.
func (f *file) valueText(ctx context.Context, field *Field, v int64) (text string, err error) {
	switch {
	case field.form != formName:
		if field.form == formStatus && v == 0 {
			return "", nil
		}
		return field.text(v), nil
	case v == 0:
		return "", nil
	}
	if err = f.read.QueryRowContext(ctx, "SELECT name FROM names WHERE id = ?", v).Scan(&text); err != nil {
		return "", fmt.Errorf("read name: %w", err)
	}
	return text, nil
}

// countAlone counts the values of a field that has many.
func (x *Index) countAlone(ctx context.Context, q Query, field *Field, counts map[string]int64) error {
	return x.each(ctx, q, false, func(f *file, s span) (bool, error) {
		p, err := f.plan(ctx, q)
		if err != nil || p.never {
			return true, err
		}
		where, args := p.where(rowsOf(f.day, s))
		switch field.form {
		case formName:
			return true, f.groupText(ctx, "SELECT (SELECT name FROM names WHERE id = e."+field.column+"), count(*) FROM "+p.from+
				" WHERE "+where+" AND e."+field.column+" <> 0 GROUP BY e."+field.column, args, field, x.groups, counts)
		case formRule:
			text, args := p.rules(rowsOf(f.day, s))
			return true, f.groupText(ctx, text, args, field, x.groups, counts)
		default:
			return true, f.groupText(ctx, "SELECT e."+field.column+", count(*) FROM "+p.from+" WHERE "+where+" AND e."+field.column+" IS NOT NULL GROUP BY e."+field.column,
				args, field, x.groups, counts)
		}
	})
}

// rules counts what matched. Where no word of the query leads, the rules do: few events have one.
func (p *plan) rules(r rows) (text string, args []any) {
	const each = "SELECT (SELECT name FROM names WHERE id = v.rule), count(*) FROM rules v "
	where, args := p.where(r)
	switch {
	case p.leads():
		return "WITH found (row) AS MATERIALIZED (SELECT " + p.row + " FROM " + p.from + " WHERE " + where + " AND e.rules IS NOT NULL) " +
			each + "WHERE v.row IN found GROUP BY v.rule", args
	case len(p.clauses) > 0:
		return each + "CROSS JOIN events e ON e.row = v.row WHERE v.row >= ? AND v.row < ? AND " + where + " GROUP BY v.rule", append([]any{r.from, r.to}, args...)
	default:
		return each + "WHERE v.row >= ? AND v.row < ? GROUP BY v.rule", []any{r.from, r.to}
	}
}

// groupText adds up counts by value, of up to most values.
func (f *file) groupText(ctx context.Context, text string, args []any, field *Field, most int, counts map[string]int64) error {
	list, err := f.read.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer list.Close() //nolint:errcheck // Err says what went wrong
	for list.Next() {
		var value []byte
		var n int64
		if err := list.Scan(&value, &n); err != nil {
			return err
		}
		text := string(value)
		if field.form == formAddress {
			text = addressText(addressOf(value))
		}
		if counts[text] += n; len(counts) > most {
			return ErrMany
		}
	}
	return list.Err()
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
