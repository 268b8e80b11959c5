package index

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/tenward/tenward/event"
)

// Bounds of what one row holds, in bytes: what strangers send decides how long the words of an event are.
const (
	maxName    = 256
	maxPath    = 4 << 10
	maxQuery   = 2 << 10
	maxMessage = 1 << 10
	maxExtra   = 4 << 10
	maxAgent   = 1 << 10
	maxRules   = 64
)

// cut bounds a text at a whole character and takes out what SQLite would end it at.
func cut(s string, most int) string {
	if len(s) > most {
		for most > 0 && !utf8.RuneStart(s[most]) {
			most--
		}
		s = s[:most]
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}

// absent is NULL for an empty text.
func absent(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// ruleIDs lists a row's rules with a space between; the ids of rules have none.
func ruleIDs(rules []event.Rule) string {
	if len(rules) == 0 {
		return ""
	}
	var b strings.Builder
	for i, r := range rules[:min(len(rules), maxRules)] {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(ruleID(r))
	}
	return b.String()
}

func ruleID(r event.Rule) string { return strings.ReplaceAll(cut(r.ID, maxName), " ", "_") }

// extra is what the words of an event are besides path, query, message and kind.
func extra(e *event.Event) string {
	if len(e.Rules) == 0 && len(e.Details) == 0 {
		return ""
	}
	var b strings.Builder
	add := func(s string) {
		if room := maxExtra - b.Len(); s != "" && room > 1 {
			b.WriteString(cut(s, room-1))
			b.WriteByte('\n')
		}
	}
	for _, r := range e.Rules[:min(len(e.Rules), maxRules)] {
		add(r.ID)
		add(r.Message)
	}
	for _, d := range e.Details {
		add(d.Name)
		add(d.Value)
	}
	return b.String()
}

// personal is what of an event's words can be forgotten.
func personal(e *event.Event) string {
	var agent, account string
	if e.HTTP != nil {
		agent = known(e.HTTP.UserAgent)
	}
	if e.User != nil {
		account = known(e.User.Account)
	}
	return strings.TrimSpace(cut(account, maxName) + "\n" + cut(agent, maxAgent))
}

// known is a personal field unless its key is gone.
func known(s string) string {
	if s == event.Erased || s == event.Lost {
		return ""
	}
	return s
}

// addressBytes is an address in the form in which a network is a range: 16 bytes, IPv4 within ::ffff:0:0/96.
func addressBytes(a netip.Addr) []byte {
	if !a.IsValid() {
		return nil
	}
	b := a.As16()
	return b[:]
}

// addressOf is its reverse.
func addressOf(b []byte) netip.Addr {
	if len(b) != 16 {
		return netip.Addr{}
	}
	return netip.AddrFrom16([16]byte(b)).Unmap()
}
