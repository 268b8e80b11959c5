package app

import (
	"context"
	"os"

	"github.com/tenward/tenward/config"
)

type serveCommand struct{}

// Run serves until a signal.
func (serveCommand) Run(ctx context.Context, t *terminal) error {
	c, src, err := t.load(config.Options{})
	if err != nil {
		return err
	}
	return run(ctx, c, options{log: t.log, env: os.Getenv, source: src, ready: func(at addresses) error {
		t.log.Info("ready", "https", at.gate, "console", at.console, "services", len(c.Services))
		if !at.owned {
			t.log.Warn("nobody looks after this server yet", "next", "tenward person invite --role owner NAME")
		}
		return nil
	}})
}
