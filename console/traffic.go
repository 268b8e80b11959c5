package console

import (
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
const latestRows = 20

// traffic is what comes in now.
type traffic struct {
	Since time.Time `json:"since"` // when counting began
	services
	Step   int     `json:"step_seconds"`
	Points []point `json:"points"` // requests per second, the oldest first
	Causes []cause `json:"causes"` // of what was not let through in the last hour
	Events []row   `json:"events"` // the newest, newest first

	Recent tally `json:"-"` // over all points
}

func (c *Console) traffic(ctx context.Context) (*traffic, error) {
	rows, err := c.feed.recent(ctx)
	if err != nil {
		return nil, err
	}
	causes, err := c.causes.of(ctx, rows)
	if err != nil {
		return nil, err
	}
	t := &traffic{
		Since: c.o.Meter.since.UTC(), services: c.services(), Step: int(step.Seconds()), Causes: causes, Events: rows[:min(len(rows), latestRows)],
	}
	t.Points, t.Recent = c.o.Meter.points()
	return t, nil
}

// trafficPage is what comes in now, and what the last hour was like.
type trafficPage struct {
	*traffic
	lasting

	now time.Time
}

func (c *Console) loadTraffic(ctx context.Context, _ url.Values) (any, error) {
	t, err := c.traffic(ctx)
	if err != nil {
		return nil, err
	}
	last, err := c.hours.of(ctx, t.Services)
	if err != nil {
		return nil, err
	}
	return &trafficPage{t, last, c.o.Now()}, nil
}

// Now is when the page was made, from which ages count.
func (t *trafficPage) Now() time.Time { return t.now }

// Length is the length of a route's bar: the slowest one fills its track.
func (t *trafficPage) Length(s slow) float64 { return s.P95 / max(t.Slowest[0].P95, 0.001) }

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
