package redact

import (
	"regexp"
	"strings"
)

// Text redacts what its shape gives away: card numbers, JSON Web Tokens, bearer and basic credentials, private keys.
// A text with none of them comes back as it is, at the cost of one scan.
func Text(s string) string {
	digits, hints := 0, false
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' {
			digits++
		} else if !hints && strings.IndexByte("e-BbAgsx", c) >= 0 {
			hints = hinted(s[i:])
		}
	}
	if digits >= 13 {
		s = cards(s)
	}
	if hints {
		s = shapes.ReplaceAllString(s, "${1}"+Mark)
	}
	return s
}

// hinted says whether one of the shapes may begin here.
func hinted(s string) bool {
	for _, prefix := range []string{"eyJ", "-----BEGIN", "AKIA", "ASIA", "gh", "sk_", "xox"} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return len(s) > 6 && (strings.EqualFold(s[:6], "bearer") || strings.EqualFold(s[:5], "basic"))
}

// shapes are credentials by their form. The prefixed keys are those that their issuers document for scanners.
var shapes = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*` +
	`|\b((?i:bearer|basic)(?:\s|%20|\+)+)[A-Za-z0-9._~+/=-]{8,}` +
	`|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?` +
	`|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\bsk_(?:live|test)_[A-Za-z0-9]{16,}|\bxox[abpr]-[A-Za-z0-9-]{10,}`)

// cards redacts card numbers: 13 to 19 digits, single spaces or dashes between them, with a valid check digit.
func cards(s string) string {
	var b strings.Builder
	kept := 0
	for i := 0; i < len(s); {
		if s[i] < '0' || s[i] > '9' || i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
			i++
			continue
		}
		end := cardAt(s[i:])
		if end == 0 {
			i++
			continue
		}
		b.WriteString(s[kept:i])
		b.WriteString(Mark)
		i += end
		kept = i
	}
	if kept == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// cardAt gives the length of the card number that s begins with; 0 when it begins with none. Behind it, as behind each of
// its groups, more digits may follow: a security code, an expiry. The longest number that fits counts.
func cardAt(s string) int {
	if s[0] < '2' || s[0] > '6' { // ISO/IEC 7812-1: banking, travel, merchandising
		return 0
	}
	var digits [20]byte
	n, end := 0, 0
	for i := 0; i < len(s) && n < len(digits); i++ {
		c := s[i]
		if c >= '0' && c <= '9' {
			digits[n] = c - '0'
			n++
			if groupEnds := i+1 >= len(s) || s[i+1] < '0' || s[i+1] > '9'; groupEnds && n >= 13 && n <= 19 && luhn(digits[:n]) {
				end = i + 1
			}
			continue
		}
		if (c != ' ' && c != '-' && c != '+') || i+1 >= len(s) || s[i+1] < '0' || s[i+1] > '9' {
			break
		}
	}
	return end
}

// luhn is the check of ISO/IEC 7812-1 annex B.
func luhn(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		v := int(d)
		if (len(digits)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
