package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that is measured from outside.
type process struct {
	cmd     *exec.Cmd
	address string
}

// start runs this program again as a server and waits until it says where it listens.
func start(ctx context.Context, kind string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return launch(ctx, exec.CommandContext(ctx, self, append([]string{"serve", kind}, args...)...))
}

// launch starts a command whose first line on standard output is its address.
func launch(_ context.Context, cmd *exec.Cmd) (*process, error) {
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s said no address: %w", cmd.Args[len(cmd.Args)-1], err), cmd.Wait())
	}
	return &process{cmd: cmd, address: strings.TrimSpace(line)}, nil
}

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && !exit.Exited() { // ended by our signal
		return nil
	}
	return err
}

// cpu is the CPU time that all threads of the process have taken so far (proc(5), schedstat).
func (p *process) cpu() (time.Duration, error) {
	tasks := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "task")
	entries, err := os.ReadDir(tasks)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(tasks, e.Name(), "schedstat"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		first, _, _ := strings.Cut(string(raw), " ")
		ns, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read CPU time of %s: %w", e.Name(), err)
		}
		sum += time.Duration(ns)
	}
	return sum, nil
}

// memory is the resident memory in bytes, and the part of it that is not of files (proc(5), status).
func (p *process) memory() (resident, anonymous int64, err error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "status"))
	if err != nil {
		return 0, 0, err
	}
	field := func(name string) int64 {
		for line := range strings.SplitSeq(string(raw), "\n") {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
				if err == nil {
					return kb << 10
				}
			}
		}
		return 0
	}
	return field("VmRSS"), field("RssAnon"), nil
}
