package monitoring

import (
	"time"

	"github.com/tenward/tenward/practice"
)

// checks ask the gate as a stranger does and look at what becomes of it, and read files and numbers of the machine.
func (s *Service) checks() []practice.Check {
	stale := []string{"app.process.started"}
	return []practice.Check{
		{
			ID: "monitoring/exchanges-recorded", Title: "What is asked at the gate is in the record", Source: "NIST SP 800-92 section 4.2, OWASP ASVS 5.0 V16.2", Weight: 2,
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look at the disk of the data folder, and at the log of the process for why the record cannot be written.", Run: s.recorded,
		},
		{
			ID: "monitoring/exchanges-searchable", Title: "What is in the record can be found", Source: "NIST SP 800-92 section 5.1",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look into the log of the process for what the index says. Days that are damaged are made anew by themselves, which takes a while.", Run: s.searchable,
		},
		{
			ID: "monitoring/secrets-redacted", Title: "Passwords and tokens do not reach the record", Source: "OWASP ASVS 5.0 V16.2.5, OWASP Logging Cheat Sheet", Weight: 2,
			Every: 6 * time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Keep the record as closed as what it holds, and report this: it is a fault of Tenward.", Run: s.redacted,
		},
		{
			ID: "monitoring/persons-sealed", Title: "Personal fields stand in the record only sealed", Source: "GDPR article 32, OWASP ASVS 5.0 V16.2.5",
			Every: 6 * time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Keep the record as closed as what it holds, and report this: it is a fault of Tenward.", Run: s.sealed,
		},
		{
			ID: "monitoring/record-intact", Title: "The record is as it was written", Source: "NIST SP 800-92 section 4.3, RFC 9162 section 2.1", Weight: 3,
			Every: 24 * time.Hour, Timeout: 2 * time.Hour, Stale: stale,
			Fix: "tenward log verify says what is damaged. Keep a copy of the folder before anything else: it is evidence. Then restore from a backup.", Run: s.intact,
		},
		{
			ID: "monitoring/record-signed", Title: "New events are written, and signed within a minute", Source: "NIST SP 800-92 section 4.3",
			Every: time.Minute, Timeout: 30 * time.Second, Stale: stale,
			Fix: "Look at the disk of the data folder: is it full or read-only? What waits is written and signed as soon as it can be.", Run: s.signed,
		},
		{
			ID: "monitoring/nothing-lost", Title: "No event was lost", Source: "NIST SP 800-92 section 4.2, OWASP ASVS 5.0 V16.3",
			Every: time.Hour, Timeout: time.Minute, Stale: append([]string{kindGap}, stale...),
			Fix: "Give the data folder a disk with more room. Where nothing may pass unrecorded, write monitoring: {plain: refuse}.", Run: s.nothingLost,
		},
		{
			ID: "monitoring/room-left", Title: "The record's disk has room", Source: "NIST SP 800-92 section 4.2",
			Every: 5 * time.Minute, Timeout: 30 * time.Second, Stale: stale,
			Fix: "Free some of the disk, or give the data folder a larger one, before the record cannot be written.", Run: s.room,
		},
		{
			ID: "monitoring/backup-fresh", Title: "A backup of record and database is made in time", Source: "NIST SP 800-34 Rev. 1 section 3.4.1, NIST SP 800-53 Rev. 5 CP-9", Weight: 2,
			Every: time.Hour, Timeout: 30 * time.Second, Stale: append([]string{"app.backup.made", "app.backup.failed"}, stale...),
			Fix: "Look into the log of the process for why none is made: is the folder's disk full, or another's? For one now: tenward backup.", Run: s.backupFresh,
		},
		{
			ID: "monitoring/backup-whole", Title: "The newest backup can be read to its end", Source: "NIST SP 800-34 Rev. 1 section 3.5, NIST SP 800-53 Rev. 5 CP-9(1)",
			Every: 24 * time.Hour, Timeout: 2 * time.Hour, Stale: []string{"app.backup.made"},
			Fix: "Make another at once (tenward backup), keep the damaged file for who looks into it, and look at the disk.", Run: s.backupWhole,
		},
		{
			ID: "monitoring/clock-kept", Title: "Something keeps this machine's clock right", Source: "NIST SP 800-92 section 4.1, OWASP ASVS 5.0 V16.2.2",
			Every: time.Hour, Timeout: 30 * time.Second, Stale: stale,
			Fix: "Install and start a time service: apt-get install systemd-timesyncd, or chrony.", Run: s.clock,
		},
	}
}
