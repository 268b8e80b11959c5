package app

import (
	"context"
	"net/url"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

// status is how everything stands, in the words of `tenward status --json`. They are a promise.
type status struct {
	At        time.Time        `json:"at"`
	Score     statusScore      `json:"score"`
	Practices []statusPractice `json:"practices"`
}

type statusScore struct {
	Percent int `json:"percent"`
	evidence.Score
}

type statusPractice struct {
	Slug     string        `json:"slug"`
	Title    string        `json:"title"`
	Source   string        `json:"source"`
	Assessed bool          `json:"assessed"`
	Score    statusScore   `json:"score"`
	Checks   []statusCheck `json:"checks"`
}

type statusCheck struct {
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Source   string          `json:"source"`
	Status   practice.Status `json:"status"`
	Subjects evidence.Counts `json:"subjects"`
	Age      *int64          `json:"age"   jsonschema:"nullable"` // seconds since it was asked; null: never
	Until    *time.Time      `json:"until" jsonschema:"nullable"`
	Problem  string          `json:"problem,omitempty"`
	Worst    []statusFinding `json:"worst,omitempty"` // what it says of the first that do not pass
	Fix      string          `json:"fix,omitempty"`   // where it does not pass
}

type statusFinding struct {
	Subject  string          `json:"subject"`
	Status   practice.Status `json:"status"`
	Sentence string          `json:"sentence"`
}

func statusOf(p *evidence.Posture) status {
	scored := func(s evidence.Score) statusScore { return statusScore{s.Percent(), s} }
	s := status{At: p.At, Score: scored(p.Score)}
	for i := range p.Practices {
		one := &p.Practices[i]
		of := statusPractice{one.Slug, one.Title, one.Source, one.Assessed, scored(one.Score), []statusCheck{}}
		for j := range one.Checks {
			of.Checks = append(of.Checks, statusOfCheck(&one.Checks[j], p.At))
		}
		s.Practices = append(s.Practices, of)
	}
	return s
}

func statusOfCheck(a *evidence.Asked, now time.Time) statusCheck {
	c := statusCheck{ID: a.ID, Title: a.Title, Source: a.Source, Status: a.Status, Subjects: a.Counts, Problem: a.Problem}
	if !a.At.IsZero() {
		age := int64(max(now.Sub(a.At), 0) / time.Second)
		c.Age = &age
	}
	if !a.Until.IsZero() {
		c.Until = &a.Until
	}
	for i := range a.Findings {
		c.Worst = append(c.Worst, statusFinding{a.Findings[i].Subject, a.Findings[i].Status, a.Findings[i].Sentence})
	}
	if a.Status != practice.Pass {
		c.Fix = a.Fix
	}
	return c
}

// statusAnswer is what the API says of it, as `tenward status` asks.
func statusAnswer(checks *evidence.Service) practice.Page {
	return practice.Page{
		Path: "/status", Title: "How the ten practices stand", Permission: console.SeeState, Data: status{},
		Load: func(ctx context.Context, _ url.Values) (any, error) {
			posture, err := checks.Posture(ctx)
			if err != nil {
				return nil, err
			}
			return statusOf(posture), nil
		},
	}
}
