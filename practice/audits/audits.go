// Package audits attacks Tenward itself on a schedule, scans, takes in third-party penetration tests, and keeps
// each finding until it was tested again.
//
// Sources: NIST SP 800-115 (security testing), OWASP Web Security Testing Guide. Not built yet: the practice is
// not assessed.
package audits

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "audits", Title: "Audits", Source: "NIST SP 800-115"}
}
