package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/practice"
)

// Everything that a list of events shows stands in its address, so a view is a query with a name and nothing else: it is
// the one that is looked at when its query is.

// view is a query with a name.
type view struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Query string `json:"query"`
	Kind  string `json:"kind"`  // built-in, own or shared
	First bool   `json:"first"` // what the list begins with where nothing is asked for
}

// The kinds of views.
const (
	viewBuiltIn = "built-in"
	viewOwn     = "own"
	viewShared  = "shared"
)

// Link leads to what the view shows.
func (v *view) Link() string { return eventsOf(v.Query) }

// Shared says that all see it who may read the record.
func (v *view) Shared() bool { return v.Kind == viewShared }

// BuiltIn says that nobody can change it.
func (v *view) BuiltIn() bool { return v.Kind == viewBuiltIn }

// builtIn are the views that everybody has.
func (c *Console) builtIn() ([]view, error) {
	now := c.o.Now().UTC()
	list := []view{
		{ID: "refused-today", Name: "Refused today", Query: "verdict:refused from:" + now.Format("2006-01-02")},
		{ID: "sign-ins-refused", Name: "Sign-ins refused", Query: "class:authentication verdict:refused last:7d"},
		{ID: "administration", Name: "Administration", Query: "verdict:none -class:authentication -class:authorize-session" +
			" -class:compliance-finding -class:detection-finding -class:event-log-activity last:7d"},
		{ID: "only-observed", Name: "Only observed", Query: "verdict:observed last:7d"},
	}
	for i := range list {
		q, err := index.Parse(list[i].Query, now)
		if err != nil {
			return nil, fmt.Errorf("read built-in view %s: %w", list[i].ID, err)
		}
		list[i].Query, list[i].Kind = q.String(), viewBuiltIn
	}
	return list, nil
}

// views are those that whoever asks can go on to: the built-in ones, their own, and what is shared.
func (c *Console) views(ctx context.Context) ([]view, error) {
	list, err := c.builtIn()
	if err != nil {
		return nil, err
	}
	kept, first, err := c.o.Views.List(ctx, practice.Actor(ctx))
	if err != nil {
		return nil, err
	}
	for _, v := range kept {
		kind := viewOwn
		if v.Shared {
			kind = viewShared
		}
		list = append(list, view{ID: v.ID, Name: v.Name, Query: v.Query, Kind: kind})
	}
	for i := range list {
		list[i].First = list[i].ID == first
	}
	return list, nil
}

// firstOf is the view that the list begins with; nil where none was chosen, or where it has gone.
func firstOf(views []view) *view {
	if i := slices.IndexFunc(views, func(v view) bool { return v.First }); i >= 0 {
		return &views[i]
	}
	return nil
}

// places are the views as the palette has them. A page is not worse for the lack of them.
func (c *Console) places(ctx context.Context) []ui.Item {
	if !practice.Holds(ctx, c.roles[readRecord]) {
		return nil
	}
	views, err := c.views(ctx)
	if err != nil {
		c.o.Log.WarnContext(ctx, "a page lacks the saved views", "error", err)
		return nil
	}
	items := make([]ui.Item, 0, len(views))
	for i := range views {
		items = append(items, ui.Item{Title: views[i].Name, Path: views[i].Link()})
	}
	return items
}

// HasView says whether a view is the one that is looked at.
func (l *list) HasView(v view) bool { return l.fault == nil && v.Query == l.Query }

// View is the view that is looked at; nil where the query has no name. One's own comes before what is shared.
func (l *list) View() *view {
	for _, kind := range [...]string{viewOwn, viewShared, viewBuiltIn} {
		for i := range l.Views {
			if v := &l.Views[i]; v.Kind == kind && l.HasView(*v) {
				return v
			}
		}
	}
	return nil
}

// Shares says whether whoever looks may change what all see.
func (l *list) Shares() bool { return l.shares }

// Changes says whether whoever looks may change the view.
func (l *list) Changes(v *view) bool { return !v.BuiltIn() && (!v.Shared() || l.shares) }

// viewActions are what can be done with views.
func (c *Console) viewActions() []practice.Action {
	view := practice.Field{Name: "view", Doc: "The view's id", Required: true}
	name := practice.Field{Name: "name", Doc: "What it is called", Required: true}
	first := practice.Field{Name: "view", Doc: "The view's id; without one the list begins with the last day"}
	saving := []practice.Field{name, {Name: "q", Doc: "The query that it finds again"}, {Name: "id", Doc: "The id of one that is put back as it was"}}
	return []practice.Action{
		{Name: "console.view.save", Title: "Save for me", Permission: readRecord, Form: saving, Do: c.saveView(false)},
		{Name: "console.view.share", Title: "Share", Permission: shareViews, Form: saving, Do: c.saveView(true)},
		{Name: "console.view.rename", Title: "Rename", Permission: readRecord, Form: []practice.Field{view, name}, Do: c.renameView},
		{Name: "console.view.remove", Title: "Remove", Permission: readRecord, Form: []practice.Field{view}, Do: c.removeView},
		{Name: "console.view.choose", Title: "Begin with it", Permission: readRecord, Form: []practice.Field{first}, Do: c.chooseView},
	}
}

func who(ctx context.Context) saved.Who {
	return saved.Who{Person: practice.Actor(ctx), Shares: practice.Holds(ctx, practice.RoleAdmin)}
}

// saving is the form that saves a view as it was.
func saving(v saved.View) *practice.Undo {
	u := &practice.Undo{Action: "console.view.save", Form: url.Values{"id": {v.ID}, "name": {v.Name}, "q": {v.Query}}}
	if v.Shared {
		u.Action = "console.view.share"
	}
	return u
}

// saveView keeps the query under a name, for one alone or for all.
func (c *Console) saveView(shared bool) func(context.Context, url.Values) (practice.Result, error) {
	return func(ctx context.Context, form url.Values) (practice.Result, error) {
		v, before, err := c.o.Views.Save(ctx, who(ctx), saved.View{ID: form.Get("id"), Name: form.Get("name"), Query: form.Get("q"), Shared: shared})
		if err != nil {
			return practice.Result{}, err
		}
		r := practice.Result{Sentence: "The view " + v.Name + " is saved.", Next: eventsOf(v.Query)}
		if shared {
			r.Sentence = "The view " + v.Name + " is shared with all who may read the record."
		}
		if before != nil {
			r.Sentence = "The view " + v.Name + " asks for this now, in the place of what it asked for before."
			r.Undo = saving(*before)
		} else {
			r.Undo = &practice.Undo{Action: "console.view.remove", Form: url.Values{"view": {v.ID}}}
		}
		return r, nil
	}
}

func (c *Console) renameView(ctx context.Context, form url.Values) (practice.Result, error) {
	id := form.Get("view")
	before, err := c.o.Views.Rename(ctx, who(ctx), id, form.Get("name"))
	if err != nil {
		return practice.Result{}, err
	}
	return practice.Result{
		Sentence: "The view " + before.Name + " has another name now.", Next: eventsOf(before.Query),
		Undo: &practice.Undo{Action: "console.view.rename", Form: url.Values{"view": {id}, "name": {before.Name}}},
	}, nil
}

func (c *Console) removeView(ctx context.Context, form url.Values) (practice.Result, error) {
	was, err := c.o.Views.Remove(ctx, who(ctx), form.Get("view"))
	if err != nil {
		return practice.Result{}, err
	}
	return practice.Result{Sentence: "The view " + was.Name + " is removed.", Next: eventsOf(was.Query), Undo: saving(was)}, nil
}

// chooseView has the list begin with a view from now on, or with none.
func (c *Console) chooseView(ctx context.Context, form url.Values) (practice.Result, error) {
	id := form.Get("view")
	own, err := c.builtIn()
	if err != nil {
		return practice.Result{}, err
	}
	known := slices.ContainsFunc(own, func(v view) bool { return v.ID == id })
	before, err := c.o.Views.Choose(ctx, who(ctx), id, known)
	if err != nil {
		return practice.Result{}, err
	}
	sentence := "Your list begins with this view from now on."
	if id == "" {
		sentence = "Your list begins with the last day again."
	}
	return practice.Result{Sentence: sentence, Next: "/events", Undo: &practice.Undo{Action: "console.view.choose", Form: url.Values{"view": {before}}}}, nil
}
