package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// practices are the ten and their checks.
type practices struct {
	*evidence.Posture
	Status string  `json:"status"`   // only checks that stand so are listed; empty: all
	Listed []asked `json:"selected"` // what fails first

	Tens []standing `json:"-"`
}

var errStatus = problem.New("console.status.malformed", "There is no such status.", "Choose one of pass, warn, fail and unknown, or none.")

// statusAsked reads which checks are wanted.
func statusAsked(v url.Values) (string, error) {
	status := v.Get("status")
	known := slices.ContainsFunc(ranks[:], func(s practice.Status) bool { return s.String() == status })
	if status != "" && !known {
		return "", errStatus
	}
	return status, nil
}

func (c *Console) loadPractices(ctx context.Context, v url.Values) (any, error) {
	status, err := statusAsked(v)
	if err != nil {
		return nil, err
	}
	p, err := c.o.Evidence.Posture(ctx)
	if err != nil {
		return nil, err
	}
	all := &practices{Posture: p, Status: status, Listed: []asked{}}
	for _, s := range p.Practices {
		all.Tens = append(all.Tens, standing{s, p.At})
	}
	for _, rank := range ranks {
		for _, s := range p.Practices {
			for _, a := range s.Checks {
				if a.Status == rank && (status == "" || rank.String() == status) {
					all.Listed = append(all.Listed, asked{Asked: a, Practice: s.Title, now: p.At})
				}
			}
		}
	}
	return all, nil
}

// Choices are the views of the list.
func (p *practices) Choices() []choice {
	return choices("/practices", p.Status, func(status string) int { return having(p.Posture, status) })
}

// choices are all checks, and those of each status with how many they are.
func choices(path, here string, count func(status string) int) []choice {
	list := append(make([]choice, 0, 1+len(ranks)), choice{Word: "All", Link: path, Here: here == ""})
	for _, rank := range ranks {
		s := rank.String()
		list = append(list, choice{Word: fmt.Sprintf("%s %d", statusPill(rank).Word, count(s)), Link: path + "?status=" + s, Here: here == s})
	}
	return list
}

// practicePage is one practice.
type practicePage struct {
	evidence.Standing
	Status string  `json:"status"`
	Listed []asked `json:"selected"`

	It *standing `json:"-"`
}

func (c *Console) loadPractice(ctx context.Context, v url.Values) (any, error) {
	status, err := statusAsked(v)
	if err != nil {
		return nil, err
	}
	s, err := c.o.Evidence.Practice(ctx, v.Get("slug"))
	if err != nil {
		return nil, err
	}
	now := c.o.Now().UTC()
	p := &practicePage{Standing: *s, Status: status, Listed: []asked{}, It: &standing{*s, now}}
	for _, a := range s.Checks {
		if status == "" || a.Status.String() == status {
			p.Listed = append(p.Listed, asked{Asked: a, Practice: s.Title, now: now})
		}
	}
	return p, nil
}

// Heading is the practice's title.
func (p *practicePage) Heading() string { return p.Title }

// Choices are the views of the list.
func (p *practicePage) Choices() []choice { return choices(p.It.Link(), p.Status, p.It.Count) }

// checkPage is one check: what it asks, what was found, and how that came to be.
type checkPage struct {
	*evidence.Checked

	It asked `json:"-"`
}

func (c *Console) loadCheck(ctx context.Context, v url.Values) (any, error) {
	checked, err := c.o.Evidence.Check(ctx, v.Get("slug")+"/"+v.Get("check"))
	if err != nil {
		return nil, err
	}
	return &checkPage{checked, asked{Asked: checked.Asked, now: c.o.Now().UTC()}}, nil
}

// Heading is the check's title.
func (p *checkPage) Heading() string { return p.Title }

// PracticeLink leads to its practice.
func (p *checkPage) PracticeLink() string { return "/practices/" + url.PathEscape(p.Practice) }

// Clock is how often it is asked.
func (p *checkPage) Clock() string { return ui.Rough(p.Every) }

// Pill is a finding's answer for the eye.
func (p *checkPage) Pill(s practice.Status) ui.Pill { return statusPill(s) }

// Word is the pill of an answer by its word.
func (p *checkPage) Word(status string) ui.Pill {
	for _, rank := range ranks {
		if rank.String() == status {
			return statusPill(rank)
		}
	}
	return ui.Pill{Class: "info", Word: "None"}
}

// Ago is a time seen from now.
func (p *checkPage) Ago(t time.Time) string { return ui.Ago(p.It.now, t) }

// askNow is the act of asking a check outside its clock, and the permission to.
const askNow = "evidence.check.run"

// ownActions are what can be done on the console's own pages.
func (c *Console) ownActions() []practice.Action {
	return []practice.Action{{Name: askNow, Title: "Ask now", Permission: askNow, Form: []practice.Field{checkAsked()}, Do: c.askCheck}}
}

// askCheck runs a check outside its clock. It changes nothing but its own answer.
func (c *Console) askCheck(ctx context.Context, form url.Values) (practice.Result, error) {
	id := form.Get("check")
	checked, err := c.o.Evidence.Run(ctx, id)
	if err != nil {
		return practice.Result{}, err
	}
	a := asked{Asked: checked.Asked}
	return practice.Result{Sentence: strings.TrimSuffix(checked.Title, ".") + ": " + a.Subjects() + ".", Next: checkLink(id)}, nil
}
