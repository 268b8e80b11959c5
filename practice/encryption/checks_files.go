package encryption

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tenward/tenward/practice"
)

// maxRead bounds what is read in search of keys. The record's own files, in the folder below, are not: they may be as
// large as the disk, and what is in them went through the redaction.
const maxRead = 256 << 20

// marks are what keys look like that are not sealed: PEM's private keys, and a master key in its text form.
var marks = [][]byte{[]byte("PRIVATE KEY-----"), []byte("tenward-master-key-v1:")}

// keysPrivate looks at what lies in the data folder: at whom each file is open to, and whether a key can be read in it.
func (s *Service) keysPrivate(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	if info, err := os.Stat(s.outside.Folder); err != nil {
		return nil, fmt.Errorf("look at the data folder: %w", err)
	} else if fault := openTo(info); fault != "" {
		findings = append(findings, practice.Found(practice.Fail, "data folder", "The data folder %s.", fault))
	}
	files, left := 0, int64(maxRead)
	err := filepath.WalkDir(s.outside.Folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == s.outside.Authority {
			return ignoreGone(err)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		files++
		info, err := d.Info()
		if err != nil {
			return ignoreGone(err)
		}
		name, err := filepath.Rel(s.outside.Folder, path)
		if err != nil {
			return err
		}
		if fault := openTo(info); fault != "" {
			findings = append(findings, practice.Found(practice.Fail, name, "The file %s.", fault))
			return nil
		}
		if path == s.outside.MasterKey {
			findings = append(findings, practice.Found(practice.Warn, name, "The master key lies in the folder that it protects: whoever copies the folder has both."))
			return nil
		}
		if filepath.Dir(path) != filepath.Clean(s.outside.Folder) {
			return nil
		}
		clear, n, err := holdsKey(path, left)
		if left -= n; clear {
			findings = append(findings, practice.Found(practice.Fail, name, "A key stands in the file, and is not sealed."))
		}
		return ignoreGone(err)
	})
	if err != nil {
		return nil, fmt.Errorf("look at the data folder: %w", err)
	}
	if outside := s.outside.MasterKey; outside != "" && !inside(s.outside.Folder, outside) {
		info, err := os.Stat(outside)
		if err != nil {
			return nil, fmt.Errorf("look at the master key: %w", err)
		}
		if fault := openTo(info); fault != "" {
			findings = append(findings, practice.Found(practice.Fail, "master key", "The master key's file %s.", fault))
		}
	}
	if findings == nil {
		findings = append(findings, practice.Found(practice.Pass, "files", "%d files are open to this user alone, and no key can be read in them.", files))
	}
	return findings, nil
}

func inside(folder, file string) bool {
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// openTo says who else gets at a file; empty: nobody.
func openTo(info fs.FileInfo) string {
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Sprintf("is open to other users (%s)", info.Mode().Perm())
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Getuid() && stat.Uid != 0 {
		return fmt.Sprintf("belongs to another user (uid %d)", stat.Uid)
	}
	return ""
}

// holdsKey reads at most so many bytes of a file, and looks for what a key begins with.
func holdsKey(path string, most int64) (clear bool, read int64, err error) {
	f, err := os.Open(path) //nolint:gosec // a file of the data folder
	if err != nil {
		return false, 0, err
	}
	defer f.Close()    //nolint:errcheck // it was only read
	const overlap = 64 // more than any mark is long
	buffer := make([]byte, 1<<20)
	kept := 0
	for most > 0 {
		n, err := f.Read(buffer[kept:min(int64(len(buffer)), int64(kept)+most)])
		read, most = read+int64(n), most-int64(n)
		for _, mark := range marks {
			if bytes.Contains(buffer[:kept+n], mark) {
				return true, read, nil
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, read, err
		}
		tail := buffer[max(0, kept+n-overlap) : kept+n]
		kept = copy(buffer, tail)
	}
	return false, read, nil
}

// ignoreGone is for files that were removed while they were looked at.
func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
