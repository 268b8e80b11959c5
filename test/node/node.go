// Package node starts the real program for tests of the whole: one node or several, as processes of their own, with
// visitors who use them from outside as browsers do.
package node

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Build compiles the program once for a test binary and gives its path. root is the module's folder.
func Build(root, dir string) (string, error) {
	program := filepath.Join(dir, "tenward")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", program, ".")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return program, nil
}

// Node is a running `tenward serve`.
type Node struct {
	Gate, Console string // where it listens, "127.0.0.1:41234"
	Data          string // its data folder

	program, config string
	process         *exec.Cmd
	said            *lines
	ended           chan struct{}
}

// Start runs a node with this configuration, in which {{data}} is its data folder, and waits until it answers. env is
// added to its environment. It ends with the test.
func Start(tb testing.TB, program, config string, env ...string) *Node {
	tb.Helper()
	dir := tb.TempDir()
	n := &Node{Data: filepath.Join(dir, "data"), program: program, config: filepath.Join(dir, "tenward.yaml")}
	n.Configure(tb, config)
	n.Run(tb, env...)
	tb.Cleanup(func() { n.Kill(tb) })
	return n
}

// Configure writes another configuration, which the node has not read yet.
func (n *Node) Configure(tb testing.TB, config string) {
	tb.Helper()
	if err := os.WriteFile(n.config, []byte(strings.ReplaceAll(config, "{{data}}", n.Data)), 0o600); err != nil {
		tb.Fatal(err)
	}
}

var ready = regexp.MustCompile(`msg=ready https=(\S+) console=(\S+)`)

// Run starts the node again after Stop or Kill, on the same data.
func (n *Node) Run(tb testing.TB, env ...string) {
	tb.Helper()
	n.said = &lines{}
	n.process = exec.CommandContext(context.Background(), n.program, "serve", "-c", n.config)
	n.process.Env = append(os.Environ(), env...)
	n.process.Stderr = n.said
	if err := n.process.Start(); err != nil {
		tb.Fatal(err)
	}
	n.ended = make(chan struct{})
	go func(p *exec.Cmd, ended chan struct{}) {
		defer close(ended)
		_ = p.Wait() // how it ended is in what it said
	}(n.process, n.ended)
	found := n.said.await(ready, n.ended, time.Minute)
	if found == nil {
		tb.Fatalf("the node never got ready:\n%s", n.said)
	}
	n.Gate, n.Console = found[1], found[2]
}

// Said is what the node has written for its operator.
func (n *Node) Said() string { return n.said.String() }

// Stop ends the node as an operator does, and waits.
func (n *Node) Stop(tb testing.TB) {
	tb.Helper()
	n.signal(tb, syscall.SIGTERM)
}

// Kill ends the node as a loss of power does.
func (n *Node) Kill(tb testing.TB) {
	tb.Helper()
	n.signal(tb, syscall.SIGKILL)
}

func (n *Node) signal(tb testing.TB, s syscall.Signal) {
	tb.Helper()
	select {
	case <-n.ended:
		return
	default:
	}
	if err := n.process.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		tb.Error(err)
	}
	select {
	case <-n.ended:
	case <-time.After(time.Minute):
		tb.Errorf("the node did not end:\n%s", n.said)
	}
}

// Command runs the program against this node and gives what it writes. It fails the test when the command fails.
func (n *Node) Command(tb testing.TB, args ...string) string {
	tb.Helper()
	out, err := n.Try(tb, args...)
	if err != nil {
		tb.Fatalf("tenward %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// Try is Command for one that may fail.
func (n *Node) Try(tb testing.TB, args ...string) (string, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, n.program, append(args, "-c", n.config)...)
	out, err := command.CombinedOutput()
	return string(out), err
}

// Invite makes somebody new, and gives the link with which they enrol.
func (n *Node) Invite(tb testing.TB, args ...string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "link")
	n.Command(tb, append([]string{"person", "invite", "--link-file", file}, args...)...)
	link, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimSpace(string(link))
}

// lines collects what a process writes.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.more != nil {
		close(l.more)
		l.more = nil
	}
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await gives the first line's match, or nil when the process ends or the time is over without one.
func (l *lines) await(pattern *regexp.Regexp, ended <-chan struct{}, within time.Duration) []string {
	late := time.After(within)
	for {
		l.mu.Lock()
		scan := bufio.NewScanner(bytes.NewReader(l.text.Bytes()))
		for scan.Scan() {
			if found := pattern.FindStringSubmatch(scan.Text()); found != nil {
				l.mu.Unlock()
				return found
			}
		}
		if l.more == nil {
			l.more = make(chan struct{})
		}
		more := l.more
		l.mu.Unlock()
		select {
		case <-more:
		case <-ended:
			return nil
		case <-late:
			return nil
		}
	}
}
