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

// maxRead bounds what is read in search of keys.
const maxRead = 256 << 20

// marks are what keys look like that are not sealed: PEM's private keys, and a master key in its text form.
var marks = [][]byte{[]byte("PRIVATE KEY-----"), []byte("tenward-master-key-v1:")}

// keysPrivate looks at the data folder and at what lies in it: at whom it is open to, and whether a key can be read in
// it. What lies deeper, the record, is as closed as the folder that it is in.
func (s *Service) keysPrivate(ctx context.Context) ([]practice.Finding, error) {
	o := &s.outside
	entries, err := os.ReadDir(o.Folder)
	if err != nil {
		return nil, fmt.Errorf("look at the data folder: %w", err)
	}
	paths := []string{o.Folder}
	for _, e := range entries {
		if path := filepath.Join(o.Folder, e.Name()); path != o.Authority {
			paths = append(paths, path)
		}
	}
	if o.MasterKey != "" && !inside(o.Folder, o.MasterKey) {
		paths = append(paths, o.MasterKey)
	}
	var findings []practice.Finding
	left := int64(maxRead)
	for _, path := range paths {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		f, n, err := s.keyPrivate(path, left)
		if left -= n; errors.Is(err, fs.ErrNotExist) && path != o.MasterKey {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("look at the data folder: %w", err)
		}
		if f.Status != practice.Pass {
			findings = append(findings, f)
		}
	}
	if findings == nil {
		findings = append(findings, practice.Found(practice.Pass, "files", "The data folder and the %d files and folders in it are this user's alone, and no key can be read in them.", len(entries)))
	}
	return findings, nil
}

// keyPrivate looks at one file or folder, of which it reads no more than left.
func (s *Service) keyPrivate(path string, left int64) (f practice.Finding, read int64, err error) {
	name := filepath.Base(path)
	info, err := os.Lstat(path)
	if err != nil {
		return practice.Finding{}, 0, err
	}
	if fault := OpenTo(info, os.Getuid()); fault != "" {
		return practice.Found(practice.Fail, name, "%s %s.", name, fault), 0, nil
	}
	if path == s.outside.MasterKey {
		if inside(s.outside.Folder, path) {
			return practice.Found(practice.Warn, name, "The master key lies in the folder that it protects: whoever copies the folder has both."), 0, nil
		}
		return practice.Finding{Status: practice.Pass}, 0, nil
	}
	if !info.Mode().IsRegular() {
		return practice.Finding{Status: practice.Pass}, 0, nil
	}
	open, read, err := holdsKey(path, left)
	if open {
		return practice.Found(practice.Fail, name, "A key stands in %s, and is not sealed.", name), read, err
	}
	return practice.Finding{Status: practice.Pass}, read, err
}

func inside(folder, file string) bool {
	rel, err := filepath.Rel(folder, file)
	return err == nil && filepath.IsLocal(rel)
}

// OpenTo says who else than its owner and root gets at a file; empty: nobody.
func OpenTo(info fs.FileInfo, owner int) string {
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Sprintf("is open to other users (%s)", info.Mode().Perm())
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != owner && stat.Uid != 0 {
		return fmt.Sprintf("belongs to another user (uid %d)", stat.Uid)
	}
	return ""
}

// holdsKey reads at most so many bytes of a file, and looks for what a key begins with.
func holdsKey(path string, most int64) (open bool, read int64, err error) {
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
