// Package validation decides what may be sent: requests that look like attacks, and those that cannot be read, do
// not reach the application.
//
// Sources: the OWASP Core Rule Set 4 at paranoia level 1; OWASP ASVS 5.0 V1.2 (injection), V1.5 (XML and other
// parsers), V2.2 (input validation), V4.1 and V4.2 (what an HTTP message may be), V5.2 (size of uploads). Rules
// over requests are a second wall: they know attacks, not the application. Answers are not looked at.
package validation

import (
	"fmt"
	"sync/atomic"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/validation/waf"
)

// Service is the practice at work.
type Service struct {
	cfg   Config
	waf   *waf.WAF
	slots *slots

	services []string // all that there are
	tried    attacks
	outside  Outside

	file    []exclusion // the configuration's
	running atomic.Pointer[exclusions]
	keeping Keeping
}

// New compiles the rules. services are the names that the configuration may speak of.
func New(cfg Config, services []string) (*Service, error) {
	if names := cfg.unknown(services); len(names) > 0 {
		hint := ""
		if near := config.Nearest(names[0], services); near != "" {
			hint = fmt.Sprintf("; the nearest is %q", near)
		}
		return nil, fmt.Errorf("validation.services.%s: there is no such service%s", names[0], hint)
	}
	w, err := waf.New(waf.Options{Paranoia: cfg.Paranoia, Directives: cfg.Directives})
	if err != nil {
		return nil, fmt.Errorf("load validation rules: %w", err)
	}
	s := &Service{cfg: cfg, waf: w, slots: newSlots(), services: services, tried: untried{}}
	if s.file, err = s.fromFile(); err != nil {
		return nil, err
	}
	s.run(nil)
	return s, nil
}

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "validation", Title: "Data validation", Icon: "filter", Source: "OWASP Core Rule Set 4, OWASP ASVS 5.0 V1, V2, V4",
		Stages: s.stages(), Checks: s.checks(), Jobs: s.jobs(),
		Pages: s.screens(), Actions: s.actions(), Remedies: s.remedies(), Permissions: s.permissions(),
	}
}
