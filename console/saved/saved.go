// Package saved keeps queries of the record that people have named, to find them again.
//
// A view is somebody's own, and then nobody else learns what it is called or what it asks for: not even from the record,
// whose events name such a view by its id alone. Or it is shared with all who may read the record. Each change and its event
// are one.
package saved

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// Bounds. A list that is longer than this is no way to find anything.
const (
	MaxViews = 30 // of one person, and that are shared
	MaxName  = 40 // characters
)

// View is a query with a name.
type View struct {
	ID      string
	Name    string
	Query   string // in its one spelling
	Shared  bool
	By      string // who changed it last
	Changed time.Time
}

// Who asks.
type Who struct {
	Person string
	Shares bool // they may change what all see
}

var (
	errUnknown = problem.New("console.view.unknown", "There is no such view.", "It may have been removed meanwhile: see the page Events.")
	errName    = problem.New("console.view.malformed", fmt.Sprintf("A view needs a name of up to %d characters.", MaxName), "Write in a word or two what it shows.")
	errTaken   = problem.New("console.view.taken", "There is a view of this name already.", "Take another name, or save the query under that one: it replaces what was there.")
	errMany    = problem.New("console.view.many", fmt.Sprintf("There are %d views already.", MaxViews), "Remove one that nobody needs, or save under the name of one that is there.")
	errShared  = problem.New("console.view.shared", "This view is shared, and only who holds the role admin or owner may change it.", "Save it for yourself under a name of your own.")
)

// Views are the views of the database. New makes them.
type Views struct {
	db  *store.DB
	box *outbox.Outbox
}

// New gives the views of a database.
func New(db *store.DB, box *outbox.Outbox) *Views { return &Views{db, box} }

const columns = "SELECT id, room, name, query, set_by, changed_at FROM console_view "

func scan(rows interface{ Scan(...any) error }, v *View) error {
	var room string
	var changed int64
	err := rows.Scan(&v.ID, &room, &v.Name, &v.Query, &v.By, &changed)
	v.Shared, v.Changed = room == "", time.UnixMicro(changed).UTC()
	return err
}

// List gives the views that a person sees, their own first, and the id of the one that they begin with.
func (v *Views) List(ctx context.Context, person string) (views []View, first string, err error) {
	rows, err := v.db.Query(ctx, columns+"WHERE room = $1 OR room = '' ORDER BY CASE room WHEN '' THEN 1 ELSE 0 END, spelling, id", person)
	if err == nil {
		views, err = store.All(rows, func(rows *sql.Rows, v *View) error { return scan(rows, v) })
	}
	if err != nil {
		return nil, "", fmt.Errorf("read views: %w", err)
	}
	err = v.db.QueryRow(ctx, "SELECT view FROM console_view_first WHERE person = $1", person).Scan(&first)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, "", fmt.Errorf("read which view is first: %w", err)
	}
	return views, first, nil
}

// find gives a view that somebody may change. One of somebody else's own is unknown, as one that there is not.
func find(ctx context.Context, c *outbox.Change, who Who, id string) (View, error) {
	var found View
	err := scan(c.QueryRow(ctx, columns+"WHERE id = $1 AND (room = $2 OR room = '')", id, who.Person), &found)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return View{}, errUnknown
	case err != nil:
		return View{}, fmt.Errorf("find view: %w", err)
	case found.Shared && !who.Shares:
		return View{}, errShared
	}
	return found, nil
}

// named gives a name in its one spelling, and as names are compared.
func named(name string) (clean, spelling string, err error) {
	clean = strings.Join(strings.Fields(name), " ")
	if clean == "" || len([]rune(clean)) > MaxName || strings.ContainsFunc(clean, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }) {
		return "", "", errName
	}
	return clean, strings.ToLower(clean), nil
}

// asked gives a query in its one spelling: what cannot be read is no view.
func asked(query string, now time.Time) (string, error) {
	q, err := index.Parse(query, now)
	if err == nil {
		query = q.String()
		_, err = index.Parse(query, now) // its spelling may be longer than what was written
	}
	return query, err
}

// room is who alone sees a view.
func (v View) room(person string) string {
	if v.Shared {
		return ""
	}
	return person
}

// record has a change of a view recorded.
func (v View) record(c *outbox.Change, activity event.Activity, kind, message, by string) {
	details := []event.Detail{{Name: "view", Value: v.ID}, {Name: "by", Value: by}}
	if v.Shared {
		details = append(details, event.Detail{Name: "name", Value: v.Name})
	}
	c.Record(&event.Event{Class: event.APIActivity, Activity: activity, Severity: event.Informational, Kind: kind, Message: message, Details: details})
}
