package ui

import (
	"fmt"
	"html/template"
	"io"
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
