package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/backup"
)

type restoreCommand struct {
	File  string `arg:"" help:"The backup."`
	Check bool   `help:"Only read it to its end and say whether it is whole; nothing is written."`
	Key   string `placeholder:"FILE" help:"The master key that it was made under; else the one that serve would use."`
}

// restoreResult is what there is to say of a backup.
type restoreResult struct {
	File   string           `json:"file"`
	Backup *backup.Manifest `json:"backup"`
	Totals backup.Totals    `json:"totals"`
}

// Run needs nothing but files, and the PostgreSQL database where there is one: nothing may run on the data folder.
func (r restoreCommand) Run(ctx context.Context, t *terminal) error {
	result, err := r.run(ctx, t)
	if err != nil {
		return restoreExit(err)
	}
	if t.json {
		return t.printJSON(result)
	}
	_, err = fmt.Fprintf(t.out, "ok       %s is whole: of node %s, made at %s by Tenward %s\n         %d rows of %d tables (%s)%s\n", r.File, result.Backup.Node,
		result.Backup.Made.Format(time.RFC3339), result.Backup.Version, result.Totals.Rows, result.Totals.Tables, result.Backup.Engine, recordOf(result.Backup))
	return err
}

func recordOf(m *backup.Manifest) string {
	if m.Record == nil {
		return ", no record"
	}
	return fmt.Sprintf(", the record up to event %d", m.Record.Events)
}

func (r restoreCommand) run(ctx context.Context, t *terminal) (*restoreResult, error) {
	show := t.bar("read")
	defer show(-1, 0)
	if r.Check && r.Key != "" { // not even a configuration is needed
		key, err := store.ReadMasterKeyFile(r.Key)
		if err != nil {
			return nil, err
		}
		return r.check(ctx, key, show)
	}
	c, _, err := t.load(config.Options{KeepReferences: r.Check})
	if err != nil {
		return nil, err
	}
	key, err := r.key(c.Data)
	if err != nil {
		return nil, err
	}
	if r.Check {
		return r.check(ctx, key, show)
	}
	return r.restore(ctx, t, c, key, show)
}

func (r restoreCommand) key(data string) (store.MasterKey, error) {
	if r.Key != "" {
		return store.ReadMasterKeyFile(r.Key)
	}
	key, origin, err := store.FindMasterKey(os.Getenv, data)
	if err == nil && origin.Path == "" { // a key that is made anew would open no backup
		err = problem.New("store.masterkey.missing", "There is no master key in "+filepath.Join(data, "master.key")+".",
			"Put its copy there, readable by this user alone, or name the file that has it with --key.")
	}
	return key, err
}

func (r restoreCommand) check(ctx context.Context, key store.MasterKey, show func(done, total int64)) (*restoreResult, error) {
	m, totals, err := checkFile(ctx, r.File, key, show)
	return &restoreResult{r.File, m, totals}, err
}

// checkFile reads a backup to its end.
func checkFile(ctx context.Context, path string, key store.MasterKey, show func(done, total int64)) (*backup.Manifest, backup.Totals, error) {
	f, err := openBackup(path)
	if err != nil {
		return nil, backup.Totals{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	from := &metered{Reader: f}
	if info, err := f.Stat(); err == nil && show != nil {
		from.tell = func(n int64) { show(n, info.Size()) }
	}
	return backup.Check(ctx, from, key, path)
}

func openBackup(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path) //nolint:gosec // the user names what to read
	}
	if err != nil {
		return nil, problem.New("app.backup.unreadable", fmt.Sprintf("The backup %s cannot be read.", path), "Check its name and who may read it.").Because(err)
	}
	return f, nil
}

// restore makes it stand where c says.
func (r restoreCommand) restore(ctx context.Context, t *terminal, c *Config, key store.MasterKey, show func(done, total int64)) (_ *restoreResult, err error) {
	f, err := openBackup(r.File)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	m, err := backup.ReadManifest(f, key)
	if err != nil {
		return nil, err
	}
	if m.Record != nil && m.Node != c.Node {
		return nil, problem.New("app.restore.node", fmt.Sprintf("This backup has the record of the node %s, and the configuration names this one %s.", m.Node, c.Node),
			"Write node: "+m.Node+" into it, or restore this node's own backup.")
	}
	whose, err := ownerOf(c.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, whose.takes(c.Data)) }()
	release, err := lockData(c.Data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release(ctx)) }()
	to := backup.Target{
		Key: key, Name: r.File, Data: c.Data, Database: store.Options{Data: c.Data, Postgres: c.Store.Postgres.Reveal()}, Progress: show,
		Verify: soundRecord,
		Also: func(ctx context.Context, m *backup.Manifest, tx *store.Tx, tables []store.Table) error {
			return afterRestore(ctx, c.Node, m, tx, tables, time.Now())
		},
	}
	if err := to.Vacant(ctx, m); err != nil { // before all of it is read: that may take long
		return nil, err
	}
	m, totals, err := backup.Restore(ctx, f, to)
	if err != nil {
		return nil, err
	}
	t.say("It stands again. Everybody signs in anew; the record goes on with an event that says so.")
	return &restoreResult{r.File, m, totals}, nil
}

// soundRecord verifies what was restored: a record may have been damaged before it was backed up.
func soundRecord(ctx context.Context, dir string) error {
	report, err := event.Verify(ctx, dir, event.VerifyOptions{})
	if err != nil {
		return err
	}
	if !report.OK() {
		return problem.New("app.restore.record", fmt.Sprintf("The record in this backup was damaged when it was made (%s); nothing was restored.", report.Damage[0].Sentence),
			"Take an older backup.")
	}
	return nil
}

// restoreExit gives the exit code: a damaged backup is a proof that is wrong, one that may not go there is refused.
func restoreExit(err error) error {
	code := problem.Of(err).Code
	switch {
	case strings.HasPrefix(code, "backup.file."), code == "app.restore.record":
		return &exitError{exitProof, err}
	case code == "backup.restore.occupied", code == "backup.restore.unfinished", code == "store.database.occupied", code == "store.backup.newer", code == "backup.masterkey.wrong":
		return &exitError{exitRefused, err}
	case code == "store.postgres.unreachable":
		return &exitError{exitNotReachable, err}
	}
	return err
}
