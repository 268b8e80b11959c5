package main

import (
	"bufio"
	"errors"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// launchLogged starts a command that says where it listens in its log, behind key.
func launchLogged(cmd *exec.Cmd, key string) (*process, error) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(log)
	var said strings.Builder
	for {
		line, err := lines.ReadString('\n')
		said.WriteString(line)
		if _, rest, ok := strings.Cut(line, key); ok {
			address, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			go io.Copy(io.Discard, lines) //nolint:errcheck // until the process ends
			return &process{cmd: cmd, address: address}, nil
		}
		if err != nil {
			return nil, errors.Join(errors.New("it ended before it was ready: "+said.String()), cmd.Wait())
		}
	}
}
