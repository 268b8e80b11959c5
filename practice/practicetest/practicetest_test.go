package practicetest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
)

func pass(context.Context, *gate.Exchange) (gate.Verdict, error) { return gate.Verdict{}, nil }

// answering is a check's code that gives these answers.
func answering(err error, findings ...practice.Finding) func(context.Context) ([]practice.Finding, error) {
	return func(context.Context) ([]practice.Finding, error) { return findings, err }
}

func sound() practice.Practice {
	return practice.Practice{
		Slug: "gardening", Title: "Gardening", Icon: "lock", Source: "a book",
		Stages: []gate.Stage{{Name: "gardening.request", Phase: gate.Headed, Run: pass}},
		Checks: []practice.Check{{
			ID: "gardening/roses-bloom", Title: "Roses bloom", Source: "a book, page 7", Fix: "Water them.", Every: time.Hour, Timeout: time.Minute,
			Stale: []string{"gardening.rose.cut"}, Run: answering(nil, practice.Found(practice.Pass, "rose", "It blooms.")),
		}},
		Jobs:    []practice.Job{{Name: "gardening/water", Every: time.Hour, Timeout: time.Minute, Run: func(context.Context) error { return nil }}},
		Readers: []practice.Reader{{Name: "gardening/weeds", Read: func(context.Context, []*event.Event) error { return nil }}},
	}
}

func TestTheSuiteSeesEachFaultOfTheValue(t *testing.T) {
	if faults := practicetest.Faults(sound()); len(faults) != 0 {
		t.Fatalf("a sound practice has the faults %q", faults)
	}
	for _, c := range []struct {
		name  string
		spoil func(*practice.Practice)
		want  string
	}{
		{"a slug of two words", func(p *practice.Practice) { p.Slug = "window-boxes" }, "not one word"},
		{"no title", func(p *practice.Practice) { p.Title = "" }, "no title"},
		{"no icon", func(p *practice.Practice) { p.Icon = "" }, "no icon"},
		{"a page's icon that nobody drew", func(p *practice.Practice) { p.Pages = []practice.Page{{Path: "/roses", Icon: "rose"}} }, `wants the icon "rose"`},
		{"no source", func(p *practice.Practice) { p.Source = "" }, "no source"},
		{"a stage of another practice", func(p *practice.Practice) { p.Stages[0].Name = "cooking.request" }, `stage "cooking.request"`},
		{"a stage twice", func(p *practice.Practice) { p.Stages = append(p.Stages, p.Stages[0]) }, "exists twice"},
		{"a stage that does nothing", func(p *practice.Practice) { p.Stages[0].Run = nil }, "nothing to run"},
		{"a stage without a phase", func(p *practice.Practice) { p.Stages[0].Phase = 99 }, "no phase"},
		{"a job without a bound", func(p *practice.Practice) { p.Jobs[0].Timeout = 0 }, "no bound"},
		{"a job without a clock", func(p *practice.Practice) { p.Jobs[0].Every = 0 }, "no clock"},
		{"a job with spaces", func(p *practice.Practice) { p.Jobs[0].Name = "gardening/water the roses" }, "small words"},
		{"a reader that reads nothing", func(p *practice.Practice) { p.Readers[0].Read = nil }, "reads nothing"},
		{"an action that asks for no permission", func(p *practice.Practice) { p.Actions = []practice.Action{{Name: "gardening.rose.cut"}} }, "no permission"},
		{"a page that asks for no permission", func(p *practice.Practice) { p.Pages = []practice.Page{{Path: "/roses"}} }, "no permission"},
		{"a route that leads nowhere", func(p *practice.Practice) { p.Routes = []practice.Route{{Pattern: "GET /roses"}} }, "leads nowhere"},
		{"a permission of another practice", func(p *practice.Practice) { p.Permissions = []practice.Permission{{Name: "cooking.soup.taste"}} }, "cooking.soup.taste"},
		{"a check of another practice", func(p *practice.Practice) { p.Checks[0].ID = "cooking/soup-hot" }, `check "cooking/soup-hot"`},
		{"a check twice", func(p *practice.Practice) { p.Checks = append(p.Checks, p.Checks[0]) }, "exists twice"},
		{"a check that asks nothing", func(p *practice.Practice) { p.Checks[0].Run = nil }, "asks nothing"},
		{"a check without a title", func(p *practice.Practice) { p.Checks[0].Title = "" }, "says not what"},
		{"a check without a source", func(p *practice.Practice) { p.Checks[0].Source = "" }, "says not what"},
		{"a check without a fix", func(p *practice.Practice) { p.Checks[0].Fix = "" }, "how to mend it"},
		{"a check without a clock", func(p *practice.Practice) { p.Checks[0].Every = 0 }, "no clock"},
		{"a check all the time", func(p *practice.Practice) { p.Checks[0].Every = time.Second }, "no clock of a minute"},
		{"a check without a bound", func(p *practice.Practice) { p.Checks[0].Timeout = 0 }, "no bound"},
		{"a check that may take longer than until it is asked again", func(p *practice.Practice) { p.Checks[0].Timeout = 2 * time.Hour }, "no bound below it"},
		{"a check that counts less than nothing", func(p *practice.Practice) { p.Checks[0].Weight = -1 }, "a weight below nothing"},
	} {
		p := sound()
		c.spoil(&p)
		if faults := strings.Join(practicetest.Faults(p), "\n"); !strings.Contains(faults, c.want) {
			t.Errorf("%s: the suite says %q", c.name, faults)
		}
	}
}
