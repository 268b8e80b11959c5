package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// proof is dist/proof.json.
type proof struct {
	Date    string         `json:"date"`
	Group   string         `json:"group"`
	Seed    uint64         `json:"seed"`
	Tests   []testResult   `json:"tests"`
	Fuzz    []fuzzResult   `json:"fuzz"`
	Mutants []mutantResult `json:"mutants"`
}

type testResult struct {
	Group   string  `json:"group"`
	Package string  `json:"package"`
	Tests   string  `json:"tests"`
	Seconds float64 `json:"seconds"`
	Passed  bool    `json:"passed"`
}

type fuzzResult struct {
	Package string  `json:"package"`
	Target  string  `json:"target"`
	Seconds float64 `json:"seconds"`
	Execs   int64   `json:"execs"`
	Passed  bool    `json:"passed"`
	Message string  `json:"message,omitempty"`
}

// mutantResult is how many faults of a package its tests see.
type mutantResult struct {
	Package   string   `json:"package"`
	Tried     int      `json:"tried"`
	Seen      int      `json:"seen"`
	Survivors []string `json:"survivors"` // file:line: what was changed
}

func (p *proof) write(path string) error {
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}

// verdict is an error when a test or a fuzz target failed. Survivors are for reading: a mutation may change nothing
// that anybody could see.
func (p *proof) verdict() error {
	var errs []error
	for _, t := range p.Tests {
		if !t.Passed {
			errs = append(errs, fmt.Errorf("tests %s of %s failed", t.Tests, t.Package))
		}
	}
	for _, f := range p.Fuzz {
		if !f.Passed {
			errs = append(errs, fmt.Errorf("%s of %s failed: %s", f.Target, f.Package, f.Message))
		}
	}
	return errors.Join(errs...)
}
