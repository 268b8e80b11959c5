package authentication

import (
	"net/netip"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/identity"
)

// The kinds of events. What fails says why in the detail "reason", in one of the words below; the account that was
// tried is a sealed field.
const (
	kindLogin         = "authentication.login.passed"
	kindLoginRefused  = "authentication.login.refused"
	kindLogout        = "authentication.session.ended"
	kindSessionsEnded = "authentication.sessions.ended"
	kindInvited       = "authentication.person.invited"
	kindReset         = "authentication.person.reset"
	kindEnrolled      = "authentication.person.enrolled"
	kindRecovered     = "authentication.recovery.used"
	kindCodesMade     = "authentication.recovery.renewed"
	kindPassword      = "authentication.password.changed"
	kindHandover      = "authentication.handover.refused"
)

// The activities of OCSF's User Management (3007), Authentication (3002) and Authorize Session (3003) that are used.
const (
	userCreate        event.Activity = 1
	userPassword      event.Activity = 8
	userPasswordReset event.Activity = 9
	userEnableFactors event.Activity = 12
	logon             event.Activity = 1
	logoff            event.Activity = 2
)

// Where is from where somebody asks.
type Where struct {
	Client netip.AddrPort
	Agent  string // the browser's own name for itself: text of at most 256 bytes
	Device string // the device cookie, if it sent one
}

// about is an event about a person who is known.
func about(p *identity.Person, class event.Class, activity event.Activity, kind, message string, from Where) *event.Event {
	return &event.Event{
		Class: class, Activity: activity, Severity: event.Informational, Kind: kind, Verdict: event.Passed, Message: message,
		Source: from.Client, User: p.User(), Subject: string(p.ID),
	}
}

// refusedLogin is an event about a try that failed. The person may be nobody.
func refusedLogin(p *identity.Person, account, reason string, from Where) *event.Event {
	e := &event.Event{
		Class: event.Authentication, Activity: logon, Severity: event.Medium, Kind: kindLoginRefused, Verdict: event.Refused,
		Message: "A sign-in was refused.", Details: []event.Detail{{Name: "reason", Value: reason}},
		Source: from.Client, User: &event.User{Account: account},
	}
	if p != nil {
		e.User, e.Subject = p.User(), string(p.ID)
	}
	return e
}
