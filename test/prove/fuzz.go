package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// total is what all runs together have fuzzed, by target: docs/proof/fuzz.json.
type total struct {
	Seconds float64 `json:"seconds"`
	Execs   int64   `json:"execs"`
	Last    string  `json:"last"`
}

var execs = regexp.MustCompile(`execs: (\d+)`)

// fuzz runs one target. A target that finds something leaves the input in its testdata and has failed.
func fuzz(ctx context.Context, t target, long time.Duration) (fuzzResult, error) {
	began := time.Now()
	cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-fuzz=^"+t.pattern+"$", "-fuzztime="+long.String(), t.pkg)
	out, err := cmd.CombinedOutput()
	r := fuzzResult{Package: t.pkg, Target: t.pattern, Seconds: time.Since(began).Seconds(), Passed: err == nil}
	all := execs.FindAllSubmatch(out, -1)
	if len(all) == 0 {
		r.Passed, r.Message = false, "nothing was fuzzed: is the target there?"
	} else if r.Execs, err = strconv.ParseInt(string(all[len(all)-1][1]), 10, 64); err != nil {
		return r, err
	}
	if !r.Passed {
		fmt.Fprintf(os.Stderr, "%s", out)
	}
	fmt.Fprintf(os.Stderr, "%-7s %s %s: %d runs in %.0f s\n", word(r.Passed), t.pkg, t.pattern, r.Execs, r.Seconds)
	return r, addUp(filepath.Join("docs", "proof", "fuzz.json"), r)
}

func addUp(path string, r fuzzResult) error {
	totals := map[string]total{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &totals)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", path, err)
	}
	name := r.Package + " " + r.Target
	t := totals[name]
	t.Seconds, t.Execs, t.Last = t.Seconds+float64(int(r.Seconds)), t.Execs+r.Execs, time.Now().UTC().Format(time.DateOnly)
	totals[name] = t
	if raw, err = json.MarshalIndent(totals, "", "  "); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(raw, '\n'), 0o644)
}
