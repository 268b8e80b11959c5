// Package problem says to people what went wrong and what to do next.
//
// A Problem is the only error text that may leave Tenward towards a person: on an error page, in the
// API (RFC 9457 names the members), in the terminal. Its cause is for the operator's log. Any other
// error reaches people as Internal: a sentence that gives nothing away, and an id to quote.
package problem

import (
	"errors"
	"time"
)

// Problem is an error for people: what happened, in one sentence, and the next step.
type Problem struct {
	Code       string        // stable and dotted, "store.database.newer": for scripts and for searching the docs
	Sentence   string        // what happened, a whole sentence
	Next       string        // what to do about it, a whole sentence
	RetryAfter time.Duration // when trying again makes sense; zero when it does not

	cause error
}

// New makes a problem from its code, its sentence and the next step.
func New(code, sentence, next string) *Problem {
	return &Problem{Code: code, Sentence: sentence, Next: next}
}

// Internal is what people are told of an error that was not written for them.
func Internal(cause error) *Problem {
	return New("internal", "Something went wrong inside Tenward.",
		"Try again; if it stays, give the event id to whoever runs this service.").Because(cause)
}

// Of finds the problem in err's chain; an error without one is Internal.
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return Internal(err)
}

// Because returns a copy that hides err as its cause: for the log and for errors.Is, not for people.
func (p *Problem) Because(err error) *Problem {
	q := *p
	q.cause = err
	return &q
}

// Is says whether another error is the same problem, whatever caused either.
func (p *Problem) Is(target error) bool {
	other, ok := target.(*Problem)
	return ok && other.Code == p.Code
}

// After returns a copy that says when trying again makes sense.
func (p *Problem) After(d time.Duration) *Problem {
	q := *p
	q.RetryAfter = d
	return &q
}

// Error is the sentence and the next step, without the cause.
func (p *Problem) Error() string {
	if p.Next == "" {
		return p.Sentence
	}
	return p.Sentence + " " + p.Next
}

// Unwrap gives the hidden cause.
func (p *Problem) Unwrap() error { return p.cause }
