package index

import (
	"context"
	"database/sql"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/tenward/tenward/event"
)

// pace is one combination of a route and how long it took, within one minute of a day. How long requests take is counted
// while rows are written, as the minutes are: looking at each row of a busy hour would take seconds.
type pace struct {
	at, service, method, route int64
	failed                     int64 // 1: the answer was a 5xx
	bucket                     int64
}

// paceBuckets reach from a millisecond to about an hour, and grow by a quarter of their power of two.
const paceBuckets = 4 * 22

// paceOf is the bucket of a duration in microseconds; all below a millisecond are in the first.
func paceOf(micros int64) int64 {
	n := uint64(max(micros, 0)) / 256
	if n < 4 {
		return 0
	}
	e := bits.Len64(n) - 1
	return min(paceBuckets-1, int64(e-2)*4+int64(n>>(e-2)&3)+1)
}

// paceBound is the first duration of a bucket.
func paceBound(bucket int64) time.Duration {
	if bucket <= 0 {
		return 0
	}
	e, quarter := (bucket-1)/4, (bucket-1)%4
	return time.Duration((4+quarter)<<e*256) * time.Microsecond
}

// pace notes how long a new row took. What was refused never reached its route, and what Tenward tries on itself is
// answered in its place.
func (w *feeding) pace(m minute, method, route int64, e *event.Event) {
	if route == 0 || m.run != 0 || e.Verdict == event.Refused {
		return
	}
	p := pace{at: m.at, service: m.service, method: method, route: route, bucket: paceOf(e.HTTP.Duration.Microseconds())}
	if m.status/100 == 5 {
		p.failed = 1
	}
	w.paces[p]++
}

// countPaces adds the new rows of a transaction.
func (w *feeding) countPaces(ctx context.Context, tx *sql.Tx) error {
	if len(w.paces) == 0 {
		return nil
	}
	stmt, err := tx.PrepareContext(ctx, "INSERT INTO paces (minute, service, method, route, failed, bucket, n) VALUES (?, ?, ?, ?, ?, ?, ?)"+
		" ON CONFLICT DO UPDATE SET n = n + excluded.n")
	if err != nil {
		return fmt.Errorf("count paces: %w", err)
	}
	defer stmt.Close() //nolint:errcheck // the end of the transaction does it too
	for p, n := range w.paces {
		if _, err := stmt.ExecContext(ctx, p.at, p.service, p.method, p.route, p.failed, p.bucket, n); err != nil {
			return fmt.Errorf("count paces: %w", err)
		}
	}
	return nil
}

// route gives the number of an event's route; 0 where it has none, or where the day has as many as it may have.
func (w *feeding) route(ctx context.Context, e *event.Event) (int64, error) {
	text := routeOf(e)
	if text == "" {
		return 0, nil
	}
	if w.f.routes == nil {
		if err := w.knownRoutes(ctx); err != nil {
			return 0, err
		}
	}
	if id, ok := w.f.routes[text]; ok {
		return id, nil
	}
	if len(w.f.routes) >= maxRoutes {
		return 0, nil
	}
	id, err := w.name(ctx, text)
	if err != nil {
		return 0, err
	}
	if _, err := w.tx.ExecContext(ctx, "INSERT INTO routes (route) VALUES (?) ON CONFLICT DO NOTHING", id); err != nil {
		return 0, fmt.Errorf("route %q: %w", text, err)
	}
	w.f.routes[text] = id
	return id, nil
}

// knownRoutes reads which routes the day has.
func (w *feeding) knownRoutes(ctx context.Context) error {
	list, err := w.tx.QueryContext(ctx, "SELECT n.name, r.route FROM routes r JOIN names n ON n.id = r.route")
	if err != nil {
		return fmt.Errorf("read routes: %w", err)
	}
	defer list.Close() //nolint:errcheck // Err says what went wrong
	known := map[string]int64{}
	for list.Next() {
		var name string
		var id int64
		if err := list.Scan(&name, &id); err != nil {
			return fmt.Errorf("read routes: %w", err)
		}
		known[name] = id
	}
	w.f.routes = known
	return list.Err()
}

// Pace is how long the requests of one route took that were not refused, and no part of a run.
type Pace struct {
	Service, Method, Route string
	Count                  int64
	Failed                 int64 // of these, answered with a 5xx

	took [paceBuckets]int64
}

// Quantile is how long the share q of them took at most, wrong by a quarter at most: within a bucket
// they are taken for evenly spread.
func (p *Pace) Quantile(q float64) time.Duration {
	b, share := p.place(q)
	from, to := paceBound(b), paceBound(b+1)
	return from + time.Duration(share*float64(to-from))
}

// Around is where the bucket of a quantile begins: the slowest of them took so long or longer.
func (p *Pace) Around(q float64) time.Duration {
	b, _ := p.place(q)
	return paceBound(b)
}

// place is the bucket of a quantile, and how far in it lies.
func (p *Pace) place(q float64) (bucket int64, share float64) {
	rank, before := q*float64(p.Count), int64(0)
	for b, n := range p.took {
		if n > 0 && float64(before+n) >= rank {
			return int64(b), (rank - float64(before)) / float64(n)
		}
		before += n
	}
	return 0, 0
}

// Paces gives each route that was asked for within whole minutes, in no order. Those of a day are bounded.
func (x *Index) Paces(ctx context.Context, from, to time.Time) ([]Pace, error) {
	type key struct{ service, method, route string }
	all := map[key]*Pace{}
	q := Query{from: from.UTC().Truncate(time.Minute), to: to.UTC().Truncate(time.Minute)}
	err := x.each(ctx, q, false, func(f *file, s span) (bool, error) {
		first, last := (s.from-f.day.micros())/minuteMicros, (s.to-f.day.micros())/minuteMicros
		list, err := f.read.QueryContext(ctx, "WITH found AS (SELECT service, method, route, failed, bucket, sum(n) AS n FROM paces"+
			" WHERE minute >= ? AND minute < ? GROUP BY service, method, route, failed, bucket) SELECT failed, bucket, n"+
			", ifnull((SELECT name FROM names WHERE id = o.service), ''), ifnull((SELECT name FROM names WHERE id = o.method), ''), (SELECT name FROM names WHERE id = o.route) FROM found o", first, last)
		if err != nil {
			return true, err
		}
		defer list.Close() //nolint:errcheck // Err says what went wrong
		for list.Next() {
			var k key
			var failed, bucket, n int64
			if err := list.Scan(&failed, &bucket, &n, &k.service, &k.method, &k.route); err != nil {
				return true, err
			}
			p := all[k]
			if p == nil {
				p = &Pace{Service: k.service, Method: k.method, Route: k.route}
				all[k] = p
			}
			p.Count += n
			p.Failed += failed * n
			p.took[min(max(bucket, 0), paceBuckets-1)] += n
		}
		return true, list.Err()
	})
	if err != nil {
		return nil, err
	}
	paces := make([]Pace, 0, len(all))
	for _, p := range all {
		paces = append(paces, *p)
	}
	return slices.Clip(paces), nil
}
