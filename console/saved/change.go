package saved

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
)

// The kinds of events.
const (
	kindSaved   = "console.view.saved"
	kindRenamed = "console.view.renamed"
	kindRemoved = "console.view.removed"
	kindChosen  = "console.view.chosen"
)

// Save keeps a query under its name. Where whoever asks has a view of this name already, or there is a shared one and
// this is to be shared, that one asks for this from now on: before is what it was, nil where there was none. A view with an
// id is one that was removed and is taken back.
func (v *Views) Save(ctx context.Context, who Who, view View) (saved View, before *View, err error) {
	if view.Shared && !who.Shares {
		return View{}, nil, errShared
	}
	name, spelling, err := named(view.Name)
	if err != nil {
		return View{}, nil, err
	}
	err = v.box.Do(ctx, func(c *outbox.Change) (err error) {
		saved, before = View{ID: view.ID, Name: name, Shared: view.Shared, By: who.Person, Changed: c.Now()}, nil
		if saved.Query, err = asked(view.Query, c.Now()); err != nil {
			return err
		}
		var old View
		room := saved.room(who.Person)
		err = scan(c.QueryRow(ctx, columns+"WHERE room = $1 AND spelling = $2", room, spelling), &old)
		switch {
		case err == nil:
			before, saved.ID = &old, old.ID
			_, err = c.Exec(ctx, "UPDATE console_view SET name = $1, query = $2, set_by = $3, changed_at = $4 WHERE id = $5", name, saved.Query, who.Person, c.Now().UnixMicro(), old.ID)
		case errors.Is(err, sql.ErrNoRows):
			err = insert(ctx, c, &saved, room, spelling)
		}
		if err != nil {
			return fmt.Errorf("save view: %w", err)
		}
		activity := event.APICreate
		if before != nil {
			activity = event.APIUpdate
		}
		saved.record(c, activity, kindSaved, "A view of the record was saved.", who.Person)
		return nil
	})
	return saved, before, err
}

// insert keeps a view that was not there, within the bounds.
func insert(ctx context.Context, c *outbox.Change, v *View, room, spelling string) error {
	var n int
	if err := c.QueryRow(ctx, "SELECT COUNT(*) FROM console_view WHERE room = $1", room).Scan(&n); err != nil {
		return err
	}
	if n >= MaxViews {
		return errMany
	}
	if _, err := event.ParseID(v.ID); err != nil {
		v.ID = event.NewID(c.Now()).String()
	}
	done, err := c.Exec(ctx, `INSERT INTO console_view (id, room, name, spelling, query, set_by, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO NOTHING`, v.ID, room, v.Name, spelling, v.Query, v.By, c.Now().UnixMicro())
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, errTaken) // the id is another view's
	}
	return nil
}

// Rename gives a view another name, and says what it was called.
func (v *Views) Rename(ctx context.Context, who Who, id, to string) (before View, err error) {
	name, spelling, err := named(to)
	if err != nil {
		return View{}, err
	}
	err = v.box.Do(ctx, func(c *outbox.Change) (err error) {
		if before, err = find(ctx, c, who, id); err != nil {
			return err
		}
		var n int
		if err := c.QueryRow(ctx, "SELECT COUNT(*) FROM console_view WHERE room = $1 AND spelling = $2 AND id <> $3", before.room(who.Person), spelling, id).Scan(&n); err != nil {
			return fmt.Errorf("find view: %w", err)
		}
		if n > 0 {
			return errTaken
		}
		if _, err := c.Exec(ctx, "UPDATE console_view SET name = $1, spelling = $2, set_by = $3, changed_at = $4 WHERE id = $5", name, spelling, who.Person, c.Now().UnixMicro(), id); err != nil {
			return fmt.Errorf("rename view: %w", err)
		}
		after := before
		after.Name = name
		after.record(c, event.APIUpdate, kindRenamed, "A view of the record was given another name.", who.Person)
		return nil
	})
	return before, err
}

// Remove removes a view, and gives what it was. Who began with it begins with it again once it is taken back.
func (v *Views) Remove(ctx context.Context, who Who, id string) (was View, err error) {
	err = v.box.Do(ctx, func(c *outbox.Change) (err error) {
		if was, err = find(ctx, c, who, id); err != nil {
			return err
		}
		if _, err := c.Exec(ctx, "DELETE FROM console_view WHERE id = $1", id); err != nil {
			return fmt.Errorf("remove view: %w", err)
		}
		was.record(c, event.APIDelete, kindRemoved, "A view of the record was removed.", who.Person)
		return nil
	})
	return was, err
}

// Choose says with which view somebody begins, and gives the one before; empty is none. Those that known names are the
// console's own; all others must be there.
func (v *Views) Choose(ctx context.Context, who Who, id string, known bool) (before string, err error) {
	err = v.box.Do(ctx, func(c *outbox.Change) error {
		if id != "" && !known {
			reads := who
			reads.Shares = true // to begin with a view changes nothing of it
			if _, err := find(ctx, c, reads, id); err != nil {
				return err
			}
		}
		before = ""
		err := c.QueryRow(ctx, "SELECT view FROM console_view_first WHERE person = $1", who.Person).Scan(&before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read which view is first: %w", err)
		}
		if id == "" {
			_, err = c.Exec(ctx, "DELETE FROM console_view_first WHERE person = $1", who.Person)
		} else {
			_, err = c.Exec(ctx, `INSERT INTO console_view_first (person, view, changed_at) VALUES ($1, $2, $3)
				ON CONFLICT (person) DO UPDATE SET view = excluded.view, changed_at = excluded.changed_at`, who.Person, id, c.Now().UnixMicro())
		}
		if err != nil {
			return fmt.Errorf("choose view: %w", err)
		}
		View{ID: id}.record(c, event.APIUpdate, kindChosen, "Somebody chose with which view of the record they begin.", who.Person)
		return nil
	})
	return before, err
}
