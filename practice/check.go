package practice

import (
	"context"
	"fmt"
	"time"
)

// Check asks one question that the configuration and the outside can disagree on, and answers with findings: one for
// each subject that it asked about, at least one. An error is the answer Unknown.
type Check struct {
	ID      string // slug/what-must-be-true, "access/no-unused-admin"
	Title   string
	Source  string // standard and section
	Fix     string // what to do when it fails
	Every   time.Duration
	Timeout time.Duration // zero: DefaultCheckTimeout
	Weight  int           // what it counts in its practice's score; zero counts one
	// Stale are the kinds of events after which the answer may be another; "access." is all of access's. It should not
	// have those that asking leaves.
	Stale []string
	Run   func(context.Context) ([]Finding, error)
}

// DefaultCheckTimeout bounds a check that names no bound of its own.
const DefaultCheckTimeout = 30 * time.Second

// Status is a finding's answer.
type Status uint8

// The answers. The zero value is Unknown, and Unknown never scores as a pass.
const (
	Unknown Status = iota
	Pass
	Warn
	Fail
)

// String is the status in lower case.
func (s Status) String() string {
	switch s {
	case Pass:
		return "pass"
	case Warn:
		return "warn"
	case Fail:
		return "fail"
	default:
		return "unknown"
	}
}

// Words are all that a status may be written as.
func (Status) Words() []string {
	return []string{Unknown.String(), Pass.String(), Warn.String(), Fail.String()}
}

// MarshalText writes the status as its word.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a status's word.
func (s *Status) UnmarshalText(word []byte) error {
	for _, one := range []Status{Unknown, Pass, Warn, Fail} {
		if one.String() == string(word) {
			*s = one
			return nil
		}
	}
	return fmt.Errorf("read status %q: want unknown, pass, warn or fail", word)
}

// Finding is a dated answer about one subject. A check fills the first four; whoever runs it fills the others where it
// has left them empty.
type Finding struct {
	Subject  string // what was asked about, never a person's name: a service, a listener, a role, an account's id
	Status   Status
	Sentence string
	Proof    []byte // what was seen, raw; at most MaxProof bytes are kept

	Check string
	At    time.Time
	Until time.Time // after this it is Unknown; empty: twice the check's own time from At
}

// Found is an answer about one subject. The sentence is a format; whoever runs the check dates it.
func Found(status Status, subject, sentence string, values ...any) Finding {
	return Finding{Subject: subject, Status: status, Sentence: fmt.Sprintf(sentence, values...)}
}

// MaxProof is how many bytes of a finding's proof are kept.
const MaxProof = 16 << 10
