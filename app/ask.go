package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// maxAnswer bounds what is read from the admin socket.
const maxAnswer = 16 << 20

// do has the running tenward do something.
func (t *terminal) do(ctx context.Context, action string, form url.Values, into any) error {
	return t.ask(ctx, http.MethodPost, "/api/v1/actions/"+action, form, into)
}

// ask puts one question to the tenward that runs on the configured data folder.
func (t *terminal) ask(ctx context.Context, method, path string, form url.Values, into any) error {
	c, _, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	return askOn(ctx, c.Data, method, path, form, into)
}

// askOn is ask where the data folder is known.
func askOn(ctx context.Context, data, method, path string, form url.Values, into any) error {
	ctx, cancel := context.WithTimeout(ctx, askedWithin)
	defer cancel()
	answer, err := askFor(ctx, data, method, path, form)
	if err != nil {
		return err
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

// askedWithin is how long an answer may take that is no stream.
const askedWithin = 30 * time.Second

// askFor asks and gives the answer as it begins.
func askFor(ctx context.Context, data, method, path string, form url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://admin"+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := adminClient(data).Do(r)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrPermission):
		return nil, &exitError{exitRefused, problem.New("app.forbidden", fmt.Sprintf("This user may not ask the tenward that runs on %s.", data),
			"Ask as root, or as the user that runs it.").Because(err)}
	}
	return nil, &exitError{exitNotReachable, problem.New("app.unreachable", fmt.Sprintf("No tenward is running on %s.", data),
		"Start it with `tenward serve` (or `tenward demo`), as this user or root, or name another configuration with -c.").Because(err)}
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

// done is what became of an action, as the console's API says it.
type done struct {
	Sentence string `json:"sentence"`
	Next     string `json:"next"`
	Once     string `json:"once"`
}
