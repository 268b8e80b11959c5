package index

import (
	"context"
	"fmt"
	"strings"
)

// plan is a query as one day's file understands it.
type plan struct {
	day     Day
	from    string   // the tables, the one that leads first: its rows come in order
	row     string   // its column with the row's number
	lead    []clause // what its rows satisfy
	clauses []clause // what all rows satisfy
	never   bool     // nothing in this day does
	counted bool     // the minutes can answer it alone
	ordered bool     // the table that leads gives its rows in order by itself
}

// The ranks of what may lead, the best last.
const (
	nothing = iota
	byNetwork
	byText
	byRule
	byClient
	byPerson
)

// fewRows is how many rows of a network are put into order rather than looking for them in order.
const fewRows = 20_000

// plan translates a query. The word leads that is likely to find the fewest rows; the others are tested on these.
func (f *file) plan(ctx context.Context, q Query) (*plan, error) {
	p := &plan{day: f.day, counted: true, ordered: true, from: "events e NOT INDEXED", row: "e.row"}
	rank := nothing
	var texts, paths []string
	for _, t := range q.terms {
		c, err := f.clause(ctx, t)
		if err != nil {
			return nil, err
		}
		if t.not {
			p.clauses = append(p.clauses, c.turned())
			p.counted = p.counted && c.counted
			continue
		}
		p.never = p.never || c.sql == never.sql
		p.counted = p.counted && c.counted
		if t.field == nil {
			texts = append(texts, match(t))
			continue
		}
		p.clauses = append(p.clauses, c)
		if text := pathMatch(t); text != "" {
			paths = append(paths, text)
		}
		as, err := f.rank(ctx, t)
		if err != nil {
			return nil, err
		}
		if as <= rank {
			continue
		}
		rank = as
		switch as {
		case byPerson:
			p.from, p.row, p.lead = "events e INDEXED BY events_person", "e.row", []clause{{sql: "e.person <> 0"}}
		case byClient, byNetwork:
			low, high := t.range16()
			p.from, p.row, p.lead = "events e INDEXED BY events_client", "e.row", []clause{{sql: "e.client BETWEEN ? AND ?", args: []any{low[:], high[:]}}}
			if as == byClient {
				p.lead = []clause{{sql: "e.client = ?", args: []any{low[:]}}}
			}
		case byRule:
			p.from, p.row, p.lead = "rules r CROSS JOIN events e ON e.row = r.row", "r.row", []clause{{sql: "r.rule = ?", args: c.args}}
		}
	}
	p.ordered = rank != byNetwork
	if rank < byText && len(texts)+len(paths) > 0 {
		p.from, p.row, p.ordered = "words CROSS JOIN events e ON e.row = words.rowid", "words.rowid", true
		p.lead = []clause{{sql: "words MATCH ?", args: []any{strings.Join(append(texts, paths...), " AND ")}}}
	} else if len(texts) > 0 {
		p.clauses = append(p.clauses, clause{sql: "e.row IN (SELECT rowid FROM words WHERE words MATCH ?)", args: []any{strings.Join(texts, " AND ")}})
	}
	return p, nil
}

// rank says how well a term leads.
func (f *file) rank(ctx context.Context, t term) (int, error) {
	switch {
	case t.pattern || t.compare != "":
		return nothing, nil
	case t.field.Name == "person":
		return byPerson, nil
	case t.field.form == formRule:
		return byRule, nil
	case t.field.form == formAddress && t.network.IsSingleIP():
		return byClient, nil
	case t.field.form == formAddress:
		var n int
		low, high := t.range16()
		err := f.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM events INDEXED BY events_client WHERE client BETWEEN ? AND ? LIMIT ?)", low[:], high[:], fewRows).Scan(&n)
		if err != nil {
			return nothing, fmt.Errorf("count network: %w", err)
		}
		if n < fewRows {
			return byNetwork, nil
		}
	}
	return nothing, nil
}

// leads says whether a word of the query leads, and not time alone.
func (p *plan) leads() bool { return len(p.lead) > 0 }

// rows are numbers of rows within a day, the end not included.
type rows struct{ from, to int64 }

func rowsOf(d Day, s span) rows { return rows{rowAt(d, s.from), rowAt(d, s.to)} }

// where is the condition for some rows, with its values.
func (p *plan) where(r rows) (string, []any) {
	conditions := []string{p.row + " >= ? AND " + p.row + " < ?"}
	args := []any{r.from, r.to}
	for _, list := range [][]clause{p.lead, p.clauses} {
		for _, c := range list {
			conditions = append(conditions, c.sql)
			args = append(args, c.args...)
		}
	}
	return strings.Join(conditions, " AND "), args
}

// whereMinutes is what of the condition the minutes can tell about those that the rows touch: all of it where the plan
// is counted. Narrows says whether it is more than time.
func (p *plan) whereMinutes(r rows) (where string, args []any, narrows bool) {
	conditions := []string{"e.minute >= ? AND e.minute < ?"}
	args = []any{r.from / minuteRows, (r.to + minuteRows - 1) / minuteRows}
	for _, c := range p.clauses {
		if c.counted {
			narrows = true
			conditions = append(conditions, c.sql)
			args = append(args, c.args...)
		}
	}
	return strings.Join(conditions, " AND "), args, narrows
}

// minuteRows is how many numbers of rows a minute has.
const minuteRows = minuteMicros << tieBits

// daySpan is all of a day.
func daySpan(d Day) span { return span{d.micros(), d.micros() + dayMicros} }
