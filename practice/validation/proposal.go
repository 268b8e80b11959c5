package validation

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// Keeping is what exclusions of the console need: where they are kept, and what they are about.
type Keeping struct {
	DB    *store.DB
	Box   *outbox.Outbox
	Index *index.Index
	Find  func(ctx context.Context, id event.ID) (*event.Event, []byte, error) // as event.Log has it
	Log   *slog.Logger
	Now   func() time.Time
}

// The states of a proposal. Only what is accepted counts.
const (
	proposed  = "proposed"
	accepted  = "accepted"
	withdrawn = "withdrawn"
)

// maxProposals bounds those that are proposed or accepted: more are a rule to switch off, or a file to write.
const maxProposals = 200

// proposal is an exclusion that somebody asked for in the console. It is kept in versions: each change of its state is
// a row of its own, so that what counted when can be said later.
type proposal struct {
	ID      string
	Version int
	State   string
	Reason  string // of its newest version
	By      string
	At      time.Time
	exclusion
}

// Keep says where exclusions of the console are kept, and puts those in force that are accepted.
func (s *Service) Keep(ctx context.Context, k Keeping) error {
	s.keeping = k
	return s.reread(ctx)
}

// reread puts in force what the database has now: another node may have accepted something.
func (s *Service) reread(ctx context.Context) error {
	all, err := s.proposals(ctx)
	if err != nil {
		return err
	}
	s.run(inForce(all))
	return nil
}

func inForce(all []proposal) []exclusion {
	var list []exclusion
	for i := range all {
		if all[i].State == accepted {
			list = append(list, all[i].exclusion)
		}
	}
	return list
}

func (s *Service) jobs() []practice.Job {
	return []practice.Job{{Name: "validation/read-exclusions", Every: 15 * time.Second, Timeout: 10 * time.Second, Run: s.reread}}
}

const selectProposals = `SELECT e.id, e.version, e.state, e.service, e.rule, e.target, e.path, e.reason, e.set_by, e.created_at FROM validation_exclusion e
	WHERE e.state <> 'withdrawn' AND e.version = (SELECT MAX(n.version) FROM validation_exclusion n WHERE n.id = e.id) ORDER BY e.service, e.rule, e.target, e.path`

// querier is a database, or a transaction on it.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// proposals are those that are proposed or accepted. One that does not read any more, because a service or a rule has
// gone, takes no eye off anything: it is left out, and the log says so.
func (s *Service) proposals(ctx context.Context) ([]proposal, error) {
	return s.proposalsIn(ctx, s.keeping.DB)
}

func (s *Service) proposalsIn(ctx context.Context, in querier) ([]proposal, error) {
	rows, err := in.Query(ctx, selectProposals)
	if err != nil {
		return nil, fmt.Errorf("read exclusions: %w", err)
	}
	type row struct {
		proposal
		service, target, path string
		rule                  int
	}
	found, err := store.All(rows, func(rows *sql.Rows, r *row) error {
		var at int64
		err := rows.Scan(&r.ID, &r.Version, &r.State, &r.service, &r.rule, &r.target, &r.path, &r.Reason, &r.By, &at)
		r.At = time.UnixMicro(at).UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read exclusions: %w", err)
	}
	var all []proposal
	for i := range found {
		r := &found[i]
		if r.exclusion, err = s.exclusion(r.service, r.rule, r.target, r.path); err != nil {
			s.keeping.Log.WarnContext(ctx, "an exclusion of the console means nothing any more and does not count", "id", r.ID, "service", r.service, "rule", r.rule, "error", err)
			continue
		}
		all = append(all, r.proposal)
	}
	return all, nil
}

// put keeps the next version of a proposal, with its event, and puts what counts now in force.
func (s *Service) put(ctx context.Context, c *outbox.Change, p proposal, kind, message string) error {
	p.By, p.At, p.Version = practice.Actor(ctx), c.Now(), p.Version+1
	_, err := c.Exec(ctx, `INSERT INTO validation_exclusion (id, version, state, service, rule, target, path, reason, set_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		p.ID, p.Version, p.State, p.Service, p.Rule, p.Target.String(), string(p.Path), p.Reason, p.By, p.At.UnixMicro())
	if err != nil {
		return fmt.Errorf("keep exclusion: %w", err)
	}
	c.Record(&event.Event{
		Class: event.APIActivity, Activity: 3, Severity: event.Medium, Kind: kind, Message: message, Service: p.Service,
		Details: []event.Detail{{Name: "exclusion", Value: p.String()}, {Name: "reason", Value: p.Reason}, {Name: "by", Value: p.By}},
	})
	now, err := s.proposalsIn(ctx, c)
	if err != nil {
		return err
	}
	c.After(func(context.Context) { s.run(inForce(now)) })
	return nil
}

// same finds the proposal about the same, with the same path.
func same(all []proposal, e exclusion) (proposal, bool) {
	i := slices.IndexFunc(all, func(p proposal) bool { return p.about() == e.about() && p.Path == e.Path })
	if i < 0 {
		return proposal{}, false
	}
	return all[i], true
}

// YAML is what would stand in the file, under validation: services: SERVICE: exclusions:.
func (e exclusion) YAML(reason string) string {
	quote := func(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
	return fmt.Sprintf("- {rule: %d, target: %s, path: %s, reason: %s}", e.Rule, quote(e.Target.String()), quote(string(e.Path)), quote(reason))
}
