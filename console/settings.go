package console

import (
	"context"
	"net/url"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// settings is the configuration in force. It is changed in its file.
type settings struct {
	File   string        `json:"file"`
	Loaded *loaded       `json:"loaded,omitempty"` // absent: it is that of the start
	Lines  []config.Line `json:"lines"`
	Given  int           `json:"given"` // how many lines the file has

	MayLoad bool `json:"-"`
}

// Loaded is what came of reading the file anew.
type Loaded struct {
	At      time.Time
	By      string
	Problem *problem.Problem // why the configuration before stayed in force; nil: it did not
}

// loaded is the same as pages and programs see it.
type loaded struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Fault  string    `json:"fault,omitempty"` // why the configuration before stayed in force
	Remedy string    `json:"remedy,omitempty"`
}

func (c *Console) loadSettings(ctx context.Context, _ url.Values) (any, error) {
	s := &settings{File: c.o.File, Lines: c.o.Settings, MayLoad: practice.Holds(ctx, practice.RoleAdmin)}
	for _, l := range s.Lines {
		if l.Given {
			s.Given++
		}
	}
	if last := c.o.Loaded(); last != nil {
		s.Loaded = &loaded{At: last.At.UTC(), By: last.By}
		if last.Problem != nil {
			s.Loaded.Fault, s.Loaded.Remedy = last.Problem.Sentence, last.Problem.Next
		}
	}
	return s, nil
}

// loadFile brings what the file says now into force.
func (c *Console) loadFile(ctx context.Context, _ url.Values) (practice.Result, error) {
	// Whoever asked may go: half a configuration is never in force.
	if err := c.o.Load(context.WithoutCancel(ctx), practice.Actor(ctx)); err != nil {
		return practice.Result{}, err
	}
	return practice.Result{Sentence: "The configuration was loaded.", Next: "/settings"}, nil
}
