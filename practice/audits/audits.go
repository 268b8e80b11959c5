// Package audits attacks Tenward itself on a schedule, and looks at what became of each attack.
//
// Today it knows the requests of its own attacks for what they are. Each carries a tag that is good once, for one
// request, from one address and in one session; the gate then answers it in place of the application. A tag spares
// nobody a refusal. Scans, penetration tests of third parties and findings that are kept until they were tested again
// are not built.
//
// Sources: NIST SP 800-115 (security testing), OWASP Web Security Testing Guide, RFC 2104 (HMAC).
package audits

import (
	"context"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice"
)

// Service is the practice at work.
type Service struct {
	conf Config
	tags *attack.Tags
	try  func(context.Context) error
}

// New makes the practice. tags are those with which try tags what it sends to this node's own services.
func New(conf Config, tags *attack.Tags, try func(context.Context) error) *Service {
	return &Service{conf, tags, try}
}

// tryTime bounds one run over all services.
const tryTime = 30 * time.Minute

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "audits", Title: "Audits", Icon: "audits", Source: "NIST SP 800-115",
		Stages: s.stages(),
		Jobs:   []practice.Job{{Name: "audits/attack-services", Every: s.conf.Every.Std(), Timeout: tryTime, Run: s.try}},
	}
}
