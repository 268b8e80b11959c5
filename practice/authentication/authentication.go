// Package authentication proves that a person is present, with something they know and something they hold.
//
// Sources: NIST SP 800-63B-4, OWASP ASVS 5.0 chapters V6 and V7. Today it does the half that needs no accounts:
// nobody can sign in, so every path that a service does not name under `public:` is refused.
package authentication

import "github.com/tenward/tenward/practice"

// Service is the practice at work.
type Service struct {
	hint string
}

// New makes the practice. hint is one more sentence for people who are refused, or empty.
func New(hint string) *Service { return &Service{hint: hint} }

// Practice is what it gives to the rest of Tenward.
func (s *Service) Practice() practice.Practice {
	return practice.Practice{
		Slug: "authentication", Title: "Sign-in", Source: "NIST SP 800-63B-4, OWASP ASVS 5.0 V6-V7",
		Stages: s.stages(),
	}
}
