// Package training teaches people by role and by what happened to them: courses and quizzes, reminders, phishing
// drills. It is to prove who has learnt what, when and with what result.
//
// Sources: NIST SP 800-50r1 (cybersecurity and privacy learning programs). Not built yet: the practice is not
// assessed.
package training

import "github.com/tenward/tenward/practice"

// Practice is what Tenward knows of it today.
func Practice() practice.Practice {
	return practice.Practice{Slug: "training", Title: "Training", Icon: "training", Source: "NIST SP 800-50r1"}
}
