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
	next, err := newSuccessor()
	if err != nil {
		return err
	}
	err = run(ctx, c, options{successor: next, log: t.log, env: os.Getenv, source: src, load: func() (*Config, *config.Source, error) { return t.load(config.Options{}) }, ready: func(at addresses) error {
		t.log.Info("ready", "https", at.gate, "console", at.console, "services", len(c.Services))
		if !at.owned {
			t.log.Warn("nobody looks after this server yet", "next", "tenward person invite --role owner NAME")
		}
		return nil
	}})
	if err == nil && next.env != nil {
		return next.takeOver()
	}
	return err
}
