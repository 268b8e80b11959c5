package console

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/console/ui/chart"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

// Evidence is what is proven of the practices, as evidence.Service has it.
type Evidence interface {
	Posture(ctx context.Context) (*evidence.Posture, error)
	Practice(ctx context.Context, slug string) (*evidence.Standing, error)
	Check(ctx context.Context, id string) (*evidence.Checked, error)
	Run(ctx context.Context, id string) (*evidence.Checked, error)
}

// ranks are the answers, what needs somebody first.
var ranks = [...]practice.Status{practice.Fail, practice.Unknown, practice.Warn, practice.Pass}

// statusPill is an answer for the eye.
func statusPill(s practice.Status) ui.Pill {
	switch s {
	case practice.Fail:
		return ui.Pill{Class: "crit", Word: "Failing"}
	case practice.Warn:
		return ui.Pill{Class: "med", Word: "Warning"}
	case practice.Pass:
		return ui.Pill{Class: "ok", Word: "Proven"}
	default:
		return ui.Pill{Class: "info", Word: "Unknown"}
	}
}

// standing is a practice as pages show it.
type standing struct {
	evidence.Standing
	now time.Time
}

// Link leads to the practice's page.
func (s *standing) Link() string { return "/practices/" + url.PathEscape(s.Slug) }

// Having leads to its checks that stand so.
func (s *standing) Having(status string) string { return s.Link() + "?status=" + status }

// Count is how many checks stand so.
func (s *standing) Count(status string) int { return count(s.Checks, status) }

func count(checks []evidence.Asked, status string) int {
	n := 0
	for i := range checks {
		if checks[i].Status.String() == status {
			n++
		}
	}
	return n
}

// Status is the worst of its checks; a practice that is not assessed has none.
func (s *standing) Status() practice.Status {
	for _, rank := range ranks {
		if s.Count(rank.String()) > 0 {
			return rank
		}
	}
	return practice.Unknown
}

// Pill is how it stands, for the eye.
func (s *standing) Pill() ui.Pill {
	if !s.Assessed {
		return ui.Pill{Class: "info", Word: "Not assessed"}
	}
	return statusPill(s.Status())
}

// Proof says how old the oldest of its answers is.
func (s *standing) Proof() string {
	var oldest time.Time
	for i := range s.Checks {
		at := s.Checks[i].At
		if at.IsZero() {
			return "not all asked yet"
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	if oldest.IsZero() {
		return ""
	}
	return "asked " + ui.Ago(s.now, oldest)
}

// Spark draws the score of the last days.
func (s *standing) Spark() template.HTML {
	values := make([]float64, len(s.History))
	for i, p := range s.History {
		values[i] = math.NaN()
		if p.Known {
			values[i] = float64(p.Score.Percent())
		}
	}
	return chart.Spark(s.Pill().Class, 100, values)
}

// asked is a check as pages show it.
type asked struct {
	evidence.Asked
	Practice string `json:"practice"` // its title
	now      time.Time
}

// Link leads to the check's page.
func (a *asked) Link() string { return checkLink(a.ID) }

func checkLink(id string) string {
	slug, name, _ := strings.Cut(id, "/")
	return "/practices/" + url.PathEscape(slug) + "/" + url.PathEscape(name)
}

// Pill is how it stands, for the eye.
func (a *asked) Pill() ui.Pill { return statusPill(a.Status) }

// Says is what there is to say of it in a sentence: its worst answer, or why there is none.
func (a *asked) Says() string {
	var first string
	if len(a.Findings) > 0 {
		first = a.Findings[0].Sentence
		if a.Findings[0].Expired {
			first = "No answer since " + ui.Ago(a.now, a.Findings[0].At) + "; then: " + first
		}
	}
	return cmp.Or(a.Problem, first, a.unsaid())
}

func (a *asked) unsaid() string {
	if a.At.IsZero() {
		return "It has not been asked yet."
	}
	return a.Subjects()
}

// Subjects counts its answers.
func (a *asked) Subjects() string {
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{{a.Counts.Fail, "failing"}, {a.Counts.Unknown, "unknown"}, {a.Counts.Warn, "with a warning"}, {a.Counts.Pass, "passing"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	if parts == nil {
		return "no answer"
	}
	return strings.Join(parts, ", ")
}

// Age is when it was asked, seen from now.
func (a *asked) Age() string {
	if a.At.IsZero() {
		return "never"
	}
	return ui.Ago(a.now, a.At)
}

// Good is for how long its answers hold yet; empty where they do not.
func (a *asked) Good() string {
	if !a.Until.After(a.now) {
		return ""
	}
	return ui.Rough(a.Until.Sub(a.now))
}
