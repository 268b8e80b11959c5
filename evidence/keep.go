package evidence

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// answer is what came of asking a check once.
type answer struct {
	check    practice.Check
	turn     string
	began    time.Time
	findings []practice.Finding
	problem  string // why there is no answer
}

// askAgain is how soon a check without an answer is asked again at the earliest.
const askAgain = time.Minute

// next is when the check is due again. What nobody knows is asked for soon, but asking takes no more than a twentieth of
// the time.
func (a *answer) next(now time.Time) time.Time {
	unknown := a.problem != "" || slices.ContainsFunc(a.findings, func(f practice.Finding) bool { return f.Status == practice.Unknown })
	if !unknown {
		return a.began.Add(a.check.Every)
	}
	return now.Add(min(a.check.Every, max(askAgain, 20*now.Sub(a.began))))
}

// Bounds of what is kept of a finding, in bytes.
const (
	maxSubject  = 200
	maxSentence = 1000
)

// keep puts an answer in the place of the one before, and what became another on the record. An answer that comes after
// its turn is over is dropped: another node has asked since.
func (s *Service) keep(ctx context.Context, a *answer) error {
	err := s.box.Do(ctx, func(c *outbox.Change) error {
		var problem string
		err := c.QueryRow(ctx, "SELECT problem FROM evidence_check WHERE id = $1 AND holder = $2", a.check.ID, a.turn).Scan(&problem)
		if errors.Is(err, sql.ErrNoRows) {
			return errNotOurs
		}
		if err != nil {
			return err
		}
		before, err := keptBefore(ctx, c, a.check.ID)
		if err != nil {
			return err
		}
		now := c.Now()
		changes := turned(a, before, problem)
		if a.problem == "" {
			if err := replace(ctx, c, a, before, now); err != nil {
				return err
			}
		}
		if _, err := c.Exec(ctx, `UPDATE evidence_check SET asked_at = $1, problem = $2, holder = '', held_until = 0,
			due_at = CASE WHEN due_at < $4 THEN due_at ELSE $4 END WHERE id = $3`, // an event may have brought it forward
			now.UnixMicro(), a.problem, a.check.ID, a.next(now).UnixMicro()); err != nil {
			return err
		}
		return record(ctx, c, changes)
	})
	if errors.Is(err, errNotOurs) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep answer of %s: %w", a.check.ID, err)
	}
	return nil
}

// doubt says of a check whose answer could not be kept that nothing is known. It leaves no event: that is what could not
// be written.
func (s *Service) doubt(ctx context.Context, a *answer) error {
	a.problem = "The check was asked, and its answer could not be kept; the log of this node says why."
	_, err := s.db.Exec(ctx, `UPDATE evidence_check SET asked_at = $1, problem = $2, holder = '', held_until = 0,
		due_at = CASE WHEN due_at < $5 THEN due_at ELSE $5 END WHERE id = $3 AND holder = $4`,
		s.now().UnixMicro(), a.problem, a.check.ID, a.turn, a.next(s.now()).UnixMicro())
	if err != nil {
		return fmt.Errorf("doubt what is kept of %s: %w", a.check.ID, err)
	}
	return nil
}

// standing is what is kept of a subject's answer.
type standing struct {
	subject string
	status  practice.Status
	since   time.Time
}

func keptBefore(ctx context.Context, c *outbox.Change, check string) (map[string]standing, error) {
	rows, err := c.Query(ctx, "SELECT subject, status, since FROM evidence_finding WHERE check_id = $1", check)
	if err != nil {
		return nil, err
	}
	all, err := store.All(rows, func(rows *sql.Rows, k *standing) error {
		var word string
		var since int64
		err := rows.Scan(&k.subject, &word, &since)
		k.status, k.since = status(word), time.UnixMicro(since)
		return err
	})
	before := make(map[string]standing, len(all))
	for _, k := range all {
		before[k.subject] = k
	}
	return before, err
}

// replace makes the answer's findings all that is kept of the check.
func replace(ctx context.Context, c *outbox.Change, a *answer, before map[string]standing, now time.Time) error {
	for _, f := range a.findings {
		since := now
		if old, known := before[f.Subject]; known && old.status == f.Status {
			since = old.since
		}
		if _, err := c.Exec(ctx, `INSERT INTO evidence_finding (check_id, subject, status, sentence, proof, at, ends_at, since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (check_id, subject) DO UPDATE SET status = excluded.status,
			sentence = excluded.sentence, proof = excluded.proof, at = excluded.at, ends_at = excluded.ends_at, since = excluded.since`,
			a.check.ID, f.Subject, f.Status.String(), f.Sentence, f.Proof, f.At.UnixMicro(), f.Until.UnixMicro(), since.UnixMicro()); err != nil {
			return fmt.Errorf("keep finding about %s: %w", f.Subject, err)
		}
		delete(before, f.Subject)
	}
	for subject := range before {
		if _, err := c.Exec(ctx, "DELETE FROM evidence_finding WHERE check_id = $1 AND subject = $2", a.check.ID, subject); err != nil {
			return fmt.Errorf("forget finding about %s: %w", subject, err)
		}
	}
	return nil
}

// tidy fills what the check has left empty, bounds the rest, and gives each subject one finding: its worst.
func tidy(check *practice.Check, findings []practice.Finding, began time.Time) []practice.Finding {
	tidied := make([]practice.Finding, 0, len(findings))
	for _, f := range findings {
		f.Check = check.ID
		f.Subject, f.Sentence = text(f.Subject, maxSubject), text(f.Sentence, maxSentence)
		f.Proof = append([]byte{}, f.Proof[:min(len(f.Proof), practice.MaxProof)]...)
		if f.Status > practice.Fail {
			f.Status = practice.Unknown
		}
		if f.At.IsZero() {
			f.At = began
		}
		if f.Until.IsZero() {
			f.Until = f.At.Add(2 * check.Every)
		}
		i := slices.IndexFunc(tidied, func(other practice.Finding) bool { return other.Subject == f.Subject })
		switch {
		case i < 0:
			tidied = append(tidied, f)
		case worse(f.Status, tidied[i].Status):
			tidied[i] = f
		}
	}
	return tidied
}

// text is what both databases take as text, and not too much of it.
func text(s string, most int) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), most)], "\x00", ""), "")
}

// severity is how much an answer that became this matters.
func severity(became string) event.Severity {
	switch became {
	case practice.Fail.String():
		return event.High
	case practice.Unknown.String():
		return event.Medium
	case practice.Warn.String():
		return event.Low
	default:
		return event.Informational
	}
}

// KindChanged is the kind of the event that an answer has become another.
const KindChanged = "evidence.finding.changed"

// maxEvents is how many changes of one run have an event each. One event speaks for all of more: a check that fails
// for everybody says one thing.
const maxEvents = 50

// record puts changes among those that are kept, and onto the record.
func record(ctx context.Context, c *outbox.Change, changes []turn) error {
	var many event.ID
	if len(changes) > maxEvents {
		many = event.NewID(c.Now())
		c.Record(changed(many, turn{check: changes[0].check, became: worstOf(changes)}, len(changes)))
	}
	for _, t := range changes {
		id := many
		if many == (event.ID{}) {
			id = event.NewID(c.Now())
			c.Record(changed(id, t, 0))
		}
		if _, err := c.Exec(ctx, "INSERT INTO evidence_change (id, check_id, subject, was, became, sentence, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			id.String(), t.check, t.subject, t.was, t.became, t.sentence, c.Now().UnixMicro()); err != nil {
			return fmt.Errorf("keep change of %s: %w", t.check, err)
		}
	}
	return nil
}

// changed is the event of a change, or of many. The sentence stays out of it: it may name somebody.
func changed(id event.ID, t turn, many int) *event.Event {
	activity := event.FindingUpdate
	switch {
	case t.became == "":
		activity = event.FindingClose
	case t.was == "":
		activity = event.FindingCreate
	}
	e := &event.Event{
		UID: id, Class: event.ComplianceFinding, Activity: activity, Severity: severity(t.became), Kind: KindChanged,
		Message: "A check's answer has become another.",
		Details: []event.Detail{{Name: "check", Value: t.check}, {Name: "subject", Value: t.subject}, {Name: "was", Value: t.was}, {Name: "became", Value: t.became}},
	}
	if many > 0 {
		e.Message = "Many of a check's answers have become others."
		e.Details = []event.Detail{{Name: "check", Value: t.check}, {Name: "subjects", Value: strconv.Itoa(many)}, {Name: "became", Value: t.became}}
	}
	return e
}
