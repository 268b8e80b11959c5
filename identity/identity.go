// Package identity knows who there is: people and service accounts, their groups, their sessions, and what narrows
// their access for a while.
//
// It knows nothing of passwords or roles: authentication proves who somebody is, access decides what they may do, and
// both name people by what is kept here. Changes are made inside an outbox.Change, so that each stands together with
// its event.
//
// Sources: NIST SP 800-63B-4 section 5 (session management), OWASP ASVS 5.0 chapter V7.
package identity

import (
	"errors"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
)

// ErrNotFound says that there is nobody, or nothing, of this name.
var ErrNotFound = errors.New("not found")

// ErrTaken says that somebody else has this account name, or another group this name.
var ErrTaken = errors.New("taken already")

// PersonID names one person or service account for ever: a UUID of version 7.
type PersonID string

// NewPersonID makes an id.
func NewPersonID(now time.Time) PersonID { return PersonID(event.NewID(now).String()) }

// Kind is whether somebody breathes.
type Kind string

// The kinds.
const (
	Human   Kind = "person"
	Service Kind = "service"
)

// State is whether somebody may come in. The zero value is none of them and lets nobody in.
type State string

// The states.
const (
	Invited  State = "invited" // has an invitation, and proved nothing yet
	Active   State = "active"
	Disabled State = "disabled"
)

// Person is somebody: a human being or a service account.
type Person struct {
	ID      PersonID
	Kind    Kind
	Account string // what they type to sign in; lower case
	Name    string // what others call them
	Email   string // where mail goes; may be empty
	Locale  string // a language of the message catalogue, "en"
	State   State
	Created time.Time
	Groups  []string // names, sorted
}

// User is the person as events name them.
func (p *Person) User() *event.User {
	return &event.User{UID: string(p.ID), Name: p.Name, Account: p.Account, Email: p.Email}
}

// maxName bounds account, name, e-mail address and group, in bytes.
const maxName = 200

// AccountName gives an account name the one form it is kept in, and says whether it can be one: ASCII letters, digits and
// ._@+-, since Unicode has many letters that look alike and one account must not pass for another.
func AccountName(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || len(s) > maxName {
		return "", false
	}
	for _, r := range s {
		if !accountRune(r) {
			return "", false
		}
	}
	return s, true
}

func accountRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._@+-", r)
}
