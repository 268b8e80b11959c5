package app

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The stories run the real program as users do. TestMain lets this test binary be that program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tenward":  func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
		"diagnose": func() { os.Exit(diagnose(os.Args[1:])) },
	})
}

func TestStories(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the stories paste curl lines: apt-get install --no-install-recommends curl")
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":  await,
			"paste":  paste,
			"setenv": setenv,
		},
	})
}

// await FILE PATTERN waits until the file that a background process writes has a match.
func await(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile(args[1])
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && pattern.Match(content) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			ts.Fatalf("%s never had %q; it has:\n%s", args[0], args[1], content)
		}
	}
}

// paste FILE PATTERN runs the one line of a printed page that matches, as somebody would who pastes it, and keeps
// what it says in the file "pasted".
func paste(ts *testscript.TestScript, neg bool, args []string) {
	var lines []string
	for line := range strings.SplitSeq(ts.ReadFile(args[0]), "\n") {
		if regexp.MustCompile(args[1]).MatchString(line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) != 1 {
		ts.Fatalf("%d lines of %s match %q", len(lines), args[0], args[1])
	}
	err := ts.Exec("sh", "-c", lines[0]+" >pasted 2>pasted.err")
	if (err != nil) != neg {
		ts.Fatalf("%s: %v\n%s%s", lines[0], err, ts.ReadFile("pasted"), ts.ReadFile("pasted.err"))
	}
}

// setenv NAME FILE PATTERN takes the pattern's first group out of a file.
func setenv(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) < 2 {
		ts.Fatalf("%s has no %q:\n%s", args[1], args[2], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], found[1])
}
