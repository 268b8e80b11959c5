// Package monitoring keeps one tamper-evident record of what happened here.
//
// Sources: NIST SP 800-92 (log management), OWASP ASVS 5.0 chapter V16. The record itself is package event; this
// practice decides what the road does while the record cannot be written, and asks from outside whether it holds.
package monitoring

import (
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// Service is the practice at work.
type Service struct {
	cfg     Config
	health  func() event.Health
	now     func() time.Time
	outside Outside
}

// New makes the practice; health tells how the record is.
func New(cfg Config, health func() event.Health, now func() time.Time) *Service {
	return &Service{cfg: cfg, health: health, now: now}
}

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "monitoring", Title: "Logs & alerts", Icon: "events", Source: "NIST SP 800-92, OWASP ASVS 5.0 V16",
		Stages: s.stages(), Checks: s.checks(),
	}
}
