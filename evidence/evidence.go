// Package evidence runs the practices' checks, keeps what they found with its proof, and says how each practice
// stands now. An answer is good until it expires; what is expired, erring or not built is unknown, and unknown
// never counts as proven (NIST SP 800-137 on continuous monitoring, SP 800-53A on evidence of assessments).
package evidence
