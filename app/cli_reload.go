package app

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

type reloadCommand struct {
	Replace bool `help:"Have the program itself replaced by the one that its file holds now, after an update; no request is refused meanwhile."`
}

// Run has the running tenward read its configuration anew. Where the file has a fault, the one before stays in force and
// the exit code says so.
func (c reloadCommand) Run(ctx context.Context, t *terminal) error {
	if c.Replace {
		return t.replace(ctx)
	}
	var result done
	if err := t.do(ctx, "console.settings.load", url.Values{}, &result); err != nil {
		return err
	}
	t.say(result.Sentence)
	return nil
}

// The time that a replacement has: what requests under way have, and a start.
const (
	replacedWithin = 2 * time.Minute
	replacedLook   = 100 * time.Millisecond
)

// replace has the program replaced, and waits until another answers.
func (t *terminal) replace(ctx context.Context) error {
	c, _, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	var old, now process
	if err := askOn(ctx, c.Data, http.MethodGet, "/api/v1/process", nil, &old); err != nil {
		return err
	}
	var result done
	if err := askOn(ctx, c.Data, http.MethodPost, "/api/v1/process/replace", nil, &result); err != nil {
		return err
	}
	t.say(result.Sentence)
	late := problem.New("app.replace.slow", "The program was asked to make room, and no other answers yet.", "See its log.")
	ctx, cancel := context.WithTimeoutCause(ctx, replacedWithin, late)
	defer cancel()
	tick := time.NewTicker(replacedLook)
	defer tick.Stop()
	for {
		if err := askOn(ctx, c.Data, http.MethodGet, "/api/v1/process", nil, &now); err == nil && !now.Began.Equal(old.Began) {
			t.say("Tenward " + now.Version + " answers.")
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
