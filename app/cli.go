package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// commands is the command line: each field a command, each command a struct with its flags and a Run method.
type commands struct {
	Config  string `short:"c" placeholder:"FILE" help:"The configuration; else ./tenward.yaml, ./.tenward/tenward.yaml or /etc/tenward/tenward.yaml." name:"config"`
	JSON    bool   `help:"Write results as JSON." name:"json"`
	Quiet   bool   `short:"q" help:"Say only what is wrong."`
	Verbose bool   `short:"v" help:"Say what goes on inside."`

	Demo    demoCommand    `cmd:"" help:"Start a weak sample application with Tenward in front of it."`
	Init    initCommand    `cmd:"" help:"Write a configuration: ask for what it needs, or translate an nginx.conf or a Caddyfile."`
	Serve   serveCommand   `cmd:"" help:"Stand in front of the configured applications."`
	Check   configCommand  `cmd:"" name:"config" help:"Check, show and describe the configuration."`
	Reload  reloadCommand  `cmd:"" help:"Bring what the configuration file says now into force, without losing a connection."`
	Doctor  doctorCommand  `cmd:"" help:"Say in three seconds what is wrong with this installation, and what to do."`
	Status  statusCommand  `cmd:"" help:"Say how the ten practices stand now, what fails first."`
	Backup  backupCommand  `cmd:"" help:"Write everything that must not be lost into one sealed file, while Tenward runs."`
	Restore restoreCommand `cmd:"" help:"Make a backup stand again where nothing stands, or check that it could."`
	Log     logCommand     `cmd:"" help:"Verify and read the record of what happened."`
	Person  personCommand  `cmd:"" help:"Say who may come in, and what they may do."`
	Trust   trustCommand   `cmd:"" help:"Have this machine and your browsers trust Tenward's own authority."`
	Version versionCommand `cmd:"" help:"Say which version this is."`
}

// load reads the configuration and says everything that is wrong with it.
func (t *terminal) load(o config.Options) (*Config, *config.Source, error) {
	return loadConfig(t.config, o)
}

// The exit codes, the same for every command.
const (
	exitOK           = 0
	exitFailed       = 1
	exitUsage        = 2
	exitConfig       = 3
	exitNotReachable = 4
	exitRefused      = 5
	exitFindings     = 6
	exitProof        = 7
	exitInterrupted  = 130
)

// exitError is an error with an exit code of its own. Without a cause everything has been said already.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// exited leaves kong after --help.
type exited int

// Main runs the program and gives its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	var line commands
	parser, err := kong.New(&line, kong.Name("tenward"), kong.UsageOnError(), kong.Writers(stdout, stderr),
		kong.Description("One binary in front of a client-server application that makes ten security practices true and keeps proving it."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Exit(func(code int) { panic(exited(code)) }))
	if err != nil {
		fmt.Fprintln(stderr, "tenward:", err)
		return exitFailed
	}
	defer func() {
		if e := recover(); e != nil {
			done, ok := e.(exited)
			if !ok {
				panic(e)
			}
			code = int(done)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	called, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "tenward: %s.\nSee tenward --help.\n", strings.TrimSuffix(err.Error(), "."))
		return exitUsage
	}
	t := &terminal{
		in: stdin, out: stdout, err: stderr, json: line.JSON, quiet: line.Quiet, config: line.Config, program: programName(),
		log: newLogger(stderr, line.Quiet, line.Verbose),
	}
	called.BindTo(context.Background(), (*context.Context)(nil))
	return t.exitCode(called.Run(t))
}

// exitCode says to a person what went wrong and gives the exit code for it.
func (t *terminal) exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitFailed
	var with *exitError
	if errors.As(err, &with) {
		if with.cause == nil {
			return with.code
		}
		code = with.code
	}
	var invalid *config.Invalid
	switch {
	case errors.As(err, &invalid):
		t.complain(invalid)
		return exitConfig
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(t.err, "tenward: interrupted")
		return exitInterrupted
	}
	p := problem.Of(err)
	if strings.HasPrefix(p.Code, "config.") {
		code = exitConfig
	}
	if t.json {
		fmt.Fprintln(t.err, asJSON(map[string]string{"code": p.Code, "sentence": p.Sentence, "next": p.Next}))
	} else {
		fmt.Fprintf(t.err, "tenward: %s\n", p.Sentence)
		if p.Next != "" {
			fmt.Fprintf(t.err, "  next: %s\n", p.Next)
		}
	}
	if p.Code == "internal" {
		t.log.Error("internal error", "error", err)
	} else if cause := errors.Unwrap(p); cause != nil {
		t.log.Debug("because", "error", cause)
	}
	return code
}

func (t *terminal) complain(invalid *config.Invalid) {
	_ = invalid.Render(t.err) // nobody is left to be told
	things := "1 thing is"
	if n := len(invalid.Issues); n != 1 {
		things = fmt.Sprintf("%d things are", n)
	}
	fmt.Fprintf(t.err, "\ntenward: %s wrong with the configuration; nothing was started or changed.\n", things)
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "{}"
	}
	return string(b)
}
