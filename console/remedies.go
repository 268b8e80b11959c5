package console

import (
	"context"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// cure is a remedy in its place.
type cure struct {
	practice.Remedy
	role string // whom it is for
}

// remedy is what somebody can do about an event.
type remedy struct {
	Title string `json:"title"`
	Path  string `json:"path"`
}

// remedies are what whoever asks can do about an event.
func (c *Console) remedies(ctx context.Context, e *event.Event) []remedy {
	var all []remedy
	for _, r := range c.cures {
		if !practice.Holds(ctx, r.role) {
			continue
		}
		if path := r.For(e); path != "" {
			all = append(all, remedy{r.Title, path})
		}
	}
	return all
}
