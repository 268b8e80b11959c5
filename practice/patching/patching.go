// Package patching keeps software up to date: on the gate, on its hosts, in the applications behind it and in
// the clients in front of it. Every known vulnerability is to have a deadline, an owner and an outcome.
//
// Sources: NIST SP 800-40r4 (enterprise patch management), CISA's catalogue of known exploited vulnerabilities,
// OWASP ASVS 5.0 chapter V15. Not built yet: the practice is not assessed.
package patching

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "patching", Title: "Updates", Icon: "updates", Source: "NIST SP 800-40r4"}
}
