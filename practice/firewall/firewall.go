// Package firewall filters packets on the hosts, limits and bans sources at the gate, and detects intrusions in
// everything seen: attacks that were tried are to be seen, and stopped within seconds.
//
// Sources: NIST SP 800-41r1 (firewalls), NIST SP 800-94 (intrusion detection), MITRE ATT&CK. Not built yet: the
// practice is not assessed.
package firewall

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "firewall", Title: "Firewall & detection", Icon: "shield", Source: "NIST SP 800-41r1, NIST SP 800-94"}
}
