package authentication

import (
	"context"
	"fmt"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
)

// Letter is a message to one person about their account. Without an address only programs are told that it is about
// something.
type Letter struct {
	To, Subject, Body string
	Kind              string // why it is sent, "authentication.letter.device"
	Person            *identity.Person
}

// Post sends letters. A letter is put with the change that it is about: it leaves if, and only if, the change stands.
type Post interface {
	// Put says whether it is on its way to its reader: no mail may be sent here, or too many wait.
	Put(ctx context.Context, c *outbox.Change, l Letter) (mailed bool, err error)
}

// letters are the texts, by what happened. Each says what to do when it was not the reader.
var letters = map[string]map[language][2]string{
	"invite": {
		english: {"Your account at %[1]s", "Hello %[2]s,\n\nan account was made for you at %[1]s. Open this link to choose a password and set up your phone as the second step:\n\n  %[3]s\n\nIt is good until %[4]s, once, in one browser. If you did not expect it, leave it be: nothing happens without you.\n"},
		german:  {"Ihr Konto bei %[1]s", "Guten Tag %[2]s,\n\nbei %[1]s wurde ein Konto für Sie angelegt. Öffnen Sie diesen Link, um ein Passwort zu wählen und Ihr Telefon als zweiten Schritt einzurichten:\n\n  %[3]s\n\nEr gilt bis %[4]s, einmal, in einem Browser. Wenn Sie ihn nicht erwartet haben, lassen Sie ihn liegen: ohne Sie geschieht nichts.\n"},
	},
	"reset": {
		english: {"A new start at %[1]s", "Hello %[2]s,\n\nopen this link to set a new password and a new phone for your account at %[1]s:\n\n  %[3]s\n\nIt is good until %[4]s, once, in one browser. If you did not ask for it, tell whoever runs %[1]s.\n"},
		german:  {"Ein neuer Anfang bei %[1]s", "Guten Tag %[2]s,\n\nöffnen Sie diesen Link, um für Ihr Konto bei %[1]s ein neues Passwort und ein neues Telefon einzurichten:\n\n  %[3]s\n\nEr gilt bis %[4]s, einmal, in einem Browser. Wenn Sie ihn nicht verlangt haben, sagen Sie es den Betreibern von %[1]s.\n"},
	},
	"device": {
		english: {"A new sign-in at %[1]s", "Hello %[2]s,\n\nsomebody signed in to your account at %[1]s in a browser that was not used before, on %[4]s. If that was you, all is well.\n\nIf not: open %[3]s, end all other sessions, and tell whoever runs %[1]s.\n"},
		german:  {"Eine neue Anmeldung bei %[1]s", "Guten Tag %[2]s,\n\nam %[4]s hat sich jemand bei Ihrem Konto bei %[1]s angemeldet, in einem bisher nicht benutzten Browser. Waren Sie das, ist alles gut.\n\nWenn nicht: öffnen Sie %[3]s, beenden Sie alle anderen Sitzungen und sagen Sie es den Betreibern von %[1]s.\n"},
	},
	"recovery": {
		english: {"A recovery code was used at %[1]s", "Hello %[2]s,\n\none of your recovery codes was used to sign in at %[1]s on %[4]s, in place of your phone. If that was you, all is well; make new codes when few are left.\n\nIf not: open %[3]s, end all other sessions, and tell whoever runs %[1]s. Somebody knows your password too.\n"},
		german:  {"Ein Wiederherstellungscode wurde bei %[1]s benutzt", "Guten Tag %[2]s,\n\nam %[4]s wurde einer Ihrer Wiederherstellungscodes statt Ihres Telefons zur Anmeldung bei %[1]s benutzt. Waren Sie das, ist alles gut; erstellen Sie neue Codes, wenn wenige übrig sind.\n\nWenn nicht: öffnen Sie %[3]s, beenden Sie alle anderen Sitzungen und sagen Sie es den Betreibern von %[1]s. Jemand kennt auch Ihr Passwort.\n"},
	},
	"codes": {
		english: {"New recovery codes at %[1]s", "Hello %[2]s,\n\nnew recovery codes were made for your account at %[1]s on %[4]s; the older ones ended. If that was you, all is well.\n\nIf not: open %[3]s, end all other sessions, and tell whoever runs %[1]s.\n"},
		german:  {"Neue Wiederherstellungscodes bei %[1]s", "Guten Tag %[2]s,\n\nam %[4]s wurden für Ihr Konto bei %[1]s neue Wiederherstellungscodes erstellt; die älteren gelten nicht mehr. Waren Sie das, ist alles gut.\n\nWenn nicht: öffnen Sie %[3]s, beenden Sie alle anderen Sitzungen und sagen Sie es den Betreibern von %[1]s.\n"},
	},
	"factors": {
		english: {"Your sign-in at %[1]s has changed", "Hello %[2]s,\n\nthe password and the second step of your account at %[1]s were set anew on %[4]s. If that was you, all is well.\n\nIf not, tell whoever runs %[1]s at once: somebody else can sign in as you.\n"},
		german:  {"Ihre Anmeldung bei %[1]s hat sich geändert", "Guten Tag %[2]s,\n\nam %[4]s wurden Passwort und zweiter Schritt Ihres Kontos bei %[1]s neu gesetzt. Waren Sie das, ist alles gut.\n\nWenn nicht, sagen Sie es sofort den Betreibern von %[1]s: jemand anderes kann sich als Sie anmelden.\n"},
	},
}

// tell writes to somebody about their account.
func (s *Service) tell(ctx context.Context, c *outbox.Change, p *identity.Person, what string) error {
	_, err := s.send(ctx, c, p, what, s.portal.url+"/security", c.Now())
	return err
}

// send sends one letter with a link and a time in it, and says whether it is on its way.
func (s *Service) send(ctx context.Context, c *outbox.Change, p *identity.Person, what, link string, at time.Time) (bool, error) {
	l, _ := known(p.Locale)
	text, ok := letters[what][l]
	if !ok {
		text = letters[what][english]
	}
	fill := func(format string) string {
		return fmt.Sprintf(format+"%[5]s", s.issuer, p.Name, link, minute(at), "")
	}
	return s.post.Put(ctx, c, Letter{
		To: p.Email, Subject: fill(text[0]), Body: fill(text[1]), Kind: "authentication.letter." + what, Person: p,
	})
}
