package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

type logShow struct {
	ID string `arg:"" help:"The event's id, as error pages and the header Tenward-Event name it."`
}

// Run asks the running tenward, which alone can open the sealed fields.
func (s logShow) Run(ctx context.Context, t *terminal) error {
	id, err := event.ParseID(s.ID)
	if err != nil {
		return &exitError{exitUsage, problem.New("app.id.malformed", fmt.Sprintf("%q is no event's id.", s.ID),
			"An id looks like 0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50; error pages name it.")}
	}
	var found json.RawMessage
	if err := t.ask(ctx, http.MethodGet, "/api/v1/events/"+id.String(), nil, &found); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(found)
	}
	return writeEvent(t.out, found)
}
