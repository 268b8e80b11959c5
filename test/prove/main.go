// Command prove runs the full counts and times that `make test` runs in small: repetitions, fuzzing, and mutations that
// must turn a test red. It writes dist/proof.json, and adds the fuzzing to the running total in docs/proof/fuzz.json.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := prove(); err != nil {
		fmt.Fprintln(os.Stderr, "prove:", err)
		os.Exit(1)
	}
}

func prove() error {
	o := options{}
	flag.StringVar(&o.group, "group", "all", "the group to prove, or all")
	flag.DurationVar(&o.fuzz, "fuzz", 2*time.Minute, "how long each fuzz target runs")
	flag.IntVar(&o.mutants, "mutants", 20, "how many mutations of each package are tried")
	flag.Uint64Var(&o.seed, "seed", uint64(time.Now().Unix()), "picks the mutations")
	flag.StringVar(&o.only, "only", "", "run only tests, fuzz or mutants")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return run(ctx, o)
}

type options struct {
	group, only string
	fuzz        time.Duration
	mutants     int
	seed        uint64
}

func (o options) wants(part string) bool { return o.only == "" || o.only == part }

func run(ctx context.Context, o options) error {
	p := &proof{Date: time.Now().UTC().Format(time.RFC3339), Group: o.group, Seed: o.seed}
	found := false
	for _, g := range groups {
		if o.group != "all" && o.group != g.name {
			continue
		}
		found = true
		if err := g.prove(ctx, o, p); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("there is no group %q", o.group)
	}
	if err := p.write(filepath.Join("dist", "proof.json")); err != nil {
		return err
	}
	return p.verdict()
}

func (g group) prove(ctx context.Context, o options, p *proof) error {
	if o.wants("tests") {
		for _, t := range g.tests {
			p.Tests = append(p.Tests, g.test(ctx, t))
		}
	}
	if o.wants("fuzz") {
		for _, t := range g.fuzz {
			r, err := fuzz(ctx, t, o.fuzz)
			if err != nil {
				return err
			}
			p.Fuzz = append(p.Fuzz, r)
		}
	}
	if o.wants("mutants") {
		for _, pkg := range g.mutate {
			r, err := mutate(ctx, pkg, o.mutants, o.seed)
			if err != nil {
				return err
			}
			p.Mutants = append(p.Mutants, r)
		}
	}
	return ctx.Err()
}

// test runs tests with their full counts.
func (g group) test(ctx context.Context, t target) testResult {
	began := time.Now()
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=60m", "-run", t.pattern, t.pkg)
	cmd.Env = append(os.Environ(), "TENWARD_PROVE=1")
	out, err := cmd.CombinedOutput()
	r := testResult{Group: g.name, Package: t.pkg, Tests: t.pattern, Seconds: time.Since(began).Seconds(), Passed: err == nil}
	if strings.Contains(string(out), "no tests to run") {
		r.Passed, err = false, errors.New("no test has that name")
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s\n%s", err, out)
	}
	fmt.Fprintf(os.Stderr, "%-7s %s %s in %.0f s\n", word(r.Passed), t.pkg, t.pattern, r.Seconds)
	return r
}

func word(passed bool) string {
	if passed {
		return "ok"
	}
	return "FAILED"
}
