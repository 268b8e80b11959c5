// Package doctor looks at an installation the way somebody does who is called because it does not work: from outside, on files
// and sockets alone, changing nothing. It says what is wrong in a sentence, and what to do about it.
//
// It knows no practice and reads no configuration: what there is to look at stands in a World, which its caller fills. Every
// question is asked at the same time as the others and has its own end, so that a disk or a name server that hangs
// costs its own line and not the rest. Sources: proc(5) for sockets, locks and limits, capabilities(7), statfs(2).
package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tenward/tenward/problem"
)

// Status is how something stands.
type Status int

// The four. The zero value says that nobody could answer, which is never a pass.
const (
	Skip Status = iota // nothing to ask, or nobody to answer
	OK
	Warn // it works, and should not stay like this
	Fail // it does not work, or is open to whom it must not be
)

// String is the word.
func (s Status) String() string { return [...]string{"skip", "ok", "warn", "fail"}[s] }

// MarshalText is String.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Line is one answer.
type Line struct {
	Check    string `json:"check"`
	Status   Status `json:"status"`
	Sentence string `json:"sentence"`
	Mend     string `json:"mend,omitempty"` // what to do; empty where nothing is to be done
}

func line(s Status, format string, args ...any) Line {
	return Line{Status: s, Sentence: fmt.Sprintf(format, args...)}
}

// do adds what is to be done.
func (l Line) do(format string, args ...any) Line {
	l.Mend = fmt.Sprintf(format, args...)
	return l
}

// failed is the line of an error. What was not written for people is put after a sentence of its own.
func failed(what string, err error) Line {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return line(Fail, "%s", p.Sentence).do("%s", p.Next)
	}
	return line(Fail, "%s: %v.", what, err)
}

// check is one question.
type check struct {
	name   string
	ask    func(context.Context, *World) []Line
	inside bool // it looks into the data folder
}

// checks are asked at once and told in this order: what the others rest on comes first.
var checks = []check{
	{"config", config, false},           // without it there is little to look at
	{"running", running, true},          // who works on the data folder
	{"program", program, true},          // and as which program
	{"ports", ports, false},             // can it be reached
	{"privilege", privilege, false},     // may it listen there
	{"descriptors", descriptors, false}, // for how many at once
	{"permissions", permissions, false}, // who gets at what it keeps
	{"master key", masterKey, true},
	{"admin socket", adminSocket, true},
	{"disk", disk, false},
	{"clock", clock, false},
	{"database", database, true},
	{"cluster", cluster, false},
	{"record", record, true},
	{"names", names, false},
	{"certificates", certificates, true},
	{"upstreams", upstreams, false},
	{"around the gate", around, false}, // does anybody need the gate at all
}

const (
	// each is how long one question may take; what it asks is told so.
	each = 2 * time.Second
	// all is when the answers are taken as they are: a system call on a dead disk does not end when it is told to.
	all = each + 500*time.Millisecond
)

var errSlow = fmt.Errorf("no answer within %s", each)

// Examine asks everything. It returns in less than three seconds, whatever hangs.
func Examine(ctx context.Context, w *World) []Line {
	ctx, cancel := context.WithTimeout(ctx, all)
	defer cancel()
	answers := make([]chan []Line, len(checks))
	for i, c := range checks {
		answers[i] = make(chan []Line, 1) // who answers too late finds room, and ends
		go func() { answers[i] <- c.answer(ctx, w) }()
	}
	var lines []Line
	for i, c := range checks {
		some := taken(ctx, answers[i])
		for _, l := range some {
			l.Check = c.name
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(rank(a.Status), rank(b.Status)) })
	return lines
}

// taken is the answer, or that there was none in time. One that is there counts, also after the end.
func taken(ctx context.Context, answer <-chan []Line) []Line {
	select {
	case some := <-answer:
		return some
	case <-ctx.Done():
	}
	select {
	case some := <-answer:
		return some
	default:
		return []Line{line(Fail, "There was %v.", errSlow).do("See what hangs: a disk (`dmesg | tail`), a name server or a database.")}
	}
}

// rank has the worst first, and last what nobody could say.
func rank(s Status) int { return [...]int{Skip: 3, OK: 2, Warn: 1, Fail: 0}[s] }

// answer asks one question within its time. A panic is an answer too: the other questions are not its fault.
func (c check) answer(ctx context.Context, w *World) (lines []Line) {
	ctx, cancel := context.WithTimeoutCause(ctx, each, errSlow)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			lines = []Line{line(Fail, "The question itself failed: %v.", p).do("Report it; docs/operating/trouble.md says how to look by hand.")}
		}
	}()
	if w.Wrong != nil && !w.Usable && c.name != "config" {
		return []Line{line(Skip, "The configuration says nothing yet that could be looked at.")}
	}
	if c.inside && w.closed() {
		return []Line{line(Skip, "This user may not look into %s.", w.Folder)}
	}
	return c.ask(ctx, w)
}

// Worst is the worst status among the lines.
func Worst(lines []Line) Status {
	worst := Skip
	for _, l := range lines {
		worst = max(worst, l.Status)
	}
	return worst
}

// config says everything that is wrong with the file.
func config(_ context.Context, w *World) []Line {
	if w.Wrong == nil {
		return []Line{line(OK, "%s is valid.", w.File)}
	}
	return w.Wrong
}
