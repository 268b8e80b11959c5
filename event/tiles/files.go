package tiles

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrFile says that something is no file of a tree: no regular file, or too large for one.
var ErrFile = errors.New("not a regular file of the expected size")

// ReadFile reads a file of at most so many bytes, and refuses whatever else stands under its name: a folder from
// elsewhere may hold a pipe that never ends.
func ReadFile(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("read %s: %w", path, ErrFile)
	}
	f, err := os.Open(path) //nolint:gosec // the caller's folder
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(f, most+1))
}

// file is what is to be written, by its path below the tree's folder.
type file struct {
	path string
	data []byte
}

// write puts the files in place, each at once or not at all, and returns when files and names are durable.
func write(dir string, files []file) error {
	changed := map[string]bool{}
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := makeFolder(dir, filepath.Dir(path)); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		if err := replace(path, f.data); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		changed[filepath.Dir(path)] = true
	}
	for folder := range changed {
		if err := syncFolder(folder); err != nil {
			return fmt.Errorf("write %s: %w", folder, err)
		}
	}
	return nil
}

// WriteFile puts one file in place, at once or not at all, and returns when it and its name are durable.
func WriteFile(path string, data []byte) error {
	if err := replace(path, data); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return syncFolder(filepath.Dir(path))
}

// replace writes a file beside the old one and renames it over it.
func replace(path string, data []byte) error {
	beside := path + ".tmp"
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // the tree is public, the folder around it is not
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(beside)))
	}
	return nil
}

// makeFolder makes a folder below dir whose name is durable. dir itself it does not make: when that is gone, the tree
// was taken away, and half a tree must not stand up in its place.
func makeFolder(dir, path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return nil
	}
	if path == dir {
		return errors.Join(err, ErrFile)
	}
	if err := makeFolder(dir, filepath.Dir(path)); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // the tree is public, the folder around it is not
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the caller's folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
