// Package practicetest is the suite that each of the ten practices must pass: the same names in the same places, so
// that whoever has learnt one folder knows ten.
package practicetest

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
)

// Run holds a practice against the contract. It is called from the practice's own folder. checks are worlds in which each
// of its checks gives each of its answers.
func Run(t *testing.T, p practice.Practice, checks Checks) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	faults := slices.Concat(Faults(p), FolderFaults(p, folder), ScreenFaults(p, folder), CheckFaults(t, p, checks))
	for _, fault := range faults {
		t.Error(fault)
	}
}

var (
	slug = regexp.MustCompile(`^[a-z]+$`)
	// dotted is subject.what, after the slug; slashed is a name of what runs by itself.
	dotted  = regexp.MustCompile(`^[a-z]+(\.[a-z][a-z-]*)+$`)
	slashed = regexp.MustCompile(`^[a-z]+/[a-z][a-z-]*$`)
)

// Faults are what is wrong with the value itself.
func Faults(p practice.Practice) []string {
	var faults []string
	wrong := func(format ...string) { faults = append(faults, strings.Join(format, " ")) }
	if !slug.MatchString(p.Slug) {
		wrong("the slug", quote(p.Slug), "is not one word of small letters")
	}
	if p.Title == "" || p.Source == "" {
		wrong("it has no title, or no source that says why it is to be practised")
	}
	if !ui.HasIcon(p.Icon) {
		wrong("there is no icon", quote(p.Icon))
	}
	for _, page := range p.Pages {
		if page.Icon != "" && !ui.HasIcon(page.Icon) {
			wrong("page", quote(page.Path), "wants the icon", quote(page.Icon)+", and there is none")
		}
	}
	if empty := len(p.Stages)+len(p.Checks)+len(p.Jobs)+len(p.Readers)+len(p.Pages)+len(p.Actions)+len(p.Routes)+len(p.Listeners)+len(p.Permissions) == 0; empty == p.Built() {
		wrong("it says that it is built, and has nothing; or the other way round")
	}
	var names []string
	name := func(what, n string, form *regexp.Regexp) {
		if !form.MatchString(n) || !strings.HasPrefix(n, p.Slug) {
			wrong(what, quote(n), "does not begin with its slug, or is not made of small words")
		}
		if slices.Contains(names, what+n) {
			wrong(what, quote(n), "exists twice")
		}
		names = append(names, what+n)
	}
	for _, s := range p.Stages {
		name("stage", s.Name, dotted)
		if s.Run == nil || s.Phase.String() == "unknown" {
			wrong("stage", quote(s.Name), "has nothing to run, or no phase")
		}
	}
	for _, c := range p.Checks {
		name("check", c.ID, slashed)
		if c.Run == nil || c.Title == "" || c.Source == "" || c.Fix == "" {
			wrong("check", quote(c.ID), "asks nothing, or says not what, why or how to mend it")
		}
		if c.Every < time.Minute || c.Timeout <= 0 || c.Timeout >= c.Every || c.Weight < 0 {
			wrong("check", quote(c.ID), "has no clock of a minute or more, no bound below it, or a weight below nothing")
		}
	}
	for _, j := range p.Jobs {
		name("job", j.Name, slashed)
		if j.Run == nil || j.Every <= 0 || j.Timeout <= 0 {
			wrong("job", quote(j.Name), "has nothing to run, no clock or no bound")
		}
	}
	for _, r := range p.Readers {
		name("reader", r.Name, slashed)
		if r.Read == nil {
			wrong("reader", quote(r.Name), "reads nothing")
		}
	}
	for _, a := range p.Actions {
		name("action", a.Name, dotted)
		if a.Do == nil || a.Permission == "" {
			wrong("action", quote(a.Name), "does nothing, or asks for no permission")
		}
	}
	for _, r := range p.Remedies {
		name("remedy", r.Name, dotted)
		if r.For == nil || r.Title == "" || r.Permission == "" {
			wrong("remedy", quote(r.Name), "is for nothing, says nothing or asks for no permission")
		}
	}
	for _, g := range p.Permissions {
		name("permission", g.Name, dotted)
	}
	for _, r := range p.Routes {
		if r.Handler == nil || r.Pattern == "" {
			wrong("route", quote(r.Pattern), "leads nowhere")
		}
		if (r.Face == practice.Console || r.Face == practice.API) && r.Permission == "" {
			wrong("route", quote(r.Pattern), "of the console asks for no permission")
		}
	}
	for _, page := range p.Pages {
		if page.Load == nil || page.Files == nil || len(page.Templates) == 0 || page.Permission == "" || !strings.HasPrefix(page.Path, "/") {
			wrong("page", quote(page.Path), "cannot be shown, or asks for no permission")
		}
	}
	return faults
}

func quote(s string) string { return `"` + s + `"` }

// Refusal runs a stage and gives its verdict, which must have what an answer and an event need.
func Refusal(t *testing.T, s gate.Stage, x *gate.Exchange) gate.Verdict {
	t.Helper()
	v, err := s.Run(t.Context(), x)
	switch {
	case err != nil:
		t.Fatalf("stage %s errs: %v", s.Name, err)
	case !v.Refuses():
		t.Fatalf("stage %s lets %s %s pass", s.Name, x.Request.Method, x.Path)
	case v.Status < 400 || v.Status > 599 || v.Why == nil || v.Why.Sentence == "" || v.Why.Next == "" || http.StatusText(v.Status) == "":
		t.Errorf("stage %s refuses with %d and %+v: people need a reason and a next step", s.Name, v.Status, v.Why)
	case !strings.HasPrefix(v.Kind, strings.SplitN(s.Name, ".", 2)[0]+".") || !strings.HasSuffix(v.Kind, ".refused"):
		t.Errorf("stage %s refuses as %q: want practice.subject.refused", s.Name, v.Kind)
	}
	return v
}
