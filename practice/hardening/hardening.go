// Package hardening keeps hosts, services, devices and Tenward itself configured securely: needless services
// off, default credentials changed, least privilege, and drift from the approved baseline noticed.
//
// Sources: NIST SP 800-123 (server security), NIST SP 800-128 (configuration management), CIS Benchmarks. Not
// built yet: the practice is not assessed.
package hardening

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "hardening", Title: "Configuration", Icon: "settings", Source: "NIST SP 800-123, NIST SP 800-128"}
}
