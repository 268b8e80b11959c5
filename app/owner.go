package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"github.com/tenward/tenward/problem"
)

// owner is who has the data folder, where it is another than who runs this: root restores for the user that serves, because
// root alone may read the master key.
type owner struct {
	other    bool
	uid, gid int
}

// ownerOf refuses to fill somebody else's folder with files that he could not read.
func ownerOf(data string) (owner, error) {
	info, err := os.Stat(data)
	if errors.Is(err, fs.ErrNotExist) {
		return owner{}, nil
	}
	stat, ok := syscall.Stat_t{}, err == nil
	if ok {
		var s *syscall.Stat_t
		if s, ok = info.Sys().(*syscall.Stat_t); ok {
			stat = *s
		}
	}
	if !ok {
		return owner{}, problem.New("app.data.unusable", fmt.Sprintf("The data folder %s cannot be looked at.", data), "Run it as root, or as the user that runs tenward.").Because(err)
	}
	if int(stat.Uid) == os.Geteuid() {
		return owner{}, nil
	}
	if os.Geteuid() == 0 {
		return owner{true, int(stat.Uid), int(stat.Gid)}, nil
	}
	name := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return owner{}, &exitError{exitRefused, problem.New("app.restore.user", fmt.Sprintf("The data folder %s is %s's.", data, name), "Restore as root, or as that user.")}
}

// restoredNames are what a restore makes in a data folder.
var restoredNames = []string{"lock", "record", "tenward.db", "tenward.db-wal", "tenward.db-shm", "restore.unfinished"}

// takes gives what was restored to the folder's owner. No link leads it out of the folder.
func (o owner) takes(data string) (err error) {
	if !o.other {
		return nil
	}
	folder, err := os.OpenRoot(data)
	if err != nil {
		return fmt.Errorf("give the data folder back: %w", err)
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	for _, name := range restoredNames {
		if _, err := folder.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := fs.WalkDir(folder.FS(), name, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return folder.Lchown(path, o.uid, o.gid)
		}); err != nil {
			return fmt.Errorf("give %s to the user that serves: %w", name, err)
		}
	}
	return nil
}
