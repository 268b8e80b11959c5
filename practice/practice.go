// Package practice is the contract: what each of the ten security practices gives to the rest of Tenward.
//
// A practice is a value. What it lacks is a nil slice, not a stub; the empty Practice is "not assessed" and
// shows nowhere. app lists the ten, in order, and hands their parts to whoever runs them: stages to the
// gate, pages to the console, checks to evidence. None of those knows a practice by name.
package practice

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
)

// Practice is everything one practice contributes.
type Practice struct {
	Slug   string // the one word: folder, config section, page, API, command, prefix of kinds, checks and tables
	Title  string // on screens
	Icon   string // beside it, by its name in console/ui
	Source string // what says that it is to be practised: standard and section

	Stages      []gate.Stage
	Checks      []Check
	Jobs        []Job
	Readers     []Reader
	Pages       []Page
	Actions     []Action
	Remedies    []Remedy
	Routes      []Route
	Listeners   []Listener
	Permissions []Permission
}

// Built says whether the practice does anything yet.
func (p Practice) Built() bool {
	return len(p.Stages)+len(p.Checks)+len(p.Jobs)+len(p.Readers)+len(p.Pages)+
		len(p.Actions)+len(p.Remedies)+len(p.Routes)+len(p.Listeners)+len(p.Permissions) > 0
}

// Job is work on a clock.
type Job struct {
	Name    string // slug/what-it-does
	Every   time.Duration
	Timeout time.Duration
	Run     func(context.Context) error
}

// Reader follows the record from its own stored cursor; an error keeps the cursor where it was.
type Reader struct {
	Name string // slug/what-it-follows-for
	Read func(context.Context, []*event.Event) error
}

// Page is one screen of the console: its data is the HTML page, the API's answer and the command's output.
type Page struct {
	Path       string // below the console's root, as http.ServeMux has paths: "/people/{id}"
	Group      string // where in the navigation: Watch, Protect, Improve, Prove, System; empty: above them all
	Below      string // the path of the page that it belongs to; the navigation does not show it, that page's tabs may
	Title      string
	Tab        string // what it is called among the tabs of what it belongs to; the title where that is empty
	Icon       string
	Key        string // the letter that leads there after g
	Permission string
	Files      fs.FS    // its templates; one of them is named "page", and those named "live-…" are renewed as they change
	Templates  []string // their files
	Data       any      // a zero value of what Load gives, which describes the API
	Query      []Field  // what it can be asked for, and what the values in its path are

	// Load gives what the page shows. The query holds the path's values too. Data that has a Heading gives the page its
	// title, and data whose Still says so is not renewed.
	Load func(context.Context, url.Values) (any, error)
}

// Action is one thing a person does on a page, over the API or with a command.
type Action struct {
	Name       string // slug.subject.verb
	Title      string // what its button says
	Permission string
	Form       []Field // what it is told
	// Effect says, in numbers, what it would do to whom. Where there is one, people are asked first and give a reason.
	Effect func(context.Context, url.Values) (string, error)
	Do     func(context.Context, url.Values) (Result, error)
}

// Result is what became of an action.
type Result struct {
	Event    event.ID // the event that records it
	Sentence string   // what was done
	Next     string   // where to go now, a path
	Once     string   // a secret that is shown this one time
	Job      string   // the job page, for long work
	Undo     *Undo    // what takes it back
}

// Remedy is what can be done about an event, offered beside it. It leads to a page; what it does is asked there.
type Remedy struct {
	Name       string // slug.subject
	Title      string // what its button says
	Permission string
	For        func(*event.Event) string // the page's address, or empty where there is nothing to be done
}

// Undo is an action that takes another back. People are offered it for ten seconds.
type Undo struct {
	Action string
	Form   url.Values
}

// Face is which of Tenward's origins a route belongs to.
type Face uint8

// The faces. They never share an origin: script in a protected application must not reach the others.
const (
	Public  Face = iota // on each application's host, below /.tenward/
	Portal              // on the portal's own host name
	Console             // on the console's own listener and host name
	API                 // the console's API
)

// Route is what is neither page nor action: callbacks, WebAuthn, forward authentication.
type Route struct {
	Pattern    string // as http.ServeMux reads it
	Face       Face
	Permission string
	Handler    http.Handler
}

// Listener is a port that a practice opens itself.
type Listener struct {
	Name  string
	Serve func(context.Context) error
}

// Permission is something that a role of the console allows.
type Permission struct {
	Name  string // slug.subject.verb
	Title string
	Role  string // the least role that has it: RoleReader, RoleAuditor, RoleAdmin or RoleOwner
}

// The console's roles, each with all that the one before may.
const (
	RoleReader  = "reader"  // sees how things stand
	RoleAuditor = "auditor" // reads the record, and whose it is
	RoleAdmin   = "admin"   // changes how the gate behaves
	RoleOwner   = "owner"   // decides who may do what
)
