package evidence_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

const doors = "access/doors-shut"

func TestWhatNobodyHasAskedIsUnknown(t *testing.T) {
	each(t, func(h *house) {
		p := h.posture()
		if len(p.Practices) != 3 || p.Score.Proven != 0 || p.Score.Of != 2*10000 {
			t.Errorf("the posture is %+v", p)
		}
		if one := p.Practices[1]; one.Assessed || one.Score.Of != 0 || one.History != nil || one.Checks == nil {
			t.Errorf("a practice that is not built is %+v", one)
		}
		one := p.Practices[0].Checks[0]
		if one.Status != practice.Unknown || one.Counts != (evidence.Counts{Unknown: 1}) || !one.At.IsZero() || one.Title == "" || one.Fix == "" || one.Weight != 1 {
			t.Errorf("a check that nobody has asked is %+v", one)
		}
	})
}

func TestAnswersAreKeptWithTheirProof(t *testing.T) {
	each(t, func(h *house) {
		h.say(doors, practice.Pass, practice.Fail, practice.Warn, practice.Unknown)
		c := h.ask(doors)
		if c.Status != practice.Fail || c.Counts != (evidence.Counts{Pass: 1, Warn: 1, Fail: 1, Unknown: 1}) || c.Practice != "access" || !c.At.Equal(morning) || c.Problem != "" {
			t.Errorf("the answer is %+v", c)
		}
		var order []string
		for _, f := range c.Findings {
			order = append(order, f.Subject+" "+f.Status.String())
			if f.Proof != "seen" || !f.At.Equal(morning) || !f.Until.Equal(morning.Add(20*time.Minute)) || !f.Since.Equal(morning) || f.Expired {
				t.Errorf("the finding is %+v", f)
			}
		}
		if got := strings.Join(order, ", "); got != "b fail, d unknown, c warn, a pass" {
			t.Errorf("the findings come as %s", got)
		}
		if !c.Until.Equal(morning.Add(20 * time.Minute)) {
			t.Errorf("it is good until %s", c.Until)
		}
	})
}

func TestAnAnswerThatExpiresIsUnknown(t *testing.T) {
	each(t, func(h *house) {
		h.say(doors, practice.Pass)
		h.ask(doors)
		h.now = morning.Add(20*time.Minute - time.Microsecond)
		if c := h.look(doors); c.Status != practice.Pass || c.Findings[0].Expired {
			t.Errorf("before its end it is %+v", c)
		}
		h.now = morning.Add(20 * time.Minute)
		c := h.look(doors)
		if c.Status != practice.Unknown || c.Counts != (evidence.Counts{Unknown: 1}) || !c.Findings[0].Expired || c.Findings[0].Status != practice.Unknown {
			t.Errorf("after its end it is %+v", c)
		}
		if got := h.posture().Practices[0].Score.Proven; got != 0 {
			t.Errorf("an expired answer scores %d", got)
		}
	})
}

func TestNoAnswerIsUnknownAndSaysWhy(t *testing.T) {
	tests := []struct {
		name string
		say  func(context.Context) ([]practice.Finding, error)
		want string
	}{
		{"an error written for people", func(context.Context) ([]practice.Finding, error) {
			return nil, problem.New("access.gate.silent", "The gate does not answer.", "Start it.").Because(errors.New("password is hunter2"))
		}, "The gate does not answer."},
		{"another error", func(context.Context) ([]practice.Finding, error) { return nil, errors.New("password is hunter2") }, "The check failed; the log of this node says why."},
		{"a panic", func(context.Context) ([]practice.Finding, error) { panic("password is hunter2") }, "The check failed; the log of this node says why."},
		{"no finding", func(context.Context) ([]practice.Finding, error) { return nil, nil }, "The check was asked and found nothing to say anything about."},
		{"findings with an error", func(context.Context) ([]practice.Finding, error) {
			return []practice.Finding{{Subject: "a", Status: practice.Pass}}, errors.New("half")
		}, "The check failed; the log of this node says why."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(h *house) {
				h.say(doors, practice.Pass)
				h.ask(doors)
				h.now = h.now.Add(time.Minute)
				h.tell(doors, tt.say)
				c := h.ask(doors)
				if c.Status != practice.Unknown || c.Problem != tt.want || c.Counts != (evidence.Counts{Unknown: 1}) || !c.At.Equal(h.now) {
					t.Errorf("the answer is %+v", c)
				}
				if f := c.Findings[0]; f.Status != practice.Unknown || f.Sentence != "It is pass." || !f.At.Equal(morning) {
					t.Errorf("the last answer is kept as %+v", f)
				}
				if e := h.record.Events()[1]; e.Severity != event.Medium || detail(e, "was") != "pass" || detail(e, "became") != "unknown" || detail(e, "subject") != "" {
					t.Errorf("the event is %+v", e)
				}
				h.ask(doors) // and again
				h.say(doors, practice.Pass)
				if c := h.ask(doors); c.Status != practice.Pass || c.Problem != "" || !c.Findings[0].Since.Equal(morning) {
					t.Errorf("answered again it is %+v", c)
				}
				if n := len(h.record.Events()); n != 3 {
					t.Errorf("there are %d events, want one when it came, one when it went, one when it came back", n)
				}
			})
		})
	}
}

func detail(e event.Event, name string) string {
	for _, d := range e.Details {
		if d.Name == name {
			return d.Value
		}
	}
	return "(none)"
}

func TestOnlyAnAnswerThatBecomesAnotherIsAnEvent(t *testing.T) {
	each(t, func(h *house) {
		for _, one := range []struct {
			say  []practice.Status
			want string // what the events say, in order
		}{
			{[]practice.Status{practice.Pass, practice.Unknown}, "a >pass"},
			{[]practice.Status{practice.Pass, practice.Unknown}, ""},
			{[]practice.Status{practice.Fail, practice.Pass}, "a pass>fail, b unknown>pass"},
			{[]practice.Status{practice.Fail}, "b pass>"},
			{[]practice.Status{practice.Warn, practice.Warn}, "a fail>warn, b >warn"},
		} {
			before := len(h.record.Events())
			h.say(doors, one.say...)
			h.now = h.now.Add(time.Minute)
			c := h.ask(doors)
			var got []string
			for _, e := range h.record.Events()[before:] {
				got = append(got, detail(e, "subject")+" "+detail(e, "was")+">"+detail(e, "became"))
				if e.Class != event.ComplianceFinding || e.Kind != evidence.KindChanged || detail(e, "check") != doors || !e.Time.Equal(h.now) {
					t.Errorf("the event is %+v", e)
				}
				if !slices.ContainsFunc(c.Changes, func(c evidence.Change) bool { return c.Event == e.UID.String() && c.At.Equal(h.now) }) {
					t.Errorf("no change is kept for event %s", e.UID)
				}
			}
			if strings.Join(got, ", ") != one.want {
				t.Errorf("%v leaves %q, want %q", one.say, got, one.want)
			}
			if len(c.Findings) != len(one.say) {
				t.Errorf("%v is kept as %+v", one.say, c.Findings)
			}
		}
		if c := h.look(doors); len(c.Changes) != 6 || c.Changes[0].Was != "fail" || c.Changes[0].Sentence != "It is warn." {
			t.Errorf("the changes are %+v", c.Changes)
		}
		all, err := h.service.Changes(t.Context(), morning.Add(4*time.Minute))
		if err != nil || len(all) != 3 {
			t.Errorf("since the fourth minute: %+v, %v", all, err)
		}
	})
}

func TestASubjectIsKeptSinceItsAnswerIsThisOne(t *testing.T) {
	each(t, func(h *house) {
		for i, s := range []practice.Status{practice.Pass, practice.Pass, practice.Fail, practice.Fail} {
			h.now = morning.Add(time.Duration(i) * time.Minute)
			h.say(doors, s)
			c := h.ask(doors)
			want := morning
			if s == practice.Fail {
				want = morning.Add(2 * time.Minute)
			}
			if f := c.Findings[0]; !f.Since.Equal(want) || !f.At.Equal(h.now) {
				t.Errorf("after %d minutes it is %+v, want it since %s", i, f, want)
			}
		}
	})
}
