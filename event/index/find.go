package index

import (
	"context"
	"strings"
	"time"
)

// find gives up to n rows, in order.
func (f *file) find(ctx context.Context, p *plan, r rows, oldestFirst bool, n int) ([]Row, error) {
	if _, _, narrows := p.whereMinutes(r); p.leads() || !narrows {
		return f.findIn(ctx, p, r, oldestFirst, n)
	}
	var found []Row
	for len(found) < n && r.from < r.to {
		stretches, err := f.stretches(ctx, p, &r, oldestFirst)
		if err != nil {
			return nil, err
		}
		for _, s := range stretches {
			list, err := f.findIn(ctx, p, s, oldestFirst, n-len(found))
			if err != nil {
				return nil, err
			}
			if found = append(found, list...); len(found) == n {
				break
			}
		}
	}
	return found, nil
}

// maxStretch is how many minutes are looked up at once.
const maxStretch = 240

// stretches gives the next rows to look at, in order: those of minutes that have what is counted. It takes them off r.
func (f *file) stretches(ctx context.Context, p *plan, r *rows, oldestFirst bool) ([]rows, error) {
	where, args, _ := p.whereMinutes(*r)
	list, err := f.read.QueryContext(ctx, "SELECT DISTINCT e.minute FROM minutes e WHERE "+where+" ORDER BY e.minute"+order(oldestFirst)+" LIMIT ?", append(args, maxStretch)...) //nolint:gosec // of our own words; values are bound
	if err != nil {
		return nil, err
	}
	defer list.Close() //nolint:errcheck // Err says what went wrong
	var found []rows
	n := 0
	for ; list.Next(); n++ {
		var minute int64
		if err := list.Scan(&minute); err != nil {
			return nil, err
		}
		s := rows{max(minute*minuteRows, r.from), min((minute+1)*minuteRows, r.to)}
		switch last := len(found) - 1; {
		case last >= 0 && found[last].to == s.from:
			found[last].to = s.to
		case last >= 0 && found[last].from == s.to:
			found[last].from = s.from
		default:
			found = append(found, s)
		}
	}
	switch {
	case n < maxStretch:
		*r = rows{}
	case oldestFirst:
		r.from = found[len(found)-1].to
	default:
		r.to = found[len(found)-1].from
	}
	return found, list.Err()
}

func order(oldestFirst bool) string {
	if oldestFirst {
		return ""
	}
	return " DESC"
}

// findIn looks at all the given rows.
func (f *file) findIn(ctx context.Context, p *plan, r rows, oldestFirst bool, n int) ([]Row, error) {
	where, args := p.where(r)
	text := "WITH found (row) AS MATERIALIZED (SELECT " + p.row + " FROM " + p.from + " WHERE " + where + " ORDER BY " + p.row + order(oldestFirst) + " LIMIT ?) " + //nolint:gosec // likewise
		"SELECT o.row, o.uid, o.seq, o.class, o.severity, o.verdict, o.status, o.latency, o.client, ifnull(o.path, ''), ifnull(o.query, ''), ifnull(o.message, ''), ifnull(o.rules, '')" +
		name("node") + name("service") + name("kind") + name("stage") + name("method") + name("host") + name("person") +
		" FROM found CROSS JOIN events o ON o.row = found.row ORDER BY o.row" + order(oldestFirst)
	list, err := f.read.QueryContext(ctx, text, append(args, n)...)
	if err != nil {
		return nil, err
	}
	defer list.Close() //nolint:errcheck // Err says what went wrong
	var found []Row
	for list.Next() {
		o := Row{day: f.day}
		var uid, client []byte
		var latency int64
		var rules string
		if err := list.Scan(&o.row, &uid, &o.Seq, &o.Class, &o.Severity, &o.Verdict, &o.Status, &latency, &client, &o.Path, &o.Query, &o.Message, &rules,
			&o.Node, &o.Service, &o.Kind, &o.Stage, &o.Method, &o.Host, &o.Person); err != nil {
			return nil, err
		}
		copy(o.ID[:], uid)
		o.Time, o.Latency, o.Client = time.UnixMicro(microsOf(f.day, o.row)).UTC(), time.Duration(latency)*time.Microsecond, addressOf(client)
		o.Rules = strings.Fields(rules)
		found = append(found, o)
	}
	return found, list.Err()
}

// name reads a word that repeats.
func name(column string) string {
	return ", ifnull((SELECT name FROM names WHERE id = o." + column + "), '')"
}
