package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// File is a file that the configuration names, such as a certificate. It is read together with the configuration, so that what
// is wrong with it is said at once, and what changes in it counts from the next reading on. It is no place for a secret.
type File struct {
	name    string
	content []byte
}

// Content is what stands in it; nil where no file is named, or only its name was asked for.
func (f File) Content() []byte { return f.content }

// Set says whether the configuration names one.
func (f File) Set() bool { return f.name != "" }

// String is its name as it was written.
func (f File) String() string { return f.name }

// MarshalText is String.
func (f File) MarshalText() ([]byte, error) { return []byte(f.name), nil }

// UnmarshalText takes the name alone: the configuration that it stands in knows from which folder on.
func (f *File) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		return Bad("name a file", "there is no name")
	}
	f.name = string(text)
	return nil
}

var fileType = reflect.TypeFor[File]()

// maxFile is more than any list of certificates needs.
const maxFile = 1 << 20

// file reads what a File names; relative names begin at the configuration's folder.
func (d *decoder) file(n ast.Node, v reflect.Value, path string) {
	f := v.Addr().Interface().(*File) //nolint:forcetypeassert // its caller has looked
	if d.options.KeepReferences {
		return
	}
	name := f.name
	if !filepath.IsAbs(name) {
		name = filepath.Join(d.folder, name)
	}
	var err error
	if f.content, err = readFile(name); err != nil {
		d.complain(n, path, "check its name and that this user may read it", fmt.Sprintf("the file %s cannot be read: %s", name, cause(err)))
	}
}

func readFile(name string) ([]byte, error) {
	in, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if len(content) > maxFile {
		return nil, fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	}
	return content, err
}
