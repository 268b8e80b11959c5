package app

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// terminal is what a command has of the outside: where results and messages go, and how they are wanted.
type terminal struct {
	in       io.Reader     // a person's answers, where one is there
	lines    *bufio.Reader // over it, once it is read
	asks     func() bool   // whether a person is there; nil: where in is a terminal
	out, err io.Writer     // results; messages
	json     bool
	quiet    bool
	config   string // the configuration file, when one was named
	program  string // how the program was called, for lines to paste
	log      *slog.Logger
}

func (t *terminal) printJSON(v any) error {
	e := json.NewEncoder(t.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// say is for people who watch; it is no result.
func (t *terminal) say(sentence string) {
	if !t.quiet {
		fmt.Fprintln(t.err, sentence)
	}
}

// isTerminal says whether a person is likely to be watching.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// person says whether somebody is there to be asked.
func (t *terminal) person() bool {
	if t.asks != nil {
		return t.asks()
	}
	f, ok := t.in.(*os.File)
	return ok && isTerminal(f)
}

// programName is how this program can be called again.
func programName() string {
	self, err := os.Executable()
	if err != nil || strings.Contains(self, "go-build") {
		return "go run ." // it was made for this one run
	}
	return os.Args[0]
}

// newLogger writes for the operator of the process.
func newLogger(w io.Writer, quiet, verbose bool) *slog.Logger {
	level := slog.LevelInfo
	switch {
	case verbose:
		level = slog.LevelDebug
	case quiet:
		level = slog.LevelError
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
