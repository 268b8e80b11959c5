package evidence

import (
	"time"

	"github.com/tenward/tenward/practice"
)

// Posture is how everything stands at one moment.
type Posture struct {
	At        time.Time  `json:"at"`
	Score     Score      `json:"score"`     // of all practices that are assessed, each counting the same
	Practices []Standing `json:"practices"` // the ten, in their order
}

// Standing is how one practice stands.
type Standing struct {
	Slug     string  `json:"slug"`
	Title    string  `json:"title"`
	Icon     string  `json:"-"`
	Source   string  `json:"source"`
	Assessed bool    `json:"assessed"` // false: it is not built, and nothing is known
	Score    Score   `json:"score"`
	Checks   []Asked `json:"checks"`            // what fails first, then what nobody knows, then by id
	History  []Point `json:"history,omitempty"` // a day each, the oldest first, today last
}

// Score is the weighted share of the checks that is proven now. What is unknown, erring or expired is not proven.
type Score struct {
	Proven int `json:"proven"` // weight of what passes, in hundredths: a check of weight 1 that passes for half its subjects is 50
	Of     int `json:"of"`     // weight of all, in hundredths; 0: nothing is assessed
}

// Percent is the score from 0 to 100, rounded down: 100 means that everything is proven.
func (s Score) Percent() int {
	if s.Of <= 0 {
		return 0
	}
	return s.Proven * 100 / s.Of
}

// Point is the score of one day: its last one.
type Point struct {
	Day   time.Time `json:"day"` // midnight UTC
	Score Score     `json:"score"`
	Known bool      `json:"known"` // false: that day nothing was assessed
}

// Asked is one check with its newest answer.
type Asked struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	Source string        `json:"source"`
	Fix    string        `json:"fix"`
	Every  time.Duration `json:"every" doc:"How often it is asked, in nanoseconds"`
	Weight int           `json:"weight"`

	Status   practice.Status `json:"status"` // the worst of its subjects: fail, unknown, warn, pass
	Counts   Counts          `json:"counts"`
	At       time.Time       `json:"at,omitzero"`        // when it was asked last; zero: never
	Until    time.Time       `json:"until,omitzero"`     // when the first of its answers stops being good
	Problem  string          `json:"problem,omitempty"`  // why there is no answer, in a sentence; without secrets
	Findings []Kept          `json:"findings,omitempty"` // the worst first; Posture has three at most, of what does not pass
}

// Counts is how many subjects have which answer.
type Counts struct {
	Pass    int `json:"pass"`
	Warn    int `json:"warn"`
	Fail    int `json:"fail"`
	Unknown int `json:"unknown"`
}

// Kept is a finding as it is kept: with when its subject's answer last became another.
type Kept struct {
	Subject  string          `json:"subject"`
	Status   practice.Status `json:"status"` // Unknown once it has expired
	Expired  bool            `json:"expired"`
	Sentence string          `json:"sentence"`
	Proof    string          `json:"proof,omitempty"`
	At       time.Time       `json:"at"`
	Until    time.Time       `json:"until"`
	Since    time.Time       `json:"since"` // since when the answer is this one
}

// Checked is one check with its newest answer and how it came to be.
type Checked struct {
	Asked
	Practice string   `json:"practice"` // its slug
	Changes  []Change `json:"changes,omitempty"`
}

// Change is an answer that became another.
type Change struct {
	At       time.Time `json:"at"`
	Check    string    `json:"check"`
	Subject  string    `json:"subject"` // empty: the check as a whole
	Was      string    `json:"was"`     // empty: nobody had asked about it
	Became   string    `json:"became"`  // empty: the check speaks of it no more
	Sentence string    `json:"sentence"`
	Event    string    `json:"event"` // the event that records it; one may record many
}

// What is read at once, so that no page and no answer grows with what is kept.
const (
	MaxFindings = 100 // subjects of a check, the worst first
	MaxChanges  = 100 // changes, the newest first
)
