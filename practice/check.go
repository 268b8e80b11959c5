package practice

import (
	"context"
	"time"
)

// Check asks one question that the configuration and the outside can disagree on, and answers with findings.
type Check struct {
	ID     string // slug/what-must-be-true, "access/no-unused-admin"
	Title  string
	Source string // standard and section
	Fix    string // what to do when it fails
	Every  time.Duration
	Run    func(context.Context) ([]Finding, error)
}

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

// Finding is a dated answer about one subject.
type Finding struct {
	Check    string
	Subject  string
	Status   Status
	Sentence string
	Proof    []byte // what was seen, raw
	At       time.Time
	Until    time.Time // after this it is Unknown
}
