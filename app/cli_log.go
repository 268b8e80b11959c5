package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

type logCommand struct {
	Verify logVerify `cmd:"" help:"Find every flip, deletion, insertion, reorder and truncation in a record."`
	Search logSearch `cmd:"" help:"Find events: service:notes verdict:refused last:24h."`
	Show   logShow   `cmd:"" help:"Show one event by the id that an error page named."`
}

type logVerify struct {
	Dir        string `arg:"" optional:"" help:"The record's folder; else the configured one. A copy on any machine will do."`
	Key        string `placeholder:"FILE" help:"The record's public key, kept elsewhere; else the folder's own, which proves less."`
	Checkpoint string `placeholder:"FILE" help:"A signed checkpoint kept elsewhere: shows that the folder is no older copy."`
}

// Run needs nothing but files: no configuration when a folder is named, no running tenward, no secret.
func (v logVerify) Run(ctx context.Context, t *terminal) error {
	dir, err := v.folder(t)
	if err != nil {
		return err
	}
	o := event.VerifyOptions{Progress: t.bar("checked")}
	if v.Key != "" {
		key, err := readSmall(v.Key)
		if err != nil {
			return err
		}
		if o.Key = strings.TrimSpace(string(key)); o.Key == "" { // else the folder's own would be taken
			return problem.New("app.file.unreadable", fmt.Sprintf("The file %s is empty: it holds no key.", v.Key), "Name the file that has the record's public key.")
		}
	}
	if v.Checkpoint != "" {
		if o.Checkpoint, err = readSmall(v.Checkpoint); err != nil {
			return err
		}
	}
	report, err := event.Verify(ctx, dir, o)
	if err != nil {
		return err
	}
	if t.json {
		err = t.printJSON(report)
	} else {
		err = report.WriteText(t.out)
	}
	if err == nil && !report.OK() {
		return &exitError{code: exitProof}
	}
	return err
}

// folder is the named one, the record in it when it is a data folder, or the configured one.
func (v logVerify) folder(t *terminal) (string, error) {
	if v.Dir == "" {
		c, _, err := t.load(config.Options{KeepReferences: true})
		if err != nil {
			return "", err
		}
		return recordFolder(c.Data), nil
	}
	inside := recordFolder(v.Dir)
	if _, err := os.Stat(filepath.Join(inside, "key.pub")); err == nil {
		return inside, nil
	}
	return v.Dir, nil
}

// maxSmall is far above any key or checkpoint.
const maxSmall = 64 << 10

// readSmall reads a key or a checkpoint.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user names what to read
	if err != nil {
		next := "Check its name and who may read it."
		if errors.Is(err, fs.ErrNotExist) {
			next = "Check its name."
		}
		return nil, problem.New("app.file.unreadable", fmt.Sprintf("The file %s cannot be read.", path), next).Because(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err != nil || len(content) > maxSmall {
		return nil, problem.New("app.file.unreadable", fmt.Sprintf("The file %s is no key and no checkpoint.", path), "Check its name.").Because(err)
	}
	return content, nil
}
