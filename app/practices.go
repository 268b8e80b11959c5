package app

import (
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/authentication"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/firewall"
	"github.com/tenward/tenward/practice/hardening"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/patching"
	"github.com/tenward/tenward/practice/training"
	"github.com/tenward/tenward/practice/validation"
)

// services are the practices that run; the others are values.
type services struct {
	encryption     *encryption.Service
	authentication *authentication.Service
	validation     *validation.Service
	access         *access.Service
	monitoring     *monitoring.Service
	audits         *audits.Service
}

// practices are the ten, in the order in which every screen shows them.
func (s services) practices() []practice.Practice {
	return []practice.Practice{
		s.encryption.Practice(),
		s.authentication.Practice(),
		patching.Practice(),
		firewall.Practice(),
		s.validation.Practice(),
		hardening.Practice(),
		s.access.Practice(),
		s.monitoring.Practice(),
		training.Practice(),
		s.audits.Practice(),
	}
}
