package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tenward/tenward/console/ui/chart"
)

// How much of the newest events the traffic page shows.
const (
	latestRows = 20
	maxCauses  = 6
)

// traffic is what comes in now.
type traffic struct {
	Since time.Time `json:"since"` // when counting began
	services
	Step   int     `json:"step_seconds"`
	Points []point `json:"points"` // requests per second, the oldest first
	Causes []cause `json:"causes"` // of what was not let through, among the newest events
	Events []row   `json:"events"` // the newest, newest first

	Recent tally `json:"-"` // over all points
	Of     int   `json:"-"` // how many events the causes are of
}

// cause is why requests were not let through, and how many events say so.
type cause struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

func (c *Console) traffic(ctx context.Context) (*traffic, error) {
	rows, err := c.feed.recent(ctx)
	if err != nil {
		return nil, err
	}
	t := &traffic{
		Since: c.meter.since.UTC(), services: c.services(), Step: int(step.Seconds()),
		Causes: causesOf(rows), Events: rows[:min(len(rows), latestRows)], Of: len(rows),
	}
	t.Points, t.Recent = c.meter.points()
	return t, nil
}

func (c *Console) loadTraffic(ctx context.Context, _ url.Values) (any, error) {
	return c.traffic(ctx)
}

// causesOf counts what stopped requests, the most frequent first. Each number is that of the rows behind its link.
func causesOf(rows []row) []cause {
	at := map[string]int{}
	causes := []cause{}
	for _, r := range rows {
		if r.Cause == "" {
			continue
		}
		i, ok := at[r.Cause]
		if !ok {
			i = len(causes)
			at[r.Cause] = i
			causes = append(causes, cause{Name: r.Cause, Reason: r.Reason})
		}
		causes[i].Count++
	}
	slices.SortStableFunc(causes, func(a, b cause) int { return cmp.Compare(b.Count, a.Count) })
	return causes[:min(len(causes), maxCauses)]
}

// Label is what a person reads: the reason, or the name where there is none.
func (c cause) Label() string { return cmp.Or(c.Reason, c.Name) }

// Link leads to exactly the rows that were counted.
func (c cause) Link() string { return query{Cause: c.Name}.path() }

// Share is the length of a cause's bar: the most frequent one fills its track.
func (t *traffic) Share(c cause) float64 {
	return float64(c.Count) / float64(max(1, t.Causes[0].Count))
}

// Newest are the points with the newest first, as tables have them.
func (t *traffic) Newest() []point {
	points := slices.Clone(t.Points)
	slices.Reverse(points)
	return points
}

// Rate is how many requests a second the newest step had.
func (t *traffic) Rate() string {
	p := t.Points[len(t.Points)-1]
	return fmt.Sprintf("%.1f", p.Passed+p.Refused+p.Errors)
}

// Chart draws the points. A line of nothing but zeros says nothing.
func (t *traffic) Chart() template.HTML {
	passed, refused, failed := make([]float64, len(t.Points)), make([]float64, len(t.Points)), make([]float64, len(t.Points))
	for i, p := range t.Points {
		passed[i], refused[i], failed[i] = p.Passed, p.Refused, p.Errors
	}
	a := chart.Area{
		ID: "rate", Title: "Requests per second, last 5 minutes",
		Desc:   fmt.Sprintf("%d passed, %d were refused, %d failed.", t.Recent.Passed, t.Recent.Refused, t.Recent.Errors),
		Labels: minutesAgo(len(t.Points)),
		Series: []chart.Series{{Class: "a", Values: passed}},
	}
	if t.Recent.Refused > 0 {
		a.Series = append(a.Series, chart.Series{Class: "b", Values: refused})
	}
	if t.Recent.Errors > 0 {
		a.Series = append(a.Series, chart.Series{Class: "c", Values: failed})
	}
	return a.HTML()
}

// minutesAgo labels each whole minute of n points.
func minutesAgo(n int) []string {
	labels := make([]string, n)
	minute := int(time.Minute / step)
	for i := 0; i < n; i += minute {
		labels[i] = strconv.Itoa((n-i)/minute) + " min"
	}
	labels[0] += " ago"
	return labels
}
