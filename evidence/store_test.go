package evidence_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

func TestOnlyOneNodeHasTheTurn(t *testing.T) {
	each(t, func(h *house) {
		other := h.node("b", func() time.Time { return h.now })
		asked, answer := make(chan struct{}), make(chan struct{})
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			close(asked)
			<-answer
			return []practice.Finding{{Subject: "a", Status: practice.Pass}}, nil
		})
		ended := make(chan error)
		go func() {
			_, err := h.service.Run(t.Context(), doors)
			ended <- err
		}()
		<-asked
		if _, err := other.Run(t.Context(), doors); problem.Of(err).Code != "evidence.check.busy" {
			t.Errorf("the other node is told %v", err)
		}
		if _, err := h.service.Run(t.Context(), doors); problem.Of(err).Code != "evidence.check.busy" {
			t.Errorf("somebody else on this node is told %v", err)
		}
		close(answer)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		h.say(doors, practice.Pass)
		if _, err := other.Run(t.Context(), doors); err != nil {
			t.Errorf("afterwards it is told %v", err)
		}
	})
}

func TestAnAnswerAfterItsTurnIsDropped(t *testing.T) {
	each(t, func(h *house) {
		other := h.node("b", func() time.Time { return h.now })
		h.tell(doors, func(ctx context.Context) ([]practice.Finding, error) {
			// It is suspended for so long that another node takes the turn.
			h.now = h.now.Add(time.Hour)
			h.say(doors, practice.Fail)
			if _, err := other.Run(ctx, doors); err != nil {
				t.Error(err)
			}
			return []practice.Finding{{Subject: "a", Status: practice.Pass, Sentence: "It was so an hour ago."}}, nil
		})
		if c := h.ask(doors); c.Status != practice.Fail || len(h.record.Events()) != 1 {
			t.Errorf("what is kept is %+v", c)
		}
	})
}

func TestWhatCannotBeKeptIsUnknown(t *testing.T) {
	each(t, func(h *house) {
		h.say(doors, practice.Pass)
		h.ask(doors)
		h.say(doors, practice.Fail)
		h.record.Break(errors.New("the disk is full"))
		if _, err := h.service.Run(t.Context(), doors); err == nil {
			t.Error("an answer is kept that could not be recorded")
		}
		if c := h.look(doors); c.Status != practice.Unknown || !strings.Contains(c.Problem, "could not be kept") {
			t.Errorf("the answer is %+v", c)
		}
		h.record.Break(nil)
		if c := h.ask(doors); c.Status != practice.Fail || c.Problem != "" {
			t.Errorf("with a record again it is %+v", c)
		}
	})
}

// dying is a record that can be written until an event comes: what a crash between commit and record looks like.
type dying struct{ *outboxtest.Record }

func (dying) Health() event.Health { return event.Health{Writable: true} }

func TestAKillBetweenAnswerAndEventLosesNeither(t *testing.T) {
	each(t, func(h *house) {
		clock := func() time.Time { return h.now }
		log := slog.New(slog.DiscardHandler)
		box, err := outbox.New(t.Context(), h.db, dying{h.record}, "a", clock, log)
		if err != nil {
			t.Fatal(err)
		}
		s, err := evidence.New(evidence.Options{Practices: h.ten, DB: h.db, Box: box, Now: clock, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		h.say(doors, practice.Fail)
		h.record.Break(errors.New("killed"))
		if _, err := s.Run(t.Context(), doors); err == nil {
			t.Fatal("it says nothing")
		}
		h.record.Break(nil)
		h.open()
		c := h.look(doors)
		if c.Status != practice.Fail || c.Problem != "" || len(c.Changes) != 1 {
			t.Errorf("after the restart it is %+v", c)
		}
		if events := h.record.Events(); len(events) != 1 || events[0].UID.String() != c.Changes[0].Event {
			t.Errorf("after the restart the record has %+v", events)
		}
	})
}

func TestFindingsAreMadeTidy(t *testing.T) {
	each(t, func(h *house) {
		ended := morning.Add(-time.Hour)
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			return []practice.Finding{
				{Subject: "twice", Status: practice.Pass, Sentence: "Well."},
				{Subject: "twice", Status: practice.Fail, Sentence: "Not well."},
				{Subject: "twice", Status: practice.Warn},
				{Subject: "no\x00status\xff", Status: 77, Sentence: strings.Repeat("é", 1000), Proof: []byte("\x00\xff" + strings.Repeat("x", 20_000))},
				{Subject: "dated", Status: practice.Pass, At: ended, Until: ended.Add(48 * time.Hour)},
				{Subject: "old", Status: practice.Pass, At: ended},
			}, nil
		})
		c := h.ask(doors)
		got := map[string]evidence.Kept{}
		for _, f := range c.Findings {
			got[f.Subject] = f
		}
		if len(c.Findings) != 4 || got["twice"].Sentence != "Not well." || got["twice"].Status != practice.Fail {
			t.Errorf("the findings are %+v", c.Findings)
		}
		if f := got["nostatus"]; f.Status != practice.Unknown || len(f.Sentence) != 1000 || len(f.Proof) < 16_000 || len(f.Proof) > practice.MaxProof {
			t.Errorf("what was too much is %d %d %d", f.Status, len(f.Sentence), len(f.Proof))
		}
		if n := len(c.Changes); n != 3 { // of what nothing is known, nothing has changed
			t.Errorf("it changed %+v", c.Changes)
		}
		if f := got["dated"]; !f.At.Equal(ended) || !f.Until.Equal(ended.Add(48*time.Hour)) {
			t.Errorf("what had its own dates has %+v", f)
		}
		if f := got["old"]; !f.Expired || f.Status != practice.Unknown { // seen an hour ago, good for twenty minutes
			t.Errorf("what was old already is %+v", f)
		}
	})
}

func TestOneEventSpeaksForMany(t *testing.T) {
	each(t, func(h *house) {
		h.tell(doors, func(context.Context) ([]practice.Finding, error) {
			var all []practice.Finding
			for i := range 120 {
				all = append(all, practice.Finding{Subject: fmt.Sprintf("account-%03d", i), Status: practice.Status(1 + i%3)})
			}
			return all, nil
		})
		c := h.ask(doors)
		if c.Counts != (evidence.Counts{Pass: 40, Warn: 40, Fail: 40}) || len(c.Findings) != evidence.MaxFindings || c.Findings[39].Status != practice.Fail || c.Findings[40].Status != practice.Warn {
			t.Errorf("%+v, %d findings", c.Counts, len(c.Findings))
		}
		events := h.record.Events()
		if len(events) != 1 || detail(events[0], "subjects") != "120" || detail(events[0], "became") != "fail" || events[0].Severity != event.High {
			t.Errorf("the events are %+v", events)
		}
		if len(c.Changes) != evidence.MaxChanges || c.Changes[0].Event != events[0].UID.String() {
			t.Errorf("%d changes", len(c.Changes))
		}
		p := h.posture()
		if worst := p.Practices[0].Checks[0]; worst.ID != doors || len(worst.Findings) != 3 || worst.Findings[0].Status != practice.Fail || worst.Findings[0].Proof != "" {
			t.Errorf("the posture's first check is %+v", worst)
		}
	})
}

func TestWhatIsOlderThanThirteenMonthsIsForgotten(t *testing.T) {
	each(t, func(h *house) {
		h.say(doors, practice.Fail)
		h.ask(doors)
		h.ask(attack)
		mustExec(h, h.db, "INSERT INTO evidence_score (practice, day, proven, possible) VALUES ('access', $1, 50, 100)", morning.Unix()/86400)
		mustExec(h, h.db, "INSERT INTO evidence_check (id, asked_at, problem, due_at, began_at, holder, held_until) VALUES ('access/new', 0, '', 0, 0, '', 0)")
		rows := func() string {
			t.Helper()
			var said []string
			for _, table := range []string{"evidence_check", "evidence_finding", "evidence_change", "evidence_score"} {
				var n int
				if err := h.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
					t.Fatal(err)
				}
				said = append(said, strconv.Itoa(n))
			}
			return strings.Join(said, " ")
		}
		for _, one := range []struct {
			after time.Duration
			want  string
		}{{0, "3 2 2 1"}, {397 * 24 * time.Hour, "3 2 2 1"}, {398 * 24 * time.Hour, "1 0 0 0"}} {
			h.now = morning.Add(one.after)
			if err := h.service.Job().Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := rows(); got != one.want {
				t.Errorf("after %s there are %s checks, findings, changes and scores, want %s", one.after, got, one.want)
			}
		}
	})
}

func TestNoCheckIsTakenThatCannotBeAsked(t *testing.T) {
	run := func(context.Context) ([]practice.Finding, error) { return nil, nil }
	for name, checks := range map[string][]practice.Check{
		"twice":   {{ID: "access/a", Every: time.Hour, Run: run}, {ID: "access/a", Every: time.Hour, Run: run}},
		"no id":   {{Every: time.Hour, Run: run}},
		"no time": {{ID: "access/a", Run: run}},
		"nothing": {{ID: "access/a", Every: time.Hour}},
	} {
		if _, err := evidence.New(evidence.Options{Practices: []practice.Practice{{Slug: "access", Checks: checks}}}); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
}

func TestWhatDoesNotExistIsAProblem(t *testing.T) {
	each(t, func(h *house) {
		_, run := h.service.Run(t.Context(), "access/none")
		_, check := h.service.Check(t.Context(), "access/none")
		_, slug := h.service.Practice(t.Context(), "none")
		for err, want := range map[error]string{run: "evidence.check.unknown", check: "evidence.check.unknown", slug: "evidence.practice.unknown"} {
			if problem.Of(err).Code != want {
				t.Errorf("it says %v, want %s", err, want)
			}
		}
	})
}
