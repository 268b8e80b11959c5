package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice/encryption/trust"
	"github.com/tenward/tenward/problem"
)

type trustCommand struct {
	Remove bool `help:"Take Tenward's authorities out again, also those of earlier installations."`
	List   bool `help:"Say where Tenward's own authority is trusted."`
}

// Run puts Tenward's own authority into the stores of the system and of the browsers of whoever asks. Each store stands
// alone: one that fails keeps no other back.
func (c trustCommand) Run(ctx context.Context, t *terminal) error {
	conf, _, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	file := filepath.Join(conf.Data, "ca.pem")
	raw, err := os.ReadFile(file) //nolint:gosec // in the operator's own folder
	if err != nil {
		return problem.New("app.authority.missing", "There is no "+file+" yet.", "Start Tenward once: it makes its authority then.").Because(err)
	}
	cert, err := trust.Parse(raw)
	if err != nil {
		return err
	}
	who, err := trust.Caller(os.Geteuid(), os.Getenv)
	if err != nil {
		return err
	}
	again, err := t.again(c.Remove)
	if err != nil {
		return err
	}
	stores, err := trust.Stores(trust.Debian(again), who)
	if err != nil {
		return err
	}
	failed := 0
	for _, s := range stores {
		var said string
		switch {
		case c.List:
			var in bool
			if in, err = s.Installed(ctx, cert); in {
				said = "trusted"
			} else {
				said = "not trusted"
			}
		case c.Remove:
			said, err = removed(ctx, s)
		default:
			said, err = "trusted", s.Install(ctx, cert)
		}
		if err != nil {
			failed++
			said = "not done: " + problem.Of(err).Error()
			t.log.Debug("a store was not changed", "store", s.Name(), "error", err)
		}
		fmt.Fprintf(t.out, "%s: %s\n", s.Name(), said)
	}
	if failed > 0 {
		return &exitError{code: exitFailed}
	}
	if !c.List {
		fmt.Fprintln(t.out, "\nBrowsers that are open see it when they are started again.")
	}
	return nil
}

// removed takes everything of Tenward's out of a store and says what that was.
func removed(ctx context.Context, s trust.Store) (string, error) {
	gone, err := trust.RemoveAll(ctx, s)
	if len(gone) == 0 {
		return "nothing of Tenward's was trusted", err
	}
	said := make([]string, len(gone))
	for i, c := range gone {
		said[i] = c.Subject.CommonName + " (" + trust.Fingerprint(c)[:16] + "…)"
	}
	return "not trusted any more: " + strings.Join(said, ", "), err
}

// again is this command as root would have to type it: under sudo neither the folder nor the PATH need be the same.
func (t *terminal) again(remove bool) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", problem.Internal(err)
	}
	path, err := findConfig(t.config)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", errors.Join(errors.New("find configuration"), err)
	}
	command := self + " trust -c " + path
	if remove {
		command += " --remove"
	}
	return command, nil
}
