// Package config reads one strict YAML file into Go structs and says everything that is wrong with it in one run.
//
// YAML 1.2 (yaml.org/spec/1.2.2) in the subset that people write configuration in: one document of maps, lists and
// scalars. Anchors, aliases, tags and merge keys are refused: they let a short file mean something long. A scalar is
// read as the text that stands in the file and is understood by its field alone, so `no`, `0123` or `1e3` never turn
// into another value on the way. Every value keeps its position, so that each complaint points at its line.
//
// A struct takes part with `yaml:"name"` tags, a `doc:"…"` sentence for the schema, and up to two methods:
//
//	func (c *Config) Defaults()                // called before decoding
//	func (c *Config) Validate(r *config.Report) // called after it, also when other parts of the file are wrong
package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/tenward/tenward/problem"
)

// MaxSize is how large a file may be: far above any configuration that a person wrote.
const MaxSize = 1 << 20

// Options say how a file is read.
type Options struct {
	Env func(string) (string, bool) // looks up ${env:NAME}; nil is os.LookupEnv
	// KeepReferences leaves ${file:…} and ${env:…} unresolved: for showing a configuration on a machine that lacks them.
	KeepReferences bool
}

// Source remembers where each value came from.
type Source struct {
	Name   string // the file's name as given
	places map[string]place
}

type place struct {
	line, column int // of the value, from 1
	keyLine      int
	keyColumn    int
}

// Line gives the line on which the value at path stands, such as "services.notes.hosts[0]"; 0 for a default.
func (s *Source) Line(path string) int { return s.places[path].line }

// Load reads the file at path into the struct that into points to.
func Load(path string, into any, o Options) (*Source, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, problem.New("config.file.missing", fmt.Sprintf("There is no configuration at %s.", path),
				"Write one (the README shows a short example), or name another with -c.").Because(err)
		}
		return nil, problem.New("config.file.unreadable", fmt.Sprintf("The configuration %s cannot be read.", path),
			"Check that it is a file and that this user may read it.").Because(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, problem.New("config.file.unreadable", fmt.Sprintf("The configuration %s cannot be read.", path),
			"Check that it is a file and that this user may read it.").Because(err)
	}
	return Parse(path, data, into, o)
}

// Parse reads data, which stands in the file of that name; references to other files start from its folder. The
// error is an *Invalid that holds every issue.
func Parse(name string, data []byte, into any, o Options) (*Source, error) {
	if o.Env == nil {
		o.Env = os.LookupEnv
	}
	d := &decoder{
		source:  &Source{Name: name, places: map[string]place{}},
		options: o, folder: filepath.Dir(name), invalid: &Invalid{name: name, lines: splitLines(data), secret: map[int]bool{}},
	}
	d.run(data, into)
	if len(d.invalid.Issues) > 0 {
		d.invalid.sort()
		return nil, d.invalid
	}
	return d.source, nil
}
