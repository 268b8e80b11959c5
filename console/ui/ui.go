// Package ui is how the console looks: the shell around each page, the components pages are made of, the style sheet,
// the scripts and the icons.
//
// Everything is rendered on the server with html/template and works without script; script adds live updates and
// keys. There is no inline style and no inline script anywhere, so the strictest content security policy (W3C CSP
// Level 3, Trusted Types) holds on every page.
package ui

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"time"
)

//go:embed layout/*.html
var layoutFiles embed.FS

// UI holds the parsed shell and the assets.
type UI struct {
	assets *assets
	layout *template.Template
	shared *template.Template // the components, for the pages
}

// New parses the shell and compresses the assets, once.
func New() (*UI, error) {
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	u := &UI{assets: a}
	u.shared, err = template.New("shared").Funcs(u.funcs()).ParseFS(layoutFiles, "layout/components.html")
	if err != nil {
		return nil, fmt.Errorf("parse components: %w", err)
	}
	u.layout, err = template.Must(u.shared.Clone()).ParseFS(layoutFiles, "layout/page.html", "layout/notice.html", "layout/question.html", "layout/shell.html", "layout/card.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	return u, nil
}

// Parse reads the files of a page, which may use the components, and gives the template named page. Templates whose
// names begin with LivePrefix are the parts that are renewed while somebody looks.
func (u *UI) Parse(files fs.FS, names ...string) (*template.Template, error) {
	shared, err := u.shared.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone components: %w", err)
	}
	t, err := shared.ParseFS(files, names...)
	if err != nil {
		return nil, fmt.Errorf("parse page %s: %w", names, err)
	}
	page := t.Lookup("page")
	if page == nil {
		return nil, fmt.Errorf("parse page %s: no template is named page", names)
	}
	return page, nil
}

// LivePrefix begins the name of each live part of a page; the name is also the id of the element that holds it.
const LivePrefix = "live-"

// Assets serves what pages load, below /assets/.
func (u *UI) Assets() http.Handler { return u.assets }

// Group is a part of the navigation.
type Group struct {
	Title string
	Items []Item
}

// Item is one page in the navigation.
type Item struct {
	Title, Path, Icon string
	Key               string // its letter after g
	Here              bool
}

// Frame is what the shell around a page shows.
type Frame struct {
	Title   string
	Path    string // where the page is, with its query: where a change of theme comes back to
	Theme   Theme
	Groups  []Group
	Tabs    []Item    // the pages about the same thing; none where this is the only one
	Views   []Item    // saved views, for the palette
	Live    string    // where the page's live parts come from; empty for a page that stands still
	Subject string    // what is looked at, "2 services protected"
	Name    string    // who has signed in
	Until   time.Time // when the session ends
	Flash   Flash     // what was just done
	Content template.HTML
}

// Page writes a whole page.
func (u *UI) Page(w io.Writer, f Frame) error {
	if err := u.layout.ExecuteTemplate(w, "page.html", f); err != nil {
		return fmt.Errorf("render page %s: %w", f.Title, err)
	}
	return nil
}

// Flash says what was just done, and offers to take it back.
type Flash struct {
	Sentence string
	Undo     string // what the form must send; empty: nothing takes it back
}

// Question is a page that says what an act would do, and asks for a reason.
type Question struct {
	Title  string
	Theme  Theme
	Effect string
	Fault  string  // why the last answer would not do
	Action string  // where the answer goes
	Fields []Field // what was asked for, hidden
	Back   string
}

// Field is a hidden value of a form.
type Field struct{ Name, Value string }

// Question writes such a page.
func (u *UI) Question(w io.Writer, q Question) error {
	if err := u.layout.ExecuteTemplate(w, "question.html", q); err != nil {
		return fmt.Errorf("render question %s: %w", q.Title, err)
	}
	return nil
}

// Notice is a page that says one thing: what happened, and the next step.
type Notice struct {
	Title    string
	Theme    Theme
	Sentence string
	Next     string
	Command  string // to be typed into a terminal
	Home     bool   // offer the way back to the console
	Away     bool   // offer to sign out
}

// Notice writes such a page.
func (u *UI) Notice(w io.Writer, n Notice) error {
	if err := u.layout.ExecuteTemplate(w, "notice.html", n); err != nil {
		return fmt.Errorf("render notice %s: %w", n.Title, err)
	}
	return nil
}

// Pill is a state in a word. Its class gives it a shape and a colour of its own: ok, crit, high, med or info.
type Pill struct {
	Class, Word string
}
