package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"

	"github.com/tenward/tenward/console/ui/chart"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

// maxTodo is how many things are shown that need somebody now: more are a list that nobody reads.
const maxTodo = 3

// overview is how everything stands.
type overview struct {
	*evidence.Posture
	Todo []todo `json:"todo"` // what needs somebody now, the worst first
	More int    `json:"more"` // how many there are besides
	*traffic
	LastHour []figure `json:"last_hour"` // what became of requests
	Week     week     `json:"week"`      // what was refused, by hour

	Tens []standing `json:"-"`
}

// todo is a check that somebody must look at.
type todo struct {
	Check    string          `json:"check"`
	Status   practice.Status `json:"status"`
	Title    string          `json:"title"`
	Sentence string          `json:"sentence"`
	Fix      string          `json:"fix"`

	It asked `json:"-"`
}

func (c *Console) loadOverview(ctx context.Context, _ url.Values) (any, error) {
	p, err := c.o.Evidence.Posture(ctx)
	if err != nil {
		return nil, err
	}
	t, err := c.traffic(ctx)
	if err != nil {
		return nil, err
	}
	hour, err := c.lastHour(ctx)
	if err != nil {
		return nil, err
	}
	week, err := c.weeks.of(ctx)
	if err != nil {
		return nil, err
	}
	o := &overview{Posture: p, traffic: t, Todo: []todo{}, LastHour: hour, Week: week}
	for _, s := range p.Practices {
		o.Tens = append(o.Tens, standing{s, p.At})
	}
	all := needs(p)
	for _, a := range all[:min(len(all), maxTodo)] {
		o.Todo = append(o.Todo, todo{Check: a.ID, Status: a.Status, Title: a.Title, Sentence: a.Says(), Fix: a.Fix, It: a})
	}
	o.More = len(all) - len(o.Todo)
	return o, nil
}

// needs are the checks that do not pass: what fails first, then what nobody knows, and what weighs more first.
func needs(p *evidence.Posture) []asked {
	var all []asked
	for i := range p.Practices {
		for _, a := range p.Practices[i].Checks {
			if a.Status != practice.Pass {
				all = append(all, asked{Asked: a, Practice: p.Practices[i].Title, now: p.At})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b asked) int {
		return cmp.Or(cmp.Compare(slices.Index(ranks[:], a.Status), slices.Index(ranks[:], b.Status)), cmp.Compare(b.Weight, a.Weight))
	})
	return all
}

// Ring draws the ten.
func (o *overview) Ring() template.HTML {
	r := chart.Ring{ID: "score", Title: "Score", Number: strconv.Itoa(o.Score.Percent()), Under: "of 100"}
	words := map[string]int{}
	for i := range o.Tens {
		pill := o.Tens[i].Pill()
		r.Segments = append(r.Segments, pill.Class)
		words[pill.Word]++
	}
	r.Desc = fmt.Sprintf("%d %% proven. Of %d practices %d are proven, %d warn, %d fail, %d are unknown and %d are not assessed.", o.Score.Percent(),
		len(o.Tens), words["Proven"], words["Warning"], words["Failing"], words["Unknown"], words["Not assessed"])
	return r.HTML()
}

// Assessed is how many practices are assessed.
func (o *overview) Assessed() int {
	n := 0
	for i := range o.Tens {
		if o.Tens[i].Assessed {
			n++
		}
	}
	return n
}

// Having is how many checks of all practices stand so.
func (o *overview) Having(status string) int { return having(o.Posture, status) }

func having(p *evidence.Posture, status string) int {
	n := 0
	for i := range p.Practices {
		n += count(p.Practices[i].Checks, status)
	}
	return n
}
