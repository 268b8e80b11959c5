package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

type consoleCommand struct {
	Link consoleLink `cmd:"" help:"Make a link that opens the console once, within 10 minutes."`
}

type consoleLink struct{}

// Run asks the running tenward for a link.
func (consoleLink) Run(ctx context.Context, t *terminal) error {
	var link struct {
		URL     string    `json:"url"`
		Expires time.Time `json:"expires"`
	}
	if err := t.ask(ctx, http.MethodPost, "/api/v1/console/links", &link); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(link)
	}
	_, err := fmt.Fprintln(t.out, link.URL)
	return err
}

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
	if err := t.ask(ctx, http.MethodGet, "/api/v1/events/"+id.String(), &found); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(found)
	}
	return writeEvent(t.out, found)
}

// maxAnswer bounds what is read from the admin socket.
const maxAnswer = 16 << 20

// ask puts one question to the tenward that runs on the configured data folder.
func (t *terminal) ask(ctx context.Context, method, path string, into any) error {
	c, _, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://admin"+path, http.NoBody)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := adminClient(c.Data).Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, fs.ErrPermission) {
			return &exitError{exitRefused, problem.New("app.forbidden", fmt.Sprintf("This user may not ask the tenward that runs on %s.", c.Data),
				"Ask as root, or as the user that runs it.").Because(err)}
		}
		return &exitError{exitNotReachable, problem.New("app.unreachable", fmt.Sprintf("No tenward is running on %s.", c.Data),
			"Start it with `tenward serve` (or `tenward demo`), as this user or root, or name another configuration with -c.").Because(err)}
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read answer of %s: %w", path, err)
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == http.StatusCreated {
		return json.Unmarshal(body, into)
	}
	return refused(answer.StatusCode, body)
}

// refused turns an answer that is an error (RFC 9457) into the problem that it was.
func refused(status int, body []byte) error {
	var p struct{ Code, Detail, Next string }
	if err := json.Unmarshal(body, &p); err != nil || p.Detail == "" {
		return errors.New(http.StatusText(status))
	}
	code := exitFailed
	if status == http.StatusForbidden || status == http.StatusUnauthorized {
		code = exitRefused
	}
	return &exitError{code, problem.New(p.Code, p.Detail, p.Next)}
}
