package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/problem"
)

// Shelf is a folder in which backups are kept: the newest few of each reason.
type Shelf struct {
	Folder  string
	Keep    int   // how many of one node and one reason
	Reserve int64 // bytes of the disk that are left to others
}

const stamp = "20060102T150405Z"

// kept is what a backup in a shelf is called: tenward-NODE-TIME-REASON.backup.
var kept = regexp.MustCompile(`^tenward-([a-z0-9][a-z0-9.-]{0,62})-([0-9]{8}T[0-9]{6}Z)-(scheduled|update)\.backup$`)

// Kept is a backup on a shelf, as its name says.
type Kept struct {
	Path         string
	Node, Reason string
	Made         time.Time
}

// Make makes a backup, whole or not at all, and takes away those that are more than are kept. The path is given also with
// an error where only the taking away has failed.
func (s Shelf) Make(ctx context.Context, from Source) (path string, m *Manifest, t Totals, err error) {
	fail := func(err error) (string, *Manifest, Totals, error) {
		if errors.Is(err, unix.ENOSPC) || errors.Is(err, errScarce) {
			err = problem.New("backup.disk.full", fmt.Sprintf("The disk of %s has no room for a backup; none was made, and those before are kept.", s.Folder),
				"Free some space there, keep fewer (backup: keep:), or name a folder on another disk (backup: folder:).").Because(err)
		}
		return "", nil, Totals{}, err
	}
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return fail(problem.New("backup.folder.unwritable", fmt.Sprintf("The folder of backups %s cannot be made.", s.Folder),
			"Name one that Tenward may write to under backup: folder:.").Because(err))
	}
	half := ".tenward-" + from.Node + "-*.part"
	if err := s.sweep(half); err != nil {
		return fail(err)
	}
	f, err := os.CreateTemp(s.Folder, half) // mode 0600
	if err != nil {
		return fail(problem.New("backup.folder.unwritable", fmt.Sprintf("No backup can be written to %s.", s.Folder),
			"Give the folder to the user that runs Tenward.").Because(err))
	}
	buffered := bufio.NewWriterSize(&careful{to: f, folder: s.Folder, reserve: s.Reserve}, 1<<20)
	m, t, err = Write(ctx, buffered, from)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		path = filepath.Join(s.Folder, "tenward-"+m.Node+"-"+m.Made.Format(stamp)+"-"+m.Reason+".backup")
		err = os.Link(f.Name(), path) // never over one that is there
	}
	if err = errors.Join(err, os.Remove(f.Name())); err == nil {
		err = settle(s.Folder)
	}
	if err != nil {
		return fail(err)
	}
	return path, m, t, s.prune(m)
}

// sweep takes away what a kill has left of one that was under way.
func (s Shelf) sweep(half string) error {
	left, err := filepath.Glob(filepath.Join(s.Folder, half))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("take half a backup away: %w", err)
		}
	}
	return nil
}

// prune takes the oldest away.
func (s Shelf) prune(m *Manifest) error {
	all, err := s.List(m.Node, m.Reason)
	if err != nil {
		return err
	}
	for _, k := range all[min(max(s.Keep, 1), len(all)):] {
		if err := os.Remove(k.Path); err != nil {
			return fmt.Errorf("take an old backup away: %w", err)
		}
	}
	return nil
}

// List gives the node's backups of this reason, the newest first. What is called otherwise is none of ours.
func (s Shelf) List(node, reason string) ([]Kept, error) {
	entries, err := os.ReadDir(s.Folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var all []Kept
	for _, e := range entries {
		parts := kept.FindStringSubmatch(e.Name())
		if parts == nil || parts[1] != node || parts[3] != reason || !e.Type().IsRegular() {
			continue
		}
		made, err := time.Parse(stamp, parts[2])
		if err != nil {
			continue
		}
		all = append(all, Kept{filepath.Join(s.Folder, e.Name()), parts[1], parts[3], made})
	}
	slices.SortFunc(all, func(a, b Kept) int { return strings.Compare(b.Path, a.Path) })
	return all, nil
}
