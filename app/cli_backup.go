package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

type backupCommand struct {
	File string `arg:"" optional:"" help:"Where it is written, by this user; else tenward-NODE-TIME.backup here. \"-\" is standard output, to send it elsewhere at once."`
}

// backupResult is what there is to say of one that was made.
type backupResult struct {
	File  string    `json:"file"`
	ID    string    `json:"id"`
	Made  time.Time `json:"made"`
	Bytes int64     `json:"bytes"`
	outcome
}

// Run has the running tenward make one, and writes it.
func (b backupCommand) Run(ctx context.Context, t *terminal) error {
	c, _, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	if b.File == "-" {
		if isTerminal(t.out) {
			return &exitError{exitUsage, problem.New("app.backup.terminal", "A backup is no text for a terminal.", "Name a file, or send it on through a pipe.")}
		}
		result, err := t.fetch(ctx, c.Data, t.out)
		if err == nil {
			t.say(result.sentence("It"))
		}
		return err
	}
	if b.File == "" {
		b.File = "tenward-" + c.Node + "-" + time.Now().UTC().Format("20060102T150405Z") + ".backup"
	}
	result, err := t.fetchInto(ctx, c.Data, b.File)
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON(result)
	}
	_, err = fmt.Fprintln(t.out, result.sentence(result.File))
	return err
}

func (r *backupResult) sentence(what string) string {
	return fmt.Sprintf("%s holds %d rows of %d tables, and the record up to event %d: %s.", what, r.Totals.Rows, r.Totals.Tables, r.Backup.Record.Events, sizeOf(r.Bytes))
}

// fetchInto writes a whole file or none, and never over another.
func (t *terminal) fetchInto(ctx context.Context, data, path string) (_ *backupResult, err error) {
	taken := problem.New("app.backup.taken", fmt.Sprintf("There is a file %s already.", path), "Name another: none is written over.")
	if _, err := os.Lstat(path); err == nil {
		return nil, taken
	}
	unwritable := func(err error) error {
		return problem.New("app.backup.unwritable", fmt.Sprintf("The file %s cannot be written.", path), "See that its folder is there and this user's, and that its disk is not full.").Because(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, unwritable(err)
	}
	defer func() {
		if left := os.Remove(f.Name()); left != nil && !errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}()
	to := &outlet{to: f}
	result, err := t.fetch(ctx, data, to)
	if to.failed != nil {
		err = unwritable(to.failed)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, unwritable(err)
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		return nil, taken
	} else if err != nil {
		return nil, unwritable(err)
	}
	result.File = path
	return result, nil
}

// outlet remembers that it was writing, and not reading, that has failed.
type outlet struct {
	to     io.Writer
	failed error
}

func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.to.Write(p)
	if err != nil {
		o.failed = err
	}
	return n, err
}

// fetch has one made and writes it as it comes.
func (t *terminal) fetch(ctx context.Context, data string, to io.Writer) (*backupResult, error) {
	answer, err := askFor(ctx, data, http.MethodPost, backupPath, nil)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	if answer.StatusCode != http.StatusOK {
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return nil, fmt.Errorf("read answer of %s: %w", backupPath, err)
		}
		return nil, refused(answer.StatusCode, body)
	}
	show := t.bar("written")
	from := &metered{Reader: answer.Body, tell: func(n int64) { show(n, 0) }}
	_, err = io.Copy(to, from)
	show(-1, 0)
	said, cut := outcomeOf(answer)
	if cut != nil && (err == nil || answer.Trailer.Get(backupTrailer) != "") {
		err = cut
	}
	if err != nil {
		return nil, err
	}
	return &backupResult{ID: said.Backup.ID, Made: said.Backup.Made, Bytes: from.n, outcome: *said}, nil
}
