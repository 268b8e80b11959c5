package main

import (
	"context"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mutate tries n faults, picked by seed, in a package, one at a time, and says which of them its tests do not see.
// The tree is not touched: the go command reads the changed file through an overlay. What does not compile is no
// fault and another is picked.
func mutate(ctx context.Context, pkg string, n int, seed uint64) (mutantResult, error) {
	r := mutantResult{Package: pkg, Survivors: []string{}}
	all, err := allMutations(pkg)
	if err != nil {
		return r, err
	}
	if len(all) == 0 {
		return r, fmt.Errorf("mutate %s: there is nothing to mutate", pkg)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	dir, err := os.MkdirTemp("", "tenward-mutant-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // ours, below the system's temporary folder
	sound := mutation{file: all[0].file}
	switch compiled, red, err := tryOut(ctx, pkg, sound, dir); {
	case err != nil:
		return r, fmt.Errorf("mutate %s: %w", pkg, err)
	case !compiled || red:
		return r, fmt.Errorf("mutate %s: its tests are missing, or red without any mutation", pkg)
	}
	for _, m := range all {
		if r.Tried == n || ctx.Err() != nil {
			break
		}
		compiled, seen, err := tryOut(ctx, pkg, m, dir)
		if err != nil {
			return r, err
		}
		if !compiled {
			continue
		}
		r.Tried++
		if seen {
			r.Seen++
		} else {
			r.Survivors = append(r.Survivors, fmt.Sprintf("%s:%d: %s", m.file, m.line, m.what))
		}
	}
	fmt.Fprintf(os.Stderr, "%-7s %s: %d of %d mutations seen\n", "mutants", pkg, r.Seen, r.Tried)
	for _, s := range r.Survivors {
		fmt.Fprintln(os.Stderr, "        not seen:", s)
	}
	return r, ctx.Err()
}

func allMutations(pkg string) ([]mutation, error) {
	files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutation
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		all = append(all, mutationsOf(fset, name, file)...)
	}
	return all, nil
}

// tryOut runs the package's tests on one mutation. A test that hangs has seen it too.
func tryOut(ctx context.Context, pkg string, m mutation, dir string) (compiled, seen bool, err error) {
	src, err := os.ReadFile(m.file)
	if err != nil {
		return false, false, err
	}
	changed := filepath.Join(dir, "changed.go")
	if err := os.WriteFile(changed, m.apply(src), 0o600); err != nil {
		return false, false, err
	}
	whole, err := filepath.Abs(m.file)
	if err != nil {
		return false, false, err
	}
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{whole: changed}})
	if err != nil {
		return false, false, err
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		return false, false, err
	}
	program := filepath.Join(dir, "tests")
	if err := os.RemoveAll(program); err != nil { // a package without tests must not run the one before
		return false, false, err
	}
	if exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", program, pkg).Run() != nil {
		return false, false, ctx.Err()
	}
	test := exec.CommandContext(ctx, program, "-test.timeout=3m", "-test.failfast", "-test.short")
	test.Dir = pkg
	seen = test.Run() != nil
	return true, seen, ctx.Err()
}
