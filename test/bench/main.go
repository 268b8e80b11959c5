// Command bench measures Tenward beside its peers and writes dist/bench.json and a table.
//
// Absolute figures are the machine's; what counts is the ratio to a peer that ran in turn with the subject, round by
// round, on the same machine in the same minutes. The anchor is the CPU time that the process itself took per request,
// which other load disturbs least. An A/A row runs the peer against itself: its distance from 1 is the noise.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

// groups are what can be measured, in order.
var groups = []struct {
	name    string
	measure func(context.Context, *bench) error
}{
	{"road", road},
	{"record", record},
	{"door", door},
	{"board", board},
}

func main() {
	if err := command(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() error {
	if len(os.Args) > 1 && os.Args[1] == "serve" { // a process that is measured
		return serve(os.Args[2:])
	}
	group := flag.String("group", "all", "the group to measure, or all")
	out := flag.String("out", filepath.Join("dist", "bench.json"), "where the rows go")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	return run(ctx, *group, *out)
}

func run(ctx context.Context, group, out string) error {
	dir, err := os.MkdirTemp("", "tenward-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of ours below the system's temporary one
	b := &bench{dir: dir}
	found := false
	for _, g := range groups {
		if group != "all" && group != g.name {
			continue
		}
		found = true
		b.group = g.name
		if err := g.measure(ctx, b); err != nil {
			return fmt.Errorf("measure %s: %w", g.name, err)
		}
	}
	if !found {
		return fmt.Errorf("there is no group %q", group)
	}
	return b.write(out)
}
