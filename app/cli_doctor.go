package app

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/tenward/tenward/doctor"
	"github.com/tenward/tenward/practice/monitoring"
)

type doctorCommand struct {
	FailOn string `enum:"fail,warn" default:"fail" placeholder:"warn" help:"With warn, exit with code 6 where nothing fails and something warns."`
}

// Run looks at everything, changes nothing, and says what to do. A line that fails makes the exit code 1.
func (d doctorCommand) Run(ctx context.Context, t *terminal) error {
	world, err := diagnosis{time.Now, monitoring.KernelClock, os.Getenv}.world(t.config)
	if err != nil {
		return err
	}
	lines := doctor.Examine(ctx, world)
	worst := doctor.Worst(lines)
	if t.quiet {
		lines = slices.DeleteFunc(lines, func(l doctor.Line) bool { return l.Status < doctor.Warn })
	}
	if t.json {
		err = t.printJSON(lines)
	} else {
		err = doctor.Write(t.out, lines, isTerminal(t.out) && os.Getenv("NO_COLOR") == "")
	}
	if err != nil {
		return err
	}
	return d.verdict(worst)
}

func (d doctorCommand) verdict(worst doctor.Status) error {
	switch {
	case worst == doctor.Fail:
		return &exitError{code: exitFailed}
	case worst == doctor.Warn && d.FailOn == "warn":
		return &exitError{code: exitFindings}
	}
	return nil
}
