package attack

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// Reports are the newest about each service. They are kept in the database, so that a start knows what was tried before
// it, and how long ago; and whichever node of a cluster is asked speaks of the newest run of all.
type Reports struct{ DB *store.DB }

// kept is a result as it is kept. The request itself is not: whoever wants to see it finds it in the corpus by its id.
type kept struct {
	ID      string      `json:"id"`
	Kind    string      `json:"kind"`
	Expect  Expectation `json:"expect"`
	By      Layer       `json:"by,omitempty"`
	Status  int         `json:"status,omitempty"`
	Verdict string      `json:"verdict,omitempty"`
	Stage   string      `json:"stage,omitempty"`
	Rules   []string    `json:"rules,omitempty"`
	Event   string      `json:"event,omitempty"`
	Error   string      `json:"error,omitempty"`
}

// Keep puts a service's report in the place of the one before, in whoever's transaction. An older one changes nothing.
func (*Reports) Keep(ctx context.Context, tx *store.Tx, service string, r *Report) error {
	all := make([]kept, 0, len(r.Results))
	for i := range r.Results {
		one := &r.Results[i]
		all = append(all, kept{
			ID: one.Entry.ID, Kind: one.Entry.Kind, Expect: one.Entry.Expect, By: one.Entry.By, Status: one.Status,
			Verdict: one.Verdict, Stage: one.Stage, Rules: one.Rules, Event: one.Event, Error: one.Error,
		})
	}
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("keep report about %s: %w", service, err)
	}
	_, err = tx.Exec(ctx, `INSERT INTO audits_report (service, run, began_at, ended_at, results) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (service) DO UPDATE SET run = excluded.run, began_at = excluded.began_at, ended_at = excluded.ended_at, results = excluded.results
		WHERE audits_report.ended_at <= excluded.ended_at`,
		service, r.Run.String(), r.Began.UnixMicro(), r.Ended.UnixMicro(), string(text))
	if err != nil {
		return fmt.Errorf("keep report about %s: %w", service, err)
	}
	return nil
}

// Report is the newest about a service; nil while there is none.
func (k *Reports) Report(ctx context.Context, service string) (*Report, error) {
	var run, text string
	var began, ended int64
	err := k.DB.QueryRow(ctx, "SELECT run, began_at, ended_at, results FROM audits_report WHERE service = $1", service).Scan(&run, &began, &ended, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // none is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read report about %s: %w", service, err)
	}
	r := &Report{Began: time.UnixMicro(began).UTC(), Ended: time.UnixMicro(ended).UTC()}
	var all []kept
	if r.Run, err = event.ParseID(run); err == nil {
		err = json.Unmarshal([]byte(text), &all)
	}
	if err != nil {
		return nil, fmt.Errorf("read report about %s: %w", service, err)
	}
	for _, k := range all {
		r.Results = append(r.Results, Result{
			Service: service, Entry: Entry{ID: k.ID, Kind: k.Kind, Expect: k.Expect, By: k.By},
			Status: k.Status, Verdict: k.Verdict, Stage: k.Stage, Rules: k.Rules, Event: k.Event, Error: k.Error,
		})
	}
	return r, nil
}
