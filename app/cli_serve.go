package app

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tenward/tenward/config"
)

type serveCommand struct{}

// Run serves until a signal.
func (serveCommand) Run(ctx context.Context, t *terminal) error {
	c, _, err := t.load(config.Options{})
	if err != nil {
		return err
	}
	return run(ctx, c, options{log: t.log, env: os.Getenv, ready: func(at addresses) error {
		t.log.Info("ready", "https", at.gate, "console", at.console, "services", len(c.Services))
		return announceLink(t.err, filepath.Join(c.Data, "console-link"), at.link)
	}})
}

// announceLink says the console's one-time link to whoever watches the start. A log file or a journal must not
// hold it: without a terminal it goes into a file that only this user can read.
func announceLink(stderr io.Writer, file, link string) error {
	if isTerminal(stderr) {
		_, err := fmt.Fprintf(stderr, "\nThe console opens once, within 10 minutes, at\n  %s\n\n", link)
		return err
	}
	return writeFile(file, []byte(link+"\n"), 0o600)
}
