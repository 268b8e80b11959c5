package backup

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/problem"
)

// free is how many bytes the folder's disk has left for whoever is not root.
func free(folder string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("look at the disk of %s: %w", folder, err)
	}
	return int64(s.Bavail * uint64(s.Bsize)), nil //nolint:gosec // no disk is that large
}

// room refuses before anything is written what the disk could not hold.
func room(folder string, bytes int64) error {
	if left, err := free(folder); err != nil {
		return err
	} else if left < bytes {
		return problem.New("backup.restore.room", fmt.Sprintf("The disk of %s has %d MiB left, and the backup unpacks to %d MiB.", folder, left>>20, bytes>>20),
			"Free some space there, or name another data folder.")
	}
	return nil
}

// settle returns when everything that was written to the folder's disk is on it. A record has too many files to wait for
// each.
func settle(folder string) error {
	d, err := os.Open(folder) //nolint:gosec // the caller's folder
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}

// errScarce says that a backup was given up for the sake of what else is on the disk.
var errScarce = errors.New("the disk has not enough left")

// careful writes while the disk has enough left for others.
type careful struct {
	to      io.Writer
	folder  string
	reserve int64
	since   int
}

// look is after how many bytes the disk is looked at again.
const look = 4 << 20

func (c *careful) Write(p []byte) (int, error) {
	if c.since -= len(p); c.since <= 0 {
		c.since = look
		if left, err := free(c.folder); err == nil && left < c.reserve {
			return 0, errScarce
		}
	}
	return c.to.Write(p)
}
