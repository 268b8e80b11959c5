package convert

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tenward/tenward/problem"
)

// Bounds of what is read: far above what people write, and far below what a machine could choke on.
const (
	MaxFile  = 1 << 20
	MaxFiles = 200
	MaxDepth = 16     // blocks in blocks, files in files
	MaxWords = 50_000 // of all files
	MaxWord  = 8 << 10
)

// Files are where a parser finds what it is to read.
type Files interface {
	Read(name string) ([]byte, error)
	Glob(pattern string) ([]string, error) // in order
}

// Disk are the files of this machine.
type Disk struct{}

// Read reads a file of a bounded size.
func (Disk) Read(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the operator names it, or a file of the operator's does
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(text) > MaxFile {
		err = fmt.Errorf("%s is larger than 1 MiB", name)
	}
	return text, err
}

// Glob finds the files of a pattern.
func (Disk) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }

// Malformed is the problem of a text that cannot be read as what it should be.
func Malformed(at Place, format string, args ...any) error {
	return problem.New("convert.source.malformed", at.String()+": "+fmt.Sprintf(format, args...)+".",
		"Correct it there, or translate the file by hand: docs/operating/moving.md says how.")
}

// Unreadable is the problem of a file that cannot be read at all.
func Unreadable(name string, err error) error {
	return problem.New("convert.source.unreadable", fmt.Sprintf("The file %s cannot be read.", name), "Check its name, and that this user may read it.").Because(err)
}
