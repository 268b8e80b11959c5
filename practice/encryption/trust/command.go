package trust

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/tenward/tenward/problem"
)

// Bounds of what a program may take and say: both are generous for a store of thousands of certificates.
const (
	patience  = time.Minute
	maxOutput = 8 << 20
	maxSaid   = 1 << 10
)

var errSlow = errors.New("it took longer than " + patience.String())

// command is a program without a shell around it.
type command struct {
	program string
	pkg     string // the Debian package that carries it
	args    []string
	env     []string
	as      *syscall.Credential
}

// run gives the program its input and takes its output.
func (c command) run(ctx context.Context, input []byte) ([]byte, error) {
	path, err := exec.LookPath(c.program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + c.program) // not in everybody's PATH
	}
	if err != nil {
		return nil, missing("The program "+c.program+" is not installed on this machine.", c.pkg, err)
	}
	ctx, stop := context.WithTimeoutCause(ctx, patience, errSlow)
	defer stop()
	out, said := bounded{room: maxOutput}, bounded{room: maxSaid}
	cmd := exec.CommandContext(ctx, path, c.args...) //nolint:gosec // the program is one of this package's own two or three
	cmd.Env, cmd.Dir = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}, c.env...), "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &out, &said
	// A session of its own has no terminal: a program that wants a password errs and does not wait for somebody to type.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.as}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("run %s: %w: %s", c.program, err, strings.Join(strings.Fields(said.kept.String()), " "))
	}
	if out.over {
		return nil, fmt.Errorf("run %s: it said more than %d bytes", c.program, maxOutput)
	}
	return out.kept.Bytes(), nil
}

// missing names the command that brings what is not there.
func missing(sentence, pkg string, err error) error {
	return problem.New("encryption.trust.program-missing", sentence, "Run: apt-get install --no-install-recommends "+pkg).Because(err)
}

// bounded keeps the beginning of what is written and lets the rest go. The buffer is a field so that its other ways in
// stay shut.
type bounded struct {
	kept bytes.Buffer
	room int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if left := b.room - b.kept.Len(); len(p) > left {
		b.over = true
		b.kept.Write(p[:left])
		return len(p), nil
	}
	return b.kept.Write(p)
}
