package ui

import (
	"fmt"
	"html/template"
	"io"
	"io/fs"
)

// Card is a page of one thing to do, outside the console: signing in, enrolling, one's own sessions. It needs no script
// and loads none.
type Card struct {
	Title   string
	Lang    string // of the text, as HTML names it
	Theme   Theme
	Place   string // whose door it is
	Under   string // a line below it
	Wide    bool
	Content template.HTML
}

// Card writes such a page.
func (u *UI) Card(w io.Writer, c Card) error {
	if err := u.layout.ExecuteTemplate(w, "card.html", c); err != nil {
		return fmt.Errorf("render card %s: %w", c.Title, err)
	}
	return nil
}

// Fragments reads templates that are not whole pages, with functions of their own beside the components'.
func (u *UI) Fragments(funcs template.FuncMap, files fs.FS, pattern string) (*template.Template, error) {
	shared, err := u.shared.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone components: %w", err)
	}
	t, err := shared.Funcs(funcs).ParseFS(files, pattern)
	if err != nil {
		return nil, fmt.Errorf("parse fragments %s: %w", pattern, err)
	}
	return t, nil
}
