package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
)

type statusCommand struct {
	FailOn string `enum:"never,fail,unknown,warn" default:"never" placeholder:"fail" help:"Exit with code 6 when a check fails; with unknown also when one has no answer, with warn also when one warns."`
	All    bool   `short:"a" help:"Also every check that passes."`
}

// Run says how everything stands, what fails first.
func (s statusCommand) Run(ctx context.Context, t *terminal) error {
	var now status
	if err := t.ask(ctx, http.MethodGet, "/api/v1/status", nil, &now); err != nil {
		return err
	}
	var err error
	if t.json {
		err = t.printJSON(now)
	} else {
		err = s.write(t.out, &now)
	}
	if err == nil && s.reached(&now) {
		return &exitError{code: exitFindings}
	}
	return err
}

// reached says whether a check stands as badly as --fail-on says.
func (s statusCommand) reached(now *status) bool {
	worst := map[string][]practice.Status{
		"fail": {practice.Fail}, "unknown": {practice.Fail, practice.Unknown}, "warn": {practice.Fail, practice.Unknown, practice.Warn},
	}
	for _, bad := range worst[s.FailOn] {
		if now.count(bad) > 0 {
			return true
		}
	}
	return false
}

func (s *status) count(is practice.Status) int {
	n := 0
	for i := range s.Practices {
		for j := range s.Practices[i].Checks {
			if s.Practices[i].Checks[j].Status == is {
				n++
			}
		}
	}
	return n
}

// marks are a status's sign and word: never a sign alone.
var marks = map[practice.Status]string{practice.Fail: "✗ FAIL", practice.Unknown: "? unknown", practice.Warn: "! warn", practice.Pass: "✓ pass"}

func (s statusCommand) write(out io.Writer, now *status) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %% proven. Checks: %d failing, %d unknown, %d with a warning, %d passing.\n",
		now.Score.Percent, now.count(practice.Fail), now.count(practice.Unknown), now.count(practice.Warn), now.count(practice.Pass))
	for _, is := range []practice.Status{practice.Fail, practice.Unknown, practice.Warn, practice.Pass} {
		if is == practice.Pass && !s.All {
			break
		}
		for i := range now.Practices {
			for j := range now.Practices[i].Checks {
				if one := &now.Practices[i].Checks[j]; one.Status == is {
					one.write(&b)
				}
			}
		}
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for i := range now.Practices {
		one := &now.Practices[i]
		if one.Assessed {
			fmt.Fprintf(w, "%s\t%s\t%d %%\t%d of %d checks pass\n", one.Slug, one.Title, one.Score.Percent, one.passing(), len(one.Checks))
		} else {
			fmt.Fprintf(w, "%s\t%s\t-\tnot assessed\n", one.Slug, one.Title)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (p *statusPractice) passing() int {
	n := 0
	for i := range p.Checks {
		if p.Checks[i].Status == practice.Pass {
			n++
		}
	}
	return n
}

// write is a check in a few lines: what, how it stands, and what to do.
func (c *statusCheck) write(b *strings.Builder) {
	age := "not asked yet"
	if c.Age != nil {
		age = "asked " + rough(time.Duration(*c.Age)*time.Second) + " ago"
	}
	fmt.Fprintf(b, "\n%s  %s\n    %s: %s; %s\n", marks[c.Status], c.Title, c.ID, counted(c.Subjects), age)
	if c.Problem != "" {
		fmt.Fprintf(b, "    %s\n", c.Problem)
	}
	for _, f := range c.Worst {
		if c.Problem == "" {
			fmt.Fprintf(b, "    %s\n", f.Sentence)
		}
	}
	if c.Fix != "" && c.Age != nil {
		fmt.Fprintf(b, "    Do: %s\n", c.Fix)
	}
}

// counted is how many subjects stand how, without those that are none.
func counted(c evidence.Counts) string {
	var parts []string
	for _, one := range []struct {
		n    int
		word string
	}{{c.Fail, "failing"}, {c.Unknown, "unknown"}, {c.Warn, "with a warning"}, {c.Pass, "passing"}} {
		if one.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", one.n, one.word))
		}
	}
	return strings.Join(parts, ", ")
}

// rough is a time in its largest unit.
func rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	}
}
