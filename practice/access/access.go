// Package access decides by role who may do what: deny by default, least privilege over time.
//
// Sources: NIST SP 800-162 and INCITS 359 (role-based access control), OWASP ASVS 5.0 chapter V8. Not built
// yet: the practice is not assessed. Until it is, authentication refuses every path that is not public.
package access

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "access", Title: "Roles", Source: "INCITS 359, OWASP ASVS 5.0 V8"}
}
