package index

import (
	"context"

	"github.com/tenward/tenward/event"
)

// Outcome is how many rows of one service had one verdict and one status.
type Outcome struct {
	Service string // empty: of none
	Verdict event.Verdict
	Status  int // 0: no answer
	Count   int64
}

// Outcomes counts what a query finds by what became of it, in no order. An outcome may come several times.
func (x *Index) Outcomes(ctx context.Context, q Query) ([]Outcome, error) {
	var all []Outcome
	service := fieldNamed("service")
	err := x.tally(ctx, q, []string{"e.service", "e.verdict", "e.status"}, func(f *file, values []int64, n int64) error {
		name, err := f.valueText(ctx, service, values[0])
		all = append(all, Outcome{name, event.Verdict(min(max(values[1], 0), int64(event.Errored))), int(values[2]), n})
		return err
	})
	return all, err
}
